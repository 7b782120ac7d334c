using ClusterMail.Approval.Content;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>What one level says of one destination.</summary>
internal abstract record LevelAnswer
{
    /// <summary>No line of it applies: ask the next level.</summary>
    public sealed record Silent : LevelAnswer
    {
        public static Silent Instance { get; } = new();
    }

    public sealed record Refuse(string Rule) : LevelAnswer;

    public sealed record Judged(Judgement Judgement) : LevelAnswer;
}

/// <summary>Goes down the lines of one level (APPROVE-26, APPROVE-28 to APPROVE-30).</summary>
/// <param name="ours">The mail is one of ours, so approval lines hold it; else they only let it pass (APPROVE-5).</param>
internal readonly struct LevelReading(ApprovalOptions options, KeywordShelf keywords, PolicyLevel level, bool ours)
{
    private bool Approves => options.Enabled && ours;

    /// <param name="evidence">Null: at RCPT, the content is not there yet.</param>
    public LevelAnswer Ask(Requester requester, Mailbox destination, ContentEvidence? evidence)
    {
        var (caught, key) = (false, AddressPattern.Key(destination));
        foreach (var line in level.Table.Rules)
        {
            if (!line.Pattern.Matches(key))
                continue;
            switch (line.Mode)
            {
                case ApprovalMode.Refuse: return new LevelAnswer.Refuse(Said("DEST-5", line));
                case ApprovalMode.Send: return Judged(new Judgement.Send(Said("DEST-1", line)));
                case ApprovalMode.Unreadable: return Judged(Unreadable(requester, line));
            }
            if (!Approves)
                return Judged(new Judgement.Send(Said(options.Enabled ? "APPROVE-5" : "DEST-10", line)));
            var reasons = new LineTest(keywords, level, line).Reasons(evidence);
            if (reasons.IsDefault)
                return Judged(new Judgement.Open(Said("APPROVE-28", line)));
            if (!reasons.IsEmpty)
                return Judged(new Judgement.Hold(Said("APPROVE-28", line), [new Catch(requester.Address, Place(line.Number), line, reasons)]));
            caught = true;
        }
        return caught ? Judged(new Judgement.Send($"APPROVE-28 {level}, no approval needed")) : NoLine();
    }

    /// <summary>APPROVE-30, DEST-4, DEST-5.</summary>
    private LevelAnswer NoLine() => options.NoMatch switch
    {
        _ when level.Table.Rules.IsEmpty => LevelAnswer.Silent.Instance,
        NoMatch.Refuse => new LevelAnswer.Refuse($"APPROVE-30 {level}"),
        NoMatch.Send => Judged(new Judgement.Send($"APPROVE-30 {level}")),
        _ when level.Table.Sends => new LevelAnswer.Refuse($"DEST-4 {level}"),
        _ when level.Table.Refuses => new LevelAnswer.Refuse($"DEST-5 {level}"),
        _ => LevelAnswer.Silent.Instance,
    };

    /// <summary>APPROVE-13: held for whoever the line names, else for the administrators; where nothing is held, nobody can be asked.</summary>
    private Judgement Unreadable(Requester requester, ApprovalLine line) => Approves
        ? new Judgement.Hold(Said("APPROVE-13", line), [new Catch(requester.Address, Place(line.Number), line, [new CatchReason(CatchKind.Unreadable, line.Fault ?? "")])])
        : new Judgement.Trouble(Said("APPROVE-13", line), line.Fault ?? "the line cannot be read");

    private static LevelAnswer.Judged Judged(Judgement judgement) => new(judgement);

    private PolicyPlace Place(int line) => level.Place(line);

    private string Said(string rule, ApprovalLine line) => $"{rule} {level} line {line.Number}";
}
