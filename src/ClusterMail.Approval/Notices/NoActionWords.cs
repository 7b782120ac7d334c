using ClusterMail.Approval.Commands;

namespace ClusterMail.Approval.Notices;

/// <summary>Why nothing was done, and what to do now (APPROVE-119).</summary>
internal sealed class NoActionWords(CaseWords words)
{
    public (string Reason, string Action) For(Notice.NoAction notice) => notice.Reason switch
    {
        NoActionReason.AlreadyDecided when notice.Decision is { } decision => (
            words.Say($"すでに {words.Decider(decision)} が {words.Time(decision.At)} に決定しています: {words.Outcome(decision.Outcome)}",
                $"Already decided by {words.Decider(decision)} at {words.Time(decision.At)}: {words.Outcome(decision.Outcome)}"),
            words.Say("操作は必要ありません。", "Nothing needs to be done.")),
        NoActionReason.AlreadyDecided => (words.Say("すでに決定されています。", "It has already been decided."), words.Say("操作は必要ありません。", "Nothing needs to be done.")),
        NoActionReason.NotApprover => (
            words.Say("あなたはこのメールの承認者ではありません。", "You are not an approver of this mail."),
            words.Say("承認待ち一覧は、件名を waitlist_ としたメールを自分宛に送信すると届きます。", "A mail to yourself with the subject waitlist_ brings the list of mails waiting for you.")),
        NoActionReason.WrongAddress => (
            words.Say("登録されたアドレスと違うアドレスから送信されました。", "It was sent from another address than the registered one."),
            words.Say($"登録されたアドレスから送信してください: {notice.RegisteredAddress}", $"Please send it from the registered address: {notice.RegisteredAddress}")),
        NoActionReason.OwnMail => (
            words.Say("自分のメールを自分で決定することはできません。", "Nobody decides on his own mail."),
            words.Say("他の承認者が決定します。", "Another approver decides.")),
        NoActionReason.WrongRecipient => (
            words.Say("宛先が変更されています。", "The address in To was changed, or another one was added."),
            words.Say("承認依頼のリンクから、宛先と件名を変えずに送信してください。", "Please use the link in the request and send it with To and Subject unchanged.")),
        NoActionReason.Locked => (
            words.Say("誤った操作が続いたため、一時的に受け付けていません。", "After several wrong attempts none are taken for a while."),
            words.Say("30 分後にもう一度操作するか、承認ページで決定してください。", "Try again in 30 minutes, or decide on the approval page.")),
        NoActionReason.OldForm => (
            words.Say("署名のない古い形式の件名です。", "The subject has the old form without a signature."),
            words.Say("新しい承認依頼、または waitlist_ で届く一覧のリンクを使ってください。", "Please use the links of a new request, or of the list that waitlist_ brings.")),
        NoActionReason.ReasonMissing => (
            words.Say("却下の理由が書かれていません。", "The rejection gives no reason."),
            words.Say("本文に理由を書いて、もう一度送信してください。", "Write the reason as text and send it again.")),
        NoActionReason.NotNow => (
            words.Say("いまはあなたの決定を待っていません。", "Your decision is not asked for at the moment."),
            words.Say("承認待ち一覧で確認してください。", "Please look at your waiting list.")),
        _ => (
            words.Say("宛先または件名が変更されています。", "The text in To or Subject was changed."),
            words.Say("承認依頼のリンクから、宛先と件名を変えずに送信してください。", "Please use the link in the request and send it with To and Subject unchanged.")),
    };
}

/// <summary>Why a command changed nothing, and what to do (APPROVE-205, APPROVE-207).</summary>
internal sealed class CommandWords(CaseWords words)
{
    public (string Reason, string Action) For(CommandRefusal refusal) => refusal switch
    {
        CommandRefusal.Proxy proxy => Proxy(proxy.Why),
        CommandRefusal.Unreadable unreadable => Unreadable(unreadable),
        CommandRefusal.Withdraw => (
            words.Say("この管理番号の、取り消せるメールはありません。", "There is no mail of this number that you can take back."),
            words.Say("保留通知の管理番号を確認してください。決定されたメールは取り消せません。", "Please look at the number in the hold notice. What is decided cannot be taken back.")),
        CommandRefusal.SendNow => (
            words.Say("この管理番号の、今すぐ送信できるメールはありません。", "There is no mail of this number that you can send now."),
            words.Say("送信ディレイ通知の管理番号を確認してください。自己承認のメールはページで確認します。承認の必要なメールは承認者が決定します。",
                "Please look at the number in the notice. A mail that needs your confirmation is confirmed on the page; one that needs approval is decided by its approvers.")),
        _ => (
            words.Say("このコマンドを使う権限がありません。", "You are not allowed to give this command."),
            words.Say("承認履歴は管理者アカウントだけが取得できます。", "Only administrator accounts get the approval history.")),
    };

    private (string, string) Proxy(ProxyRefusal why) => why switch
    {
        ProxyRefusal.NotAnApprover => (
            words.Say("あなたは承認者として登録されていません。", "You are not an approver."),
            words.Say("代理承認者を設定できるのは承認者だけです。", "Only approvers can have a proxy.")),
        ProxyRefusal.NoSuchAccount => (
            words.Say("そのアドレスのアカウントはありません。", "There is no such account."),
            words.Say("登録されているアカウントのアドレスを指定してください。これまでの設定はそのままです。", "Name the address of a registered account. The proxy until now stays.")),
        ProxyRefusal.InSubDomain => (
            words.Say("サブドメインのアドレスは代理承認者に指定できません。", "An address of the sub-domain cannot be a proxy."),
            words.Say("コマンドの中には、サブドメインを付けない本来のアドレスを書いてください。例: setproxyuser_kacho@corp.example", "Inside a command write the normal address, without the label of the sub-domain. Example: setproxyuser_kacho@corp.example")),
        ProxyRefusal.Suspended => (
            words.Say("そのアカウントは停止されています。", "That account is suspended."),
            words.Say("別のアカウントを指定してください。", "Name another account.")),
        ProxyRefusal.Oneself => (
            words.Say("自分自身を代理承認者にすることはできません。", "You cannot be your own proxy."),
            words.Say("別のアカウントを指定してください。", "Name another account.")),
        ProxyRefusal.Past => (
            words.Say("期間がすでに終わっています。", "These days are over."),
            words.Say("今日以降の日付を指定してください。", "Give dates from today on.")),
        _ => (
            words.Say("期間が長すぎるか、終わりの日がありません。", "The time is too long, or has no end."),
            words.Say("approval.proxy_max_days 以内の期間を指定してください。", "Give dates within approval.proxy_max_days.")),
    };

    private (string, string) Unreadable(CommandRefusal.Unreadable unreadable)
    {
        var place = words.Say($"{unreadable.Column} 文字目", $"column {unreadable.Column}");
        return unreadable.Fault switch
        {
            CommandFault.Address => (
                words.Say($"{place}: メールアドレスとして読めません。", $"{place}: not a mail address."),
                words.Say("例: setproxyuser_kacho@corp.example", "Example: setproxyuser_kacho@corp.example")),
            CommandFault.Date => (
                words.Say($"{place}: 日付として読めません。", $"{place}: not a date."),
                words.Say("日付は 20261201 または 20261201-20261210 の形で指定してください。", "Write dates as 20261201 or 20261201-20261210.")),
            CommandFault.DateOrder => (
                words.Say($"{place}: 終わりの日が始まりの日より前です。", $"{place}: the last day is before the first."),
                words.Say("日付の順序を確認してください。", "Please put the earlier day first.")),
            CommandFault.HoldId => (
                words.Say($"{place}: 管理番号として読めません。", $"{place}: not a reference number."),
                words.Say("例: withdraw_B0000500101", "Example: withdraw_B0000500101")),
            _ => (
                words.Say($"{place}: 余分な文字があります。", $"{place}: what follows is not part of the command."),
                words.Say("使えるのは waitlist_ または waitlist_full です。", "Write waitlist_ or waitlist_full.")),
        };
    }
}
