using ClusterMail.Approval.Policies;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>
/// A line with <c>bcc-silent</c> copies mail without its sender's knowledge, so only an auditor sets one, beside whatever right the table itself needs, and whatever
/// way it is saved (APPROVE-514). Who may save the table may take such a line away, and leave those that are there.
/// </summary>
internal static class SilentCopies
{
    /// <summary>Null: nothing stands in the way.</summary>
    public static IResult? Refusal(Author by, string before, string after) => by.IsAuditor || Lines(after).IsSubsetOf(Lines(before))
        ? null
        : Answers.Problem(StatusCodes.Status403Forbidden, "A copy that the sender is not told of (bcc-silent) is set by an auditor only.", "Nothing was saved.", "APPROVE-514",
            "Leave bcc-silent out, so that the hold notice names the copy, or have somebody with the role auditor save it as well.");

    private static HashSet<string> Lines(string text) => text.Contains("bcc-silent", StringComparison.OrdinalIgnoreCase)
        ? [.. ApprovalTable.Parse(text).Table.Rules.Where(line => line.Options.BccSilent).Select(line => line.ToString())]
        : [];
}
