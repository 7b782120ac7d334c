using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace ClusterMail.Approval.Content;

/// <summary>
/// The form in which keywords and texts are compared (APPROVE-40): Unicode NFKC, so that half and full width are one; case folded; characters nobody sees
/// left out; white space runs one space. Own tables, because the program runs without ICU and <see cref="string.Normalize()"/> does nothing then.
/// </summary>
public static class TextFolding
{
    private const int HangulFirst = 0xAC00, HangulCount = 11_172, LeadFirst = 0x1100, VowelFirst = 0x1161, TailBefore = 0x11A7, Vowels = 21, Tails = 28;
    private static readonly Tables Data = Tables.Load();

    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
            return Spaced(text.ToLowerInvariant());
        var runes = Decomposed(text);
        Order(runes);
        return Spaced(Composed(runes));
    }

    private static List<int> Decomposed(string text)
    {
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Data.Folded.TryGetValue(rune.Value, out var folded))
                runes.AddRange(folded);
            else if (rune.Value - HangulFirst is >= 0 and < HangulCount and var syllable)
                AddHangul(runes, syllable);
            else
                runes.Add(rune.Value);
        }
        return runes;
    }

    private static void AddHangul(List<int> runes, int syllable)
    {
        runes.Add(LeadFirst + syllable / (Vowels * Tails));
        runes.Add(VowelFirst + syllable % (Vowels * Tails) / Tails);
        if (syllable % Tails is > 0 and var tail)
            runes.Add(TailBefore + tail);
    }

    /// <summary>Canonical order: marks behind one letter by their class, those of the same class as they came.</summary>
    private static void Order(List<int> runes)
    {
        for (var start = 0; start < runes.Count; start++)
        {
            if (ClassOf(runes[start]) == 0)
                continue;
            var end = start;
            while (end < runes.Count && ClassOf(runes[end]) != 0)
                end++;
            // A stable sort, because a hostile text may have a million marks in a row.
            var marks = runes.GetRange(start, end - start).OrderBy(ClassOf).ToList();
            for (var i = 0; i < marks.Count; i++)
                runes[start + i] = marks[i];
            start = end - 1;
        }
    }

    private static string Composed(List<int> runes)
    {
        var (text, starter, lastClass) = (new List<int>(runes.Count), -1, -1);
        foreach (var rune in runes)
        {
            var ownClass = ClassOf(rune);
            if (starter >= 0 && (lastClass < ownClass || lastClass < 0) && Pair(text[starter], rune) is { } pair)
            {
                text[starter] = pair;
                continue;
            }
            if (ownClass == 0)
                (starter, lastClass) = (text.Count, -1);
            else
                lastClass = ownClass;
            text.Add(rune);
        }
        var written = new StringBuilder(text.Count);
        foreach (var rune in text)
            written.Append(new Rune(rune).ToString());
        return written.ToString();
    }

    private static int? Pair(int first, int second) =>
        first - LeadFirst is >= 0 and < 19 and var lead && second - VowelFirst is >= 0 and < Vowels and var vowel ? HangulFirst + (lead * Vowels + vowel) * Tails
        : first - HangulFirst is >= 0 and < HangulCount and var syllable && syllable % Tails == 0 && second - TailBefore is > 0 and < Tails and var tail ? first + tail
        : Data.Pairs.TryGetValue(((long)first << 32) | (uint)second, out var composed) ? composed
        : null;

    private static int ClassOf(int rune) => rune < 0x300 ? 0 : Data.Classes.GetValueOrDefault(rune);

    /// <summary>White space runs, line ends included, as one space; none at the ends.</summary>
    private static string Spaced(string text)
    {
        var (spaced, gap) = (new StringBuilder(text.Length), false);
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                gap = spaced.Length > 0;
                continue;
            }
            if (gap)
                spaced.Append(' ');
            gap = false;
            spaced.Append(c);
        }
        return spaced.ToString();
    }

    private sealed record Tables(FrozenDictionary<int, int[]> Folded, FrozenDictionary<long, int> Pairs, FrozenDictionary<int, byte> Classes)
    {
        public static Tables Load()
        {
            var (folded, pairs, classes) = (new Dictionary<int, int[]>(), new Dictionary<long, int>(), new Dictionary<int, byte>());
            using var reader = new StreamReader(typeof(TextFolding).Assembly.GetManifestResourceStream("folding.txt")!);
            while (reader.ReadLine() is { } line)
            {
                if (line[0] == '#')
                    continue;
                var words = line.Split(' ');
                switch (words[0])
                {
                    case "F": folded[Hex(words[1])] = [.. words.Skip(2).Select(Hex)]; break;
                    case "P": pairs[((long)Hex(words[1]) << 32) | (uint)Hex(words[2])] = Hex(words[3]); break;
                    default: classes[Hex(words[1])] = byte.Parse(words[2], CultureInfo.InvariantCulture); break;
                }
            }
            return new Tables(folded.ToFrozenDictionary(), pairs.ToFrozenDictionary(), classes.ToFrozenDictionary());
        }

        private static int Hex(string word) => int.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
