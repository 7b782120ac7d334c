namespace ClusterMail.Protocol;

/// <summary>Where error mails go: the MAIL FROM address (RFC 5321 §3.3).</summary>
public readonly record struct ReversePath(Mailbox? Mailbox)
{
    /// <summary><c>MAIL FROM:&lt;&gt;</c>. Never answered with an error mail (BOUNCE-2), or two servers would write to each other forever.</summary>
    public static ReversePath Null => default;

    public bool IsNull => Mailbox is null;

    /// <summary>The stored form: empty for the null path.</summary>
    public string Stored => Mailbox?.ToString() ?? "";

    public static ReversePath FromStored(string text) => text.Length == 0 ? Null : new(Protocol.Mailbox.FromStored(text));

    /// <summary>With angle brackets, as on the wire.</summary>
    public override string ToString() => $"<{Stored}>";
}
