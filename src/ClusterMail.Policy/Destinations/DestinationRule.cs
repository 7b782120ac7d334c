namespace ClusterMail.Policy.Destinations;

/// <summary>What a line of a <c>sender.dat</c> says of its destinations. The numbers are those of the file.</summary>
public enum DestinationMode : sbyte
{
    /// <summary>送信禁止: refused (DEST-5).</summary>
    Forbid = -1,

    /// <summary>承認不要: may be mailed to.</summary>
    Allow = 0,

    /// <summary>無条件承認: held for the approvers of the line; while approval is off like <see cref="Allow"/> (DEST-10, APPROVE-3).</summary>
    Approve = 1,

    /// <summary>添付ファイル承認: held when something is attached; while approval is off like <see cref="Allow"/>.</summary>
    ApproveAttachments = 2,

    /// <summary>The line cannot be read: nothing may pass by it (APPROVE-13).</summary>
    Unreadable = 127,
}

/// <summary>One line of a <c>sender.dat</c> (DEST-1, APPROVE-16).</summary>
/// <param name="Line">Line of the text, from 1.</param>
/// <param name="Pattern">As written; compared without case.</param>
/// <param name="Condition">Text of the third field: empty, or <c>file=…</c> and so on (APPROVE-20). Kept for approval.</param>
/// <param name="Approvers">Text of the fourth field. Kept for approval.</param>
/// <param name="Options">What follows the first <c>;</c>. Kept for approval.</param>
public sealed record DestinationRule(int Line, string Pattern, DestinationMode Mode, string Condition = "", string Approvers = "", string Options = "")
{
    internal string Key { get; } = Pattern.ToLowerInvariant();
}
