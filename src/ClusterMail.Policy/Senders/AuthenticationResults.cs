using System.Text;
using ClusterMail.Policy.Senders.Dkim;
using ClusterMail.Policy.Senders.Spf;

namespace ClusterMail.Policy.Senders;

/// <summary>The Authentication-Results header (RFC 8601): ours, and how those that pretend to be ours are known.</summary>
public static class AuthenticationResults
{
    private const string Name = "Authentication-Results";

    /// <summary>With CRLF at its end; ASCII. Only of checks whose mode is tag or enforce.</summary>
    /// <param name="isNullPath">SPF was of the name given with HELO.</param>
    public static byte[] Header(SenderOptions options, SenderFindings findings, bool isNullPath)
    {
        var text = new StringBuilder($"{Name}: {options.HostName}");
        if (options.Spf >= SenderMode.Tag && findings.Spf is { } spf)
        {
            Add(text, spf.Mail, isNullPath ? "smtp.helo" : "smtp.mailfrom");
            if (spf.Helo is { } helo)
                Add(text, helo, "smtp.helo");
        }
        if (options.Dkim >= SenderMode.Tag && findings.DkimMade)
        {
            if (findings.Dkim.IsEmpty)
                text.Append(";\r\n\tdkim=none");
            foreach (var signature in findings.Dkim)
                Add(text, signature);
        }
        if (options.Dmarc >= SenderMode.Tag && findings.Dmarc is { } dmarc)
        {
            text.Append(";\r\n\tdmarc=").Append(dmarc.Result.Word());
            if (dmarc.Result is AuthResult.Pass or AuthResult.Fail)
                text.Append($" (p={dmarc.Policy.ToString().ToLowerInvariant()} dis={dmarc.Disposition.ToString().ToLowerInvariant()})");
            if (DnsName.IsPlain(dmarc.From))
                text.Append(" header.from=").Append(dmarc.From);
        }
        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>
    /// The header block without the headers that bear our name, which only we may write (RFC 8601 §5): in any case, behind comments, folded, or in quotes. One
    /// whose name cannot be read goes as well: what we cannot read another might.
    /// </summary>
    /// <param name="block">Headers with their CRLF, up to the empty line.</param>
    public static byte[] WithoutForged(ReadOnlySpan<byte> block, string hostName)
    {
        var kept = new MemoryStream(block.Length);
        while (!block.IsEmpty)
        {
            var end = EndOfHeader(block);
            if (!IsForged(block[..end], hostName))
                kept.Write(block[..end]);
            block = block[end..];
        }
        return kept.ToArray();
    }

    private static void Add(StringBuilder text, SpfOutcome spf, string property)
    {
        text.Append(";\r\n\tspf=").Append(spf.Result.Word());
        if (DnsName.IsPlain(spf.Domain))
            text.Append($" {property}={spf.Domain}");
    }

    private static void Add(StringBuilder text, DkimOutcome signature)
    {
        text.Append(";\r\n\tdkim=").Append(signature.Result.Word());
        if (DnsName.IsPlain(signature.Domain))
            text.Append(" header.d=").Append(signature.Domain);
        if (DnsName.IsPlain(signature.Selector))
            text.Append(" header.s=").Append(signature.Selector);
        if (signature.Mark.Length > 0 && signature.Mark.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '='))
            text.Append($" header.b=\"{signature.Mark}\"");
    }

    /// <summary>Behind the line end that no blank follows.</summary>
    private static int EndOfHeader(ReadOnlySpan<byte> block)
    {
        for (var at = 0; ;)
        {
            var line = block[at..].IndexOf((byte)'\n');
            if (line < 0)
                return block.Length;
            at += line + 1;
            if (at == block.Length || block[at] is not ((byte)' ' or (byte)'\t'))
                return at;
        }
    }

    private static bool IsForged(ReadOnlySpan<byte> header, string hostName)
    {
        var colon = header.IndexOf((byte)':');
        if (colon < 0 || !Ascii.EqualsIgnoreCase(header[..colon].TrimEnd(" \t\r\n"u8), Name))
            return false;
        return Identity(Encoding.Latin1.GetString(header[(colon + 1)..])) is not { } identity || identity.TrimEnd('.').Equals(hostName.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The authserv-id: a token or quoted text, behind blanks and comments. Null: there is none that can be read.</summary>
    private static string? Identity(string value)
    {
        var at = 0;
        for (var depth = 0; at < value.Length && (depth > 0 || char.IsWhiteSpace(value[at]) || value[at] == '('); at++)
        {
            if (depth > 0 && value[at] == '\\')
                at++;
            else
                depth += value[at] switch { '(' => 1, ')' => -1, _ => 0 };
        }
        if (at >= value.Length)
            return null;
        if (value[at] != '"')
        {
            var end = value.AsSpan(at).IndexOfAny(" \t\r\n;(");
            var token = end < 0 ? value[at..] : value[at..(at + end)];
            return token.Length > 0 && token.All(c => c is > ' ' and < '\x7f' and not ('"' or '\\' or ')')) ? token : null;
        }
        var text = new StringBuilder();
        for (at++; at < value.Length && value[at] != '"'; at++)
            if (value[at] is not ('\r' or '\n'))
                text.Append(value[at] == '\\' && at + 1 < value.Length ? value[++at] : value[at]);
        return at < value.Length ? text.ToString().Trim() : null;
    }
}
