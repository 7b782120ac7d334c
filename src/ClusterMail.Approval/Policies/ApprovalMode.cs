namespace ClusterMail.Approval.Policies;

/// <summary>What a line of a <c>sender.dat</c> says of its destinations (section 4 of chapter 20). The numbers are those of the file.</summary>
public enum ApprovalMode : sbyte
{
    /// <summary>送信禁止: the recipient is refused at RCPT (APPROVE-32, DEST-5).</summary>
    Refuse = -1,

    /// <summary>承認不要: leaves at once. A bare pattern means the same.</summary>
    Send = 0,

    /// <summary>無条件承認: held, attachment or not; while approval is off like <see cref="Send"/> (APPROVE-3).</summary>
    Always = 1,

    /// <summary>添付ファイル承認: held when the mail has an attachment (APPROVE-37); while approval is off like <see cref="Send"/>.</summary>
    Attachments = 2,

    /// <summary>送信ディレイ: leaves by itself after a while, or when its sender has confirmed it (APPROVE-510, APPROVE-511); while approval is off like <see cref="Send"/>.</summary>
    Delay = 3,

    /// <summary>The line cannot be read: nothing passes by it unapproved (APPROVE-13).</summary>
    Unreadable = 127,
}
