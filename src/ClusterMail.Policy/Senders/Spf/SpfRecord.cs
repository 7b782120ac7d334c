using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Policy.Senders.Spf;

internal enum SpfKind : byte
{
    All,
    Include,
    A,
    Mx,
    Ptr,
    Ip4,
    Ip6,
    Exists,
}

/// <param name="Text">As published, for whoever asks why.</param>
/// <param name="Target">Domain asked for; null: the one the record is of.</param>
/// <param name="Network">Of <c>ip4</c> and <c>ip6</c>.</param>
/// <param name="Prefix4">Bits compared of an IPv4 address found by <c>a</c> or <c>mx</c>.</param>
internal sealed record SpfMechanism(SpfKind Kind, AuthResult Result, string Text, MacroString? Target = null, IPNetwork Network = default, int Prefix4 = 32, int Prefix6 = 128);

/// <summary>
/// An SPF record (RFC 7208 §4.6, §5, §6, grammar in §12). Read as a whole before any of it counts: one fault anywhere makes it no record at all, or a domain would be
/// judged by half of what it says.
/// </summary>
internal sealed class SpfRecord
{
    private const string Version = "v=spf1";

    public ImmutableArray<SpfMechanism> Mechanisms { get; private init; } = [];
    public MacroString? Redirect { get; private init; }
    public MacroString? Explanation { get; private init; }

    /// <summary>RFC 7208 §4.5: the version, then a space or nothing.</summary>
    public static bool IsSpf(string text) =>
        text.StartsWith(Version, StringComparison.OrdinalIgnoreCase) && (text.Length == Version.Length || text[Version.Length] == ' ');

    /// <param name="fault">The term that cannot be read.</param>
    public static SpfRecord? Parse(string text, out string fault)
    {
        var mechanisms = ImmutableArray.CreateBuilder<SpfMechanism>();
        MacroString? redirect = null, explanation = null;
        foreach (var term in text[Version.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            fault = term;
            if (ModifierName(term) is { } name)
            {
                var value = term[(name.Length + 1)..];
                if (name.Equals("redirect", StringComparison.OrdinalIgnoreCase) ? !TakeOnce(ref redirect, value)
                    : name.Equals("exp", StringComparison.OrdinalIgnoreCase) ? !TakeOnce(ref explanation, value)
                    : !MacroString.IsValid(value))
                    return null;
            }
            else if (Mechanism(term) is { } mechanism)
            {
                mechanisms.Add(mechanism);
            }
            else
            {
                return null;
            }
        }
        fault = "";
        return new SpfRecord { Mechanisms = mechanisms.ToImmutable(), Redirect = redirect, Explanation = explanation };
    }

    private static bool TakeOnce(ref MacroString? place, string value)
    {
        var isFirst = place is null;
        place = MacroString.ParseDomain(value);
        return isFirst && place is not null;
    }

    /// <summary>A name and an equals sign, before any colon or slash; null: a mechanism.</summary>
    private static string? ModifierName(string term)
    {
        var sign = term.IndexOfAny(['=', ':', '/', '%']);
        return sign > 0 && term[sign] == '=' && char.IsAsciiLetter(term[0])
            && term.Take(sign).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? term[..sign] : null;
    }

    private static SpfMechanism? Mechanism(string term)
    {
        var (result, rest) = term[0] switch
        {
            '+' => (AuthResult.Pass, term[1..]),
            '-' => (AuthResult.Fail, term[1..]),
            '~' => (AuthResult.SoftFail, term[1..]),
            '?' => (AuthResult.Neutral, term[1..]),
            _ => (AuthResult.Pass, term),
        };
        var end = rest.AsSpan().IndexOfAny(':', '/');
        var name = end < 0 ? rest : rest[..end];
        var argument = end < 0 ? "" : rest[end..];
        return name.ToLowerInvariant() switch
        {
            "all" => argument.Length == 0 ? new SpfMechanism(SpfKind.All, result, term) : null,
            "include" => WithTarget(SpfKind.Include, result, term, argument, required: true),
            "exists" => WithTarget(SpfKind.Exists, result, term, argument, required: true),
            "ptr" => WithTarget(SpfKind.Ptr, result, term, argument, required: false),
            "a" => WithPrefixes(SpfKind.A, result, term, argument),
            "mx" => WithPrefixes(SpfKind.Mx, result, term, argument),
            "ip4" => WithNetwork(SpfKind.Ip4, result, term, argument, AddressFamily.InterNetwork, 32),
            "ip6" => WithNetwork(SpfKind.Ip6, result, term, argument, AddressFamily.InterNetworkV6, 128),
            _ => null,
        };
    }

    private static SpfMechanism? WithTarget(SpfKind kind, AuthResult result, string term, string argument, bool required)
    {
        if (argument.Length == 0)
            return required ? null : new SpfMechanism(kind, result, term);
        return argument[0] == ':' && MacroString.ParseDomain(argument[1..]) is { } target ? new SpfMechanism(kind, result, term, target) : null;
    }

    /// <summary><c>[:domain][/n][//m]</c>.</summary>
    private static SpfMechanism? WithPrefixes(SpfKind kind, AuthResult result, string term, string argument)
    {
        var (prefix4, prefix6) = (32, 128);
        var six = argument.LastIndexOf("//", StringComparison.Ordinal);
        if (six >= 0 && IsNumber(argument[(six + 2)..]))
        {
            if (!TryPrefix(argument[(six + 2)..], 128, out prefix6))
                return null;
            argument = argument[..six];
        }
        var four = argument.LastIndexOf('/');
        if (four >= 0 && IsNumber(argument[(four + 1)..]))
        {
            if (!TryPrefix(argument[(four + 1)..], 32, out prefix4))
                return null;
            argument = argument[..four];
        }
        if (argument.Length == 0)
            return new SpfMechanism(kind, result, term, null, default, prefix4, prefix6);
        return argument[0] == ':' && MacroString.ParseDomain(argument[1..]) is { } target ? new SpfMechanism(kind, result, term, target, default, prefix4, prefix6) : null;
    }

    private static SpfMechanism? WithNetwork(SpfKind kind, AuthResult result, string term, string argument, AddressFamily family, int most)
    {
        if (argument.Length < 2 || argument[0] != ':')
            return null;
        var slash = argument.IndexOf('/', StringComparison.Ordinal);
        var prefix = most;
        if (slash >= 0 && !TryPrefix(argument[(slash + 1)..], most, out prefix))
            return null;
        var text = slash < 0 ? argument[1..] : argument[1..slash];
        // .NET also takes "2" for 0.0.0.2, 010 for 8, and a zone behind an IPv6 address.
        var isPlain = family == AddressFamily.InterNetwork
            ? text.Split('.') is { Length: 4 } parts && parts.All(part => part.Length is > 0 and <= 3 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0'))
            : text.Contains(':', StringComparison.Ordinal) && !text.AsSpan().ContainsAny("%[]");
        return isPlain && IPAddress.TryParse(text, out var address) && address.AddressFamily == family
            ? new SpfMechanism(kind, result, term, null, Network(address, prefix))
            : null;
    }

    /// <summary>The network of <paramref name="prefix"/> bits an address is in.</summary>
    internal static IPNetwork Network(IPAddress address, int prefix)
    {
        var octets = address.GetAddressBytes();
        for (var i = 0; i < octets.Length; i++)
            octets[i] &= (byte)(0xFF00 >> Math.Clamp(prefix - i * 8, 0, 8));
        return new IPNetwork(new IPAddress(octets), prefix);
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    /// <summary>No leading zero, not above <paramref name="most"/> (RFC 7208 §12).</summary>
    private static bool TryPrefix(string text, int most, out int prefix) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) && prefix <= most && (text.Length == 1 || text[0] != '0');
}
