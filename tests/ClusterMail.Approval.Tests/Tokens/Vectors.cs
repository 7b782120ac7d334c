using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tests.Tokens;

/// <summary>Keys, list and content of the test vectors (APPROVE-135).</summary>
internal static class Vectors
{
    public const string P3 = "YnVjaG9AY29ycC5leGFtcGxlLHNob25pbl9iQGNvcnAuZXhhbXBsZSxzaG9uaW5fYUBjb3JwLmV4YW1wbGUgICAg";
    public const string ContentSha256 = "b7e4e7be06a3219b53f929130e0ea57f9acbd96781f484616509726cf0a57e91";
    public const string ListKey = "bucho@corp.example,shonin_b@corp.example,shonin_a@corp.example";

    public static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 16, 19, TimeSpan.FromHours(9));
    public static readonly TokenKey K1 = new("k1", [.. Enumerable.Range(0, 32).Select(octet => (byte)octet)], Now.AddDays(-10));
    public static readonly TokenKeyRing Ring = TokenKeyRing.Of(K1);

    public static readonly Mailbox Bucho = Sample.Box("bucho@corp.example");
    public static readonly Mailbox ShoninA = Sample.Box("shonin_a@corp.example");
    public static readonly Mailbox ShoninB = Sample.Box("shonin_b@corp.example");
    public static readonly Mailbox Kacho = Sample.Box("kacho@corp.example");
    public static readonly Mailbox User1 = Sample.Box("user1@corp.example");
    public static readonly Mailbox User2 = Sample.Box("user2@corp.example");
    public static readonly ImmutableArray<Mailbox> Three = [Bucho, ShoninB, ShoninA];

    public static HoldId Hold(long number) => new(number);

    public static DecidableHold Held(long number = 500101) => new()
    {
        Hold = Hold(number),
        Requester = User2,
        IssuedLists = [ListKey],
        Deciders = Three,
        ContentSha256 = ContentSha256,
    };

    public static DecisionTexts Texts(Mailbox approver, long number = 500101) => DecisionTexts.Issue(Hold(number), Three, approver, ContentSha256, K1);

    /// <summary>A correct attempt in an authenticated session.</summary>
    public static DecisionAttempt Attempt(Mailbox approver, Verb verb = Verb.Approve, long number = 500101) => new()
    {
        Text = Texts(approver, number).For(verb),
        Path = SubmissionPath.Authenticated,
        IsAuthOffered = true,
        EnvelopeSender = approver,
        SenderAccount = approver,
        Authenticated = approver,
        Recipients = [User2],
        From = approver,
    };
}
