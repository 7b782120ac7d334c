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

    /// <summary>What the sender does with his own mail: <see cref="Send"/>, <see cref="Discard"/>, <see cref="Tell"/>.</summary>
    public const string Act = "act";
    public const string Send = "send";
    public const string Discard = "discard";
    public const string Tell = "tell";

    /// <summary>A HoldId; several in a list (APPROVE-232).</summary>
    public const string Hold = "hold";
    public const string Account = "account";
    public const string Password = "password";

    /// <summary>With <c>login+otp</c> (APPROVE-162).</summary>
    public const string OneTimeCode = "otp";

    /// <summary>Query parameter: <c>ja</c> or <c>en</c>.</summary>
    public const string Language = "lang";
}
