using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>A transaction to try without sending anything (ADMIN-44).</summary>
/// <param name="Blank">Nothing after <c>FROM:</c>; <paramref name="From"/> is the null path then.</param>
/// <param name="Helo">Shown only: no rule of the relay list looks at the client's name (RELAY-7).</param>
public sealed record ExplainRequest(
    IPAddress Client, string Helo, ReversePath From, IReadOnlyList<Mailbox> To, bool Submission = false, string? AuthenticatedAs = null, bool Blank = false);

/// <summary>What would be answered, and why. Made by the same code that answers clients.</summary>
/// <param name="Mail">The verdict on MAIL.</param>
/// <param name="Recipients">One per recipient; empty when MAIL is refused.</param>
/// <param name="Steps">Each check in its order.</param>
public sealed record Explanation(Verdict Mail, IReadOnlyList<(Mailbox Recipient, Verdict Verdict)> Recipients, IReadOnlyList<PolicyStep> Steps)
{
    public static Explanation Of(PolicySnapshot snapshot, ExplainRequest request)
    {
        var steps = new List<PolicyStep>
        {
            new("EHLO", "client's name", "RELAY-7", request.Helo.Length == 0 ? "not given" : $"{request.Helo}, not judged"),
        };
        var pipeline = snapshot.Begin(new ClientFacts(request.Client, request.Submission, request.AuthenticatedAs is not null), steps);
        var mail = pipeline.Mail(request.From, request.Blank);
        if (!mail.Accepted)
            return new Explanation(mail, [], steps);
        return new Explanation(mail, [.. request.To.Select(to => (to, pipeline.Recipient(to)))], steps);
    }
}
