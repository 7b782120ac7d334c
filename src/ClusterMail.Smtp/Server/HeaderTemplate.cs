using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>The text of the Received: header (HDR-1, HDR-3), taken apart once and written as octets for each mail.</summary>
public sealed class HeaderTemplate
{
    /// <summary>Octets of a template's own text; default 2,000. The header is on every mail.</summary>
    public const int MaxLength = 2000;

    /// <summary>HDR-1, with which no setting is needed.</summary>
    public const string BuiltInText = "from %HELO% (%RDNS% [%IP%])\r\n by %HOST% (%SOFT%) with %PROTO% id <%ID%>;\r\n %DATE%";

    private static readonly string[] Names = ["HELO", "IP", "RDNS", "HOST", "SOFT", "PROTO", "ID", "DATE"];

    private readonly ImmutableArray<Part> _parts;

    private HeaderTemplate(ImmutableArray<Part> parts) => _parts = parts;

    public static HeaderTemplate BuiltIn { get; } = TryParse(BuiltInText, out _)!;

    private enum Variable : byte
    {
        Helo, Ip, Rdns, Host, Soft, Proto, Id, Date, None,
    }

    private readonly record struct Part(Variable Variable, byte[] Text);

    /// <summary>Null with the complaint when the text cannot be a Received: header, or lacks what must always remain (HDR-3).</summary>
    /// <param name="text">Without the field's name; further lines are folded.</param>
    public static HeaderTemplate? TryParse(string text, out string? complaint)
    {
        var parts = ImmutableArray.CreateBuilder<Part>();
        complaint = text.Length > MaxLength ? $"is longer than {MaxLength} characters"
            : text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.Replace("\r\n ", "", StringComparison.Ordinal).AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? "holds a character that no header may (only printable ASCII)" : null;
        for (var at = 0; complaint is null && at < text.Length;)
        {
            var percent = text.IndexOf('%', at);
            var literal = percent < 0 ? text[at..] : text[at..percent];
            if (literal.Length > 0)
                parts.Add(new Part(Variable.None, Encoding.ASCII.GetBytes(literal)));
            if (percent < 0)
                break;
            var close = text.IndexOf('%', percent + 1);
            var name = close < 0 ? "" : text[(percent + 1)..close];
            if (Array.IndexOf(Names, name) is var variable and >= 0)
                parts.Add(new Part((Variable)variable, []));
            else
                complaint = $"has '%{name}%'; the variables are {string.Join(' ', Names.Select(n => $"%{n}%"))}";
            at = close + 1;
        }
        complaint ??= !parts.Any(part => part.Variable == Variable.Id) ? "must hold %ID%: by it a mail is found again"
            : !EndsWithDate(text) ? "must end with ; and %DATE% (RFC 5322 3.6.7)" : null;
        return complaint is null ? new HeaderTemplate(parts.ToImmutable()) : null;
    }

    private static bool EndsWithDate(string text)
    {
        const string date = "%DATE%";
        return text.EndsWith(date, StringComparison.Ordinal) && text[..^date.Length].TrimEnd().EndsWith(';');
    }

    internal void Write(ref HeaderText to, ReceiveOptions options, ClientConnection client, Envelope envelope, MessageId id, DateTimeOffset now)
    {
        foreach (var part in _parts)
        {
            switch (part.Variable)
            {
                case Variable.None: to.Add(part.Text); break;
                case Variable.Helo: to.AddWord(client.Helo); break;
                case Variable.Ip: AddAddress(ref to, client.Remote.Address); break;
                case Variable.Rdns: to.AddWord(client.Name ?? "unverified"); break;
                case Variable.Host: to.Add(options.HostName); break;
                case Variable.Soft: to.Add(options.Software); break;
                case Variable.Proto: AddProtocol(ref to, client, envelope); break;
                case Variable.Id: to.AddId(id, options.HostName); break;
                case Variable.Date: to.AddDate(now); break;
            }
        }
    }

    private static void AddAddress(ref HeaderText to, IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            to.Add("IPv6:"u8);
        to.Add(address.ToString());
    }

    /// <summary>RFC 3848, RFC 6531 §4.3.</summary>
    private static void AddProtocol(ref HeaderText to, ClientConnection client, Envelope envelope)
    {
        if (!client.Extended)
        {
            to.Add("SMTP"u8);
            return;
        }
        to.Add(envelope.SmtpUtf8 ? "UTF8SMTP"u8 : "ESMTP"u8);
        if (client.TlsVersion is not null)
            to.Add("S"u8);
        if (client.AuthenticatedAs is not null)
            to.Add("A"u8);
    }
}
