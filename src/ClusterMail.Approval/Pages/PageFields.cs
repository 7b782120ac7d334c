namespace ClusterMail.Approval.Pages;

/// <summary>Names of what the forms post. Anything else in a POST is ignored.</summary>
public static class PageFields
{
    /// <summary><c>approval</c> or <c>reject</c>.</summary>
    public const string Verb = "verb";

    /// <summary>At most 2,000 characters count (APPROVE-144).</summary>
    public const string Comment = "comment";

    /// <summary>See <see cref="Tokens.PostGuard"/>.</summary>
    public const string Guard = "guard";

    /// <summary>Of the content that was shown (APPROVE-70): a decision about another one is refused.</summary>
    public const string ContentSha256 = "sha256";

    /// <summary>He was told what to look at twice, and approves all the same (APPROVE-501).</summary>
    public const string Confirm = "confirm";

    /// <summary>Which of several things a form does.</summary>
    public const string Act = "act";

    /// <summary>What the sender does with his own mail, under <see cref="Act"/>.</summary>
    public const string Send = "send";
    public const string Discard = "discard";
    public const string Tell = "tell";

    /// <summary>A HoldId; several in a list (APPROVE-232).</summary>
    public const string Hold = "hold";
    public const string Account = "account";
    public const string Password = "password";

    /// <summary>With <c>login+otp</c> (APPROVE-162).</summary>
    public const string OneTimeCode = "otp";

    /// <summary>Address of a proxy, or of the approver who takes over.</summary>
    public const string Proxy = "proxy";

    /// <summary>A day, or a day and a time, without zone.</summary>
    public const string From = "from";
    public const string Until = "until";

    /// <summary>Of a mail that is only described (APPROVE-231).</summary>
    public const string Sender = "sender";
    public const string Recipients = "recipients";
    public const string Subject = "subject";
    public const string Text = "text";
    public const string Attachments = "attachments";
    public const string Size = "size";

    /// <summary>Query parameter: <c>ja</c> or <c>en</c>.</summary>
    public const string Language = "lang";
}
