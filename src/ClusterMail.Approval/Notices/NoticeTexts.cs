using System.Text;

namespace ClusterMail.Approval.Notices;

/// <summary>The product's own wording: one sentence that says what has happened, then the fields.</summary>
public static class NoticeTexts
{
    /// <summary>The template of a kind as it is shown for editing.</summary>
    public static string Default(NoticeKind kind, Language language)
    {
        var text = new StringBuilder();
        text.Append(Opening(kind).In(language)).Append("\n\n");
        foreach (var field in NoticeFields.Of(kind))
            text.Append('{').Append(field.Name).Append("}\n");
        return text.Append('\n').Append(Closing.In(language)).Append('\n').ToString();
    }

    private static readonly Phrase Closing = new(
        "このメールは承認システムが自動的に作成しました。",
        "This mail was written by the approval system.");

    private static Phrase Opening(NoticeKind kind) => kind switch
    {
        NoticeKind.HoldNotice => new(
            "次のメールは承認待ちのため保留されています。まだ送信されていません。決定されるとお知らせします。再送の必要はありません。",
            "The mail below is held until it is approved. It has not been sent yet. You will be told of the decision; there is no need to send it again."),
        NoticeKind.DelayNotice => new(
            "次のメールはまだ送信されていません。宛先と添付ファイルを確認してください。下のリンクで今すぐ送信することも、破棄することもできます。",
            "The mail below has not been sent yet. Please look at its recipients and attachments again. The links below send it now or discard it."),
        NoticeKind.Request => new(
            "次のメールの送信には、あなたの承認が必要です。内容を確認して、承認または却下してください。",
            "The mail below needs your approval before it is sent. Please look at it, then approve or reject it."),
        NoticeKind.EscalatedRequest => new(
            "次のメールは期限までに決定されなかったため、あなたに承認をお願いしています。内容を確認して、承認または却下してください。",
            "Nobody has decided on the mail below in time, so you are asked now. Please look at it, then approve or reject it."),
        NoticeKind.ApprovalNotice => new(
            "次のメールは承認され、送信されます。",
            "The mail below was approved and is being sent."),
        NoticeKind.RejectionNotice => new(
            "次のメールは却下されました。送信されません。",
            "The mail below was rejected. It is not sent."),
        NoticeKind.ExpiryNotice => new(
            "次のメールは期限までに決定されなかったため、送信されません。",
            "Nobody decided on the mail below in time. It is not sent."),
        NoticeKind.EscalationNotice => new(
            "次のメールの承認を、別の承認者にも依頼しました。メールは引き続き保留されています。",
            "Another approver has been asked about the mail below. It is still held."),
        NoticeKind.WithdrawalNotice => new(
            "次のメールは送信者が取り消しました。送信されません。",
            "The sender has taken back the mail below. It is not sent."),
        NoticeKind.NoAction => new(
            "お送りいただいた操作は実行されませんでした。",
            "What you asked for was not done."),
        NoticeKind.WaitingList => new(
            "あなたの承認を待っているメールの一覧です。",
            "These mails are waiting for your approval."),
        NoticeKind.Reminder => new(
            "次のメールがあなたの承認を待っています。内容を確認して、承認または却下してください。",
            "These mails are still waiting for your approval. Please look at them, then approve or reject each."),
        NoticeKind.ProxyChanged => new(
            "代理承認者の設定を変更しました。",
            "Your proxy approver was changed."),
        NoticeKind.ProxyInformation => new(
            "あなたに関係する代理承認者の設定が変更されました。",
            "A proxy approver setting that concerns you was changed."),
        NoticeKind.ProxyEnding => new(
            "代理承認者の期間がまもなく終わります。",
            "The time of your proxy approver ends soon."),
        NoticeKind.History => new(
            "承認履歴をお送りします。",
            "This is the approval history."),
        _ => new(
            "お送りいただいたコマンドは実行されませんでした。何も変更されていません。",
            "Your command was not carried out. Nothing was changed."),
    };
}
