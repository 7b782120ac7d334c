using System.Globalization;

namespace ClusterMail.Accounts;

/// <summary>A mail store of others that takes mail over LMTP (RFC 2033): <c>lmtp:host:port</c>, of a domain or of an account.</summary>
/// <param name="Host">Host name, IPv4, or IPv6 without brackets.</param>
public sealed record MailStore(string Host, int Port)
{
    /// <summary><c>delivery=route</c>: no mailbox here, the mail goes on by its route (APPROVE-400).</summary>
    public const string Elsewhere = "route";

    private const string Scheme = "lmtp:";

    /// <summary>Reads <c>lmtp:host:port</c>, an IPv6 address in brackets. False for anything else, <c>store</c> and nothing included.</summary>
    public static bool TryParse(string text, out MailStore? store)
    {
        store = null;
        var colon = text.LastIndexOf(':');
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || colon <= Scheme.Length)
            return false;
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return false;
        var host = text[Scheme.Length..colon];
        if (host is ['[', .., ']'])
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            return false;
        store = host.Length is > 0 and <= 255 && !host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) ? new MailStore(host, port) : null;
        return store is not null;
    }
}
