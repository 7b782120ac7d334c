using System.Buffers;
using System.Buffers.Text;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>MAIL and RCPT with the parameters the host understands, written straight into the buffer of the next write.</summary>
internal static class MailCommands
{
    /// <param name="octets">Size of what will be sent, for SIZE= (RFC 1870 §6).</param>
    public static void Mail(IBufferWriter<byte> target, OutboundMail mail, HostCapabilities host, long octets, bool eightBit, bool smtpUtf8)
    {
        target.Write("MAIL FROM:<"u8);
        Address(target, mail.ReversePath.Mailbox);
        target.Write(">"u8);
        if (host.Size)
        {
            target.Write(" SIZE="u8);
            Utf8Formatter.TryFormat(octets, target.GetSpan(20), out var length);
            target.Advance(length);
        }
        if (eightBit && host.EightBitMime)
            target.Write(" BODY=8BITMIME"u8);
        if (smtpUtf8)
            target.Write(" SMTPUTF8"u8);
        if (host.Dsn && mail.Ret != Ret.Unspecified)
            target.Write(mail.Ret == Ret.Full ? " RET=FULL"u8 : " RET=HDRS"u8);
        if (host.Dsn && mail.EnvelopeId is { } envelopeId)
        {
            target.Write(" ENVID="u8);
            Encoding.UTF8.GetBytes(envelopeId, target);
        }
        target.Write("\r\n"u8);
    }

    public static void Rcpt(IBufferWriter<byte> target, ForwardPath recipient, HostCapabilities host)
    {
        target.Write("RCPT TO:<"u8);
        Address(target, recipient.Mailbox);
        target.Write(">"u8);
        if (host.Dsn && recipient.Notify != Notify.Unspecified)
            Wishes(target, recipient.Notify);
        if (host.Dsn && recipient.OriginalRecipient is { } original)
        {
            target.Write(" ORCPT="u8);
            Encoding.UTF8.GetBytes(original, target);
        }
        target.Write("\r\n"u8);
    }

    /// <summary>True when a text would break out of its command: nothing with a control character or, outside addresses, a blank is ever written.</summary>
    public static bool IsUnsafe(string? text, bool blankAllowed = false) =>
        text is not null && (text.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0 || text.Contains('\u007f') || (!blankAllowed && text.Contains(' ')));

    /// <summary>A quoted local part may hold blanks; an address outside quotes holds no angle bracket.</summary>
    public static bool IsUnsafe(Mailbox? mailbox) =>
        mailbox is not null && (IsUnsafe(mailbox.LocalPart, blankAllowed: mailbox.LocalPart.StartsWith('"')) || IsUnsafe(mailbox.Domain) || mailbox.Domain.Contains('>')
            || (mailbox.LocalPart.Contains('>') && !mailbox.LocalPart.StartsWith('"')));

    private static void Address(IBufferWriter<byte> target, Mailbox? mailbox)
    {
        if (mailbox is null)
            return;
        Encoding.UTF8.GetBytes(mailbox.LocalPart, target);
        if (mailbox.Domain.Length == 0)
            return;
        target.Write("@"u8);
        Encoding.UTF8.GetBytes(mailbox.Domain, target);
    }

    private static void Wishes(IBufferWriter<byte> target, Notify notify)
    {
        if (notify.HasFlag(Notify.Never))
        {
            target.Write(" NOTIFY=NEVER"u8);
            return;
        }
        var separator = " NOTIFY="u8;
        foreach (var (flag, word) in (ReadOnlySpan<(Notify, string)>)[(Notify.Success, "SUCCESS"), (Notify.Failure, "FAILURE"), (Notify.Delay, "DELAY")])
        {
            if (!notify.HasFlag(flag))
                continue;
            target.Write(separator);
            Encoding.ASCII.GetBytes(word, target);
            separator = ","u8;
        }
    }
}
