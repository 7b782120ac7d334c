using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Policy.Senders.Spf;

/// <summary>What the letters of a macro stand for (RFC 7208 §7.2).</summary>
/// <param name="Validated">A name of the client that leads back to it, for <c>%{p}</c>; <c>unknown</c> when there is none.</param>
internal sealed record MacroFacts(IPAddress Client, string LocalPart, string SenderDomain, string Domain, string Helo, string Receiver, DateTimeOffset Now, string Validated = "unknown");

/// <summary>Text with macros as an SPF record may hold it (RFC 7208 §7): read once, with every fault found, and expanded as often as needed.</summary>
internal sealed class MacroString
{
    private const string Letters = "slodipvh";
    private const string ExplanationLetters = Letters + "crt";
    private static readonly SearchValues<char> Delimiters = SearchValues.Create(".-+,/_=");

    private readonly ImmutableArray<Part> _parts;

    private MacroString(ImmutableArray<Part> parts) => _parts = parts;

    /// <param name="Letter">0: <paramref name="Text"/> as it is; otherwise a macro, with its delimiters in <paramref name="Text"/>.</param>
    /// <param name="Keep">Rightmost parts that stay; 0: all.</param>
    private readonly record struct Part(char Letter, string Text, int Keep = 0, bool Reverse = false, bool Escape = false);

    /// <summary>Needs the client's name in DNS, which costs questions.</summary>
    public bool NeedsName => _parts.Any(part => part.Letter == 'p');

    /// <summary>Of an explanation: spaces stand for themselves, and <c>c</c>, <c>r</c>, <c>t</c> are known too. Null: it cannot be read.</summary>
    public static MacroString? ParseExplanation(string text) => Parse(text, ExplanationLetters, ' ') is { } parts ? new MacroString([.. parts]) : null;

    /// <summary>Of an unknown modifier: only read, to find faults.</summary>
    public static bool IsValid(string text) => Parse(text, Letters, '!') is not null;

    /// <summary>A domain-spec: ends in a macro or in a label that is no number (RFC 7208 §7.1). Null: it cannot be read.</summary>
    public static MacroString? ParseDomain(string text) =>
        Parse(text, Letters, '!') is { Count: > 0 } parts && (parts[^1].Letter != 0 || EndsInLabel(text)) ? new MacroString([.. parts]) : null;

    public string Expand(MacroFacts facts)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
            text.Append(part.Letter == 0 ? part.Text : Transformed(part, Value(part.Letter, facts)));
        return text.ToString();
    }

    private static bool EndsInLabel(string text)
    {
        var name = text.EndsWith('.') ? text[..^1] : text;
        var dot = name.LastIndexOf('.');
        var label = name[(dot + 1)..];
        return dot >= 0 && label.Length > 0 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && !label.All(char.IsAsciiDigit) && label[0] != '-' && label[^1] != '-';
    }

    private static List<Part>? Parse(string text, string letters, char lowest)
    {
        var parts = new List<Part>();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '%')
            {
                if (at + 1 == text.Length)
                    return null;
                if (text[at + 1] == '{')
                {
                    var close = text.IndexOf('}', at);
                    if (close < 0 || Macro(text.AsSpan((at + 2)..close), letters) is not { } macro)
                        return null;
                    parts.Add(macro);
                    at = close + 1;
                    continue;
                }
                if (text[at + 1] is not ('%' or '_' or '-'))
                    return null;
                parts.Add(new Part('\0', text[at + 1] switch { '%' => "%", '_' => " ", _ => "%20" }));
                at += 2;
                continue;
            }
            var next = text.IndexOf('%', at);
            var literal = next < 0 ? text[at..] : text[at..next];
            if (literal.Any(c => c < lowest || c > '~'))
                return null;
            parts.Add(new Part('\0', literal));
            at += literal.Length;
        }
        return parts;
    }

    private static Part? Macro(ReadOnlySpan<char> text, string letters)
    {
        if (text.IsEmpty || !letters.Contains(char.ToLowerInvariant(text[0]), StringComparison.Ordinal))
            return null;
        var rest = text[1..];
        var digits = rest.IndexOfAnyExceptInRange('0', '9') is var end and >= 0 ? rest[..end] : rest;
        rest = rest[digits.Length..];
        // More than 128 parts no name has; 0 parts are a fault (RFC 7208 §7.3).
        var keep = digits.IsEmpty ? 0 : digits.Length <= 3 ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) : int.MaxValue;
        if (!digits.IsEmpty && keep == 0)
            return null;
        var reverse = !rest.IsEmpty && rest[0] is 'r' or 'R';
        rest = reverse ? rest[1..] : rest;
        return rest.ContainsAnyExcept(Delimiters) ? null
            : new Part(char.ToLowerInvariant(text[0]), rest.IsEmpty ? "." : rest.ToString(), keep, reverse, char.IsAsciiLetterUpper(text[0]));
    }

    private static string Value(char letter, MacroFacts facts) => letter switch
    {
        's' => $"{facts.LocalPart}@{facts.SenderDomain}",
        'l' => facts.LocalPart,
        'o' => facts.SenderDomain,
        'd' => facts.Domain,
        'i' => Dotted(facts.Client),
        'p' => facts.Validated,
        'v' => facts.Client.AddressFamily == AddressFamily.InterNetworkV6 ? "ip6" : "in-addr",
        'h' => facts.Helo,
        'c' => facts.Client.ToString(),
        'r' => facts.Receiver,
        _ => facts.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
    };

    private static string Dotted(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? string.Join('.', Convert.ToHexStringLower(address.GetAddressBytes()).AsEnumerable())
        : address.ToString();

    private static string Transformed(in Part part, string value)
    {
        if (part is { Keep: 0, Reverse: false, Text: "." })
            return part.Escape ? Uri.EscapeDataString(value) : value;
        var words = value.Split(part.Text.ToCharArray());
        if (part.Reverse)
            Array.Reverse(words);
        var joined = string.Join('.', part.Keep == 0 || part.Keep >= words.Length ? words : words[^part.Keep..]);
        return part.Escape ? Uri.EscapeDataString(joined) : joined;
    }
}
