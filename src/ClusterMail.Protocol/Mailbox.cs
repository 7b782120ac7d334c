namespace ClusterMail.Protocol;

/// <summary>
/// An address as RFC 5321 §4.1.2 writes it: local part and domain, both kept as they came (ALIAS-15: the case of the local part is preserved).
/// <see cref="Domain"/> is empty for the bare <c>postmaster</c> and for senders without a domain (RELAY-15).
/// </summary>
/// <param name="LocalPart">Wire form, quotes included where the sender wrote them. At most 64 octets (RFC 5321 §4.5.3.1.1).</param>
/// <param name="Domain">Host name, U-label or address literal in brackets. At most 255 octets (RFC 5321 §4.5.3.1.2).</param>
public sealed record Mailbox(string LocalPart, string Domain)
{
    /// <summary>The form in which domains are compared and used as keys: ASCII lower case.</summary>
    public string DomainKey => Domain.ToLowerInvariant();

    /// <summary>True when the address cannot be sent without SMTPUTF8 (RFC 6531 §3.2).</summary>
    public bool NeedsSmtpUtf8 => !System.Text.Ascii.IsValid(LocalPart) || !System.Text.Ascii.IsValid(Domain);

    public override string ToString() => Domain.Length == 0 ? LocalPart : $"{LocalPart}@{Domain}";

    /// <summary>Local part and domain compared without case (ALIAS-15).</summary>
    public bool SameAs(Mailbox other) =>
        string.Equals(LocalPart, other.LocalPart, StringComparison.OrdinalIgnoreCase)
        && string.Equals(Domain, other.Domain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Splits an address this program wrote itself (a stored one). Text from a stranger goes through the grammar instead.</summary>
    public static Mailbox FromStored(string text)
    {
        var at = text.LastIndexOf('@');
        return at < 0 ? new Mailbox(text, "") : new Mailbox(text[..at], text[(at + 1)..]);
    }
}
