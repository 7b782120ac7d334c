using System.Buffers;
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Content;

/// <summary>A keyword list (社外秘, 見積, …): one word a line; <c>'</c> in front makes a comment, <c>re:</c> a regular expression (APPROVE-39, APPROVE-40). Immutable.</summary>
public sealed class KeywordList
{
    /// <summary>Words a list may have; more are an error.</summary>
    public const int MaxWords = 10_000;

    /// <summary>Characters of one word; more are an error.</summary>
    public const int LongestWord = 1000;

    private readonly ImmutableArray<(string Word, string Folded)> _words;
    private readonly SearchValues<string> _any;
    private readonly ImmutableArray<(string Word, Regex Pattern)> _patterns;

    private KeywordList(ImmutableArray<(string, string)> words, ImmutableArray<(string, Regex)> patterns) =>
        (_words, _patterns, _any) = (words, patterns, SearchValues.Create([.. words.Select(word => word.Item2)], StringComparison.Ordinal));

    /// <summary>Nothing to find: counts as missing.</summary>
    public bool IsEmpty => _words.IsEmpty && _patterns.IsEmpty;

    public int Count => _words.Length + _patterns.Length;

    /// <summary>The first word of the list found in <paramref name="text"/>, as the list writes it; null: none.</summary>
    public string? Find(string text)
    {
        var folded = TextFolding.Fold(text);
        // All words at once; which one it was is asked only when one is there.
        if (!_words.IsEmpty && folded.AsSpan().ContainsAny(_any))
            return _words.First(word => folded.Contains(word.Folded, StringComparison.Ordinal)).Word;
        foreach (var (word, pattern) in _patterns)
            if (pattern.IsMatch(folded))
                return word;
        return null;
    }

    /// <param name="setting">How errors call the text.</param>
    public static (KeywordList List, IReadOnlyList<SettingError> Errors) Parse(string text, string setting = "keyword.txt")
    {
        var (words, patterns, errors) = (ImmutableArray.CreateBuilder<(string, string)>(), ImmutableArray.CreateBuilder<(string, Regex)>(), new List<SettingError>());
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var word = line.Trim().ToString();
            if (word.Length == 0 || word[0] == '\'')
                continue;
            if (word.Length > LongestWord || words.Count + patterns.Count >= MaxWords)
                errors.Add(new SettingError(setting, number, 0, "APPROVE-40", $"a list has at most {MaxWords} words of at most {LongestWord} characters; this line and those after it are left out"));
            else if (!word.StartsWith("re:", StringComparison.Ordinal))
                Add(words, word);
            else if (Pattern(word[3..], out var complaint) is { } pattern)
                patterns.Add((word, pattern));
            else
                errors.Add(new SettingError(setting, number, 4, "APPROVE-40", $"the regular expression cannot be used: {complaint}"));
            if (errors is [.., { Column: 0 }])
                break;
        }
        return (new KeywordList(words.ToImmutable(), patterns.ToImmutable()), errors);
    }

    /// <summary>Text of a keyword file in UTF-8 with or without mark, ISO-2022-JP, or Shift_JIS, recognised by its octets (APPROVE-40).</summary>
    public static string Decode(ReadOnlySpan<byte> file) => JapaneseText.Decode(file);

    private static void Add(ImmutableArray<(string, string)>.Builder words, string word)
    {
        // A word of nothing but invisible characters would be found everywhere.
        if (TextFolding.Fold(word) is { Length: > 0 } folded)
            words.Add((word, folded));
    }

    /// <summary>Without backtracking, so that no text makes it slow. It sees folded text: lower case, half width.</summary>
    private static Regex? Pattern(string text, out string complaint)
    {
        complaint = "";
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }
        catch (Exception trouble) when (trouble is ArgumentException or NotSupportedException)
        {
            complaint = trouble.Message;
            return null;
        }
    }
}
