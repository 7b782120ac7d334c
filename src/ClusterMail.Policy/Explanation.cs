using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>A transaction to try without sending anything (ADMIN-44).</summary>
/// <param name="Blank">Nothing after <c>FROM:</c>; <paramref name="From"/> is the null path then.</param>
/// <param name="Helo">Shown only: no rule of the relay list looks at the client's name (RELAY-7).</param>
/// <param name="AuthenticatedAs">Address of the account that would have authenticated; null: none.</param>
public sealed record ExplainRequest(
    IPAddress Client, string Helo, ReversePath From, IReadOnlyList<Mailbox> To, bool Submission = false, Mailbox? AuthenticatedAs = null, bool Blank = false)
{
    /// <summary>Usage hours are held against it; null: now.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>What would be answered to one recipient, and each check in its order.</summary>
public sealed record ExplainedRecipient(Mailbox Recipient, Verdict Verdict, IReadOnlyList<PolicyStep> Steps);

/// <summary>What would be answered, and why. Made by the same code that answers clients.</summary>
/// <param name="Mail">The verdict on MAIL.</param>
/// <param name="Steps">The checks at MAIL, in their order.</param>
/// <param name="Recipients">Empty when MAIL is refused.</param>
/// <param name="Data">The verdict on DATA, once a recipient was accepted; else null.</param>
public sealed record Explanation(Verdict Mail, IReadOnlyList<PolicyStep> Steps, IReadOnlyList<ExplainedRecipient> Recipients, Verdict? Data)
{
    /// <summary>Whoever sends it is known: DNS is not asked about him (CONF-19).</summary>
    public bool IsKnown { get; private init; }

    public static async Task<Explanation> OfAsync(PolicySnapshot snapshot, ExplainRequest request, CancellationToken cancel)
    {
        var steps = new List<PolicyStep>
        {
            new("EHLO", "client's name", "RELAY-7", request.Helo.Length == 0 ? "not given" : $"{request.Helo}, not judged"),
        };
        if (request.AuthenticatedAs is { } claimed)
            steps.Add(new("AUTH", "account", "AUTH-11", Described(snapshot, claimed)));
        var pipeline = snapshot.Begin(new ClientFacts(request.Client, request.Submission, request.AuthenticatedAs) { At = request.At }, steps);
        var mail = pipeline.Mail(request.From, request.Blank);
        if (!mail.Accepted)
            return new Explanation(mail, steps, [], null) { IsKnown = pipeline.IsKnown };
        var ofMail = steps.ToArray();
        var recipients = new List<ExplainedRecipient>();
        foreach (var to in request.To)
        {
            steps.Clear();
            steps.Add(Found(snapshot, to));
            var verdict = pipeline.Recipient(to);
            if (verdict.Accepted && await pipeline.MailboxAsync(to, 0, cancel) is { Accepted: false } full)
                verdict = full;
            recipients.Add(new ExplainedRecipient(to, verdict, [.. steps]));
        }
        return new Explanation(mail, ofMail, recipients, recipients.Exists(one => one.Verdict.Accepted) ? pipeline.Data() : null) { IsKnown = pipeline.IsKnown };
    }

    private static string Described(PolicySnapshot snapshot, Mailbox claimed) =>
        snapshot.Authenticated(claimed) is { } account ? $"authenticated as {account.Address}"
        : $"{claimed} cannot authenticate: no such account, suspended, or SMTP AUTH off";

    private static PolicyStep Found(PolicySnapshot snapshot, Mailbox to)
    {
        var found = snapshot.ResolveRecipient(snapshot.Resolve(to));
        return new PolicyStep("RCPT", "address", found.Rule, found.Account is { } account ? $"account {account.Address}" : found.Real == to ? $"{found.Class}" : $"leads to {found.Real}");
    }
}
