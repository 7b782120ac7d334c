using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>One line that concerns a recipient, or the absence of one.</summary>
/// <param name="Level"><c>account taro@example.jp</c></param>
/// <param name="Line">From 1; 0: no line of the level matches.</param>
/// <param name="Text">In words.</param>
public sealed record ExplainedLine(Mailbox Requester, string Level, int Line, string Text);

/// <summary>Why approval says what it says of one recipient: all lines that match, level by level, and the outcome. Made by the code that judges mails.</summary>
public sealed record PolicyExplanation(Judgement Judgement, IReadOnlyList<ExplainedLine> Lines, string Outcome)
{
    /// <param name="evidence">Null: what can be said at RCPT.</param>
    public static PolicyExplanation Of(ApprovalPolicy policy, OutgoingMail mail, OutgoingRecipient recipient, ContentEvidence? evidence, bool japanese = false)
    {
        var (words, lines) = (japanese ? PolicyWords.Japanese : PolicyWords.English, new List<ExplainedLine>());
        foreach (var requester in mail.Requesters)
            foreach (var level in policy.Book.LevelsOf(requester))
            {
                var before = lines.Count;
                foreach (var line in level.Table.Rules)
                    if (line.Pattern.Matches(recipient.Address) || recipient.Outside.Any(line.Pattern.Matches))
                        lines.Add(new ExplainedLine(requester.Address, level.ToString(), line.Number, words.Line(line)));
                if (lines.Count == before)
                    lines.Add(new ExplainedLine(requester.Address, level.ToString(), 0, japanese ? "該当する行はありません" : "no line matches"));
            }
        var judgement = evidence is null ? policy.AtRcpt(mail, recipient) : policy.AtEndOfData(mail, recipient, evidence);
        return new PolicyExplanation(judgement, lines, words.Judged(judgement));
    }
}
