namespace ClusterMail.Approval.Policies;

/// <summary>One rule line of a <c>sender.dat</c> (APPROVE-16). Immutable.</summary>
/// <param name="Number">Line of the text, from 1: what logs and held mails name (APPROVE-24).</param>
/// <param name="Pattern">Compared without case; <c>*</c> stands for any characters.</param>
/// <param name="Mode">What it says of the destinations it matches.</param>
public sealed record ApprovalLine(int Number, AddressPattern Pattern, ApprovalMode Mode)
{
    /// <summary>All its terms must be true; empty: always (APPROVE-20).</summary>
    public Condition Condition { get; init; } = Condition.None;

    /// <summary>Who is asked, stage by stage; empty in lines of mode -1, 0 and 3.</summary>
    public ApproverList Approvers { get; init; } = ApproverList.None;

    public LineOptions Options { get; init; } = LineOptions.Default;

    /// <summary>Why the line cannot be read, in words; null: it can. Approvers that could be read are kept, so that they can be asked (APPROVE-13).</summary>
    public string? Fault { get; init; }

    /// <summary>Whether it takes more than the envelope to say if it catches a mail.</summary>
    public bool LooksAtContent => Mode == ApprovalMode.Attachments || (Mode is ApprovalMode.Always or ApprovalMode.Delay && !Condition.IsEmpty);

    /// <summary>The line as this program writes it, in the old product's form when nothing new is in it.</summary>
    public override string ToString()
    {
        var head = $"{Pattern}:{(Mode == ApprovalMode.Unreadable ? "?" : ((sbyte)Mode).ToString(System.Globalization.CultureInfo.InvariantCulture))}";
        var tail = Mode is ApprovalMode.Refuse or ApprovalMode.Send ? "" : $":{Condition}:{Approvers}";
        return $"{head}{tail}{Options}";
    }
}
