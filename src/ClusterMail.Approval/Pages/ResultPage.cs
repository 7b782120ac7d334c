using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;

namespace ClusterMail.Approval.Pages;

/// <summary>What a page says when there is nothing to decide (any more).</summary>
public abstract record ResultPage
{
    private ResultPage() { }

    /// <summary>HTTP status the page goes with.</summary>
    public abstract int Status { get; }

    /// <summary>The reader's decision is committed (APPROVE-77).</summary>
    /// <param name="IsComplete">False: counted, and others are still asked.</param>
    public sealed record Done(HeldCase Held, Verb Verb, bool IsComplete) : ResultPage
    {
        public override int Status => 200;
    }

    /// <summary>Final: the link only shows the result (APPROVE-163).</summary>
    public sealed record AlreadyDecided(HeldCase Held, Decision Decision) : ResultPage
    {
        public override int Status => 200;
    }

    /// <summary>Unknown, mistyped or ended; one page for all of them, so that links cannot be probed.</summary>
    public sealed record LinkEnded : ResultPage
    {
        public override int Status => 404;
    }

    /// <summary>The link is somebody else's, or the reader is no approver of this mail.</summary>
    public sealed record NotForYou : ResultPage
    {
        public override int Status => 403;
    }

    /// <summary>APPROVE-49.</summary>
    public sealed record OwnMail : ResultPage
    {
        public override int Status => 403;
    }

    /// <summary>APPROVE-86.</summary>
    public sealed record Locked : ResultPage
    {
        public override int Status => 429;
    }

    /// <summary>Without or with an outdated anti-forgery value, or about a content that is not the one shown.</summary>
    public sealed record PostRefused : ResultPage
    {
        public override int Status => 403;
    }

    /// <summary>The database cannot be reached; nothing was decided (APPROVE-77).</summary>
    public sealed record Unavailable : ResultPage
    {
        public override int Status => 503;
    }

    /// <summary>The sender has let his own mail go (APPROVE-510).</summary>
    public sealed record Sent(HeldCase Held) : ResultPage
    {
        public override int Status => 200;
    }

    /// <summary>The sender has taken his mail back.</summary>
    public sealed record Withdrawn(HeldCase Held) : ResultPage
    {
        public override int Status => 200;
    }

    /// <summary>Somebody else is asked in the reader's place.</summary>
    public sealed record HandedOver(HeldCase Held, string To) : ResultPage
    {
        public override int Status => 200;
    }

    /// <summary>Nobody who could be asked, or the reader does not sit there.</summary>
    public sealed record NotHandedOver : ResultPage
    {
        public override int Status => 400;
    }

    /// <summary>The page is for others: administrators of approval.</summary>
    public sealed record NotAllowed : ResultPage
    {
        public override int Status => 403;
    }

    public string Render(PageFrame frame)
    {
        var words = frame.Words;
        var (mark, title, text) = Say(words);
        var facts = this switch { Done done => Facts(done.Held, words), AlreadyDecided decided => Facts(decided.Held, words), Withdrawn withdrawn => Facts(withdrawn.Held, words), Sent sent => Facts(sent.Held, words), HandedOver over => Facts(over.Held, words), _ => Html.Empty };
        var list = frame.ListPath is { } path ? Html.Of($"""<a class="button" href="{path}">{words.Say("承認待ち一覧へ", "To the waiting list")}</a>""") : Html.Empty;
        return frame.Wrap(title, Html.Of($"""
            <section class="card"><p class="big" aria-hidden="true">{mark}</p><h1>{title}</h1><p>{text}</p>{facts}{list}</section>
            """), isNarrow: true);
    }

    private (string Mark, string Title, string Text) Say(CaseWords words) => this switch
    {
        Done { IsComplete: false } => ("✓", words.Say("承認を受け付けました", "Your approval is counted"),
            words.Say("他の承認者の承認がそろうと送信されます。", "The mail is sent when the others have approved too.")),
        Done { Verb: Verb.Approve } => ("✓", words.Say("承認しました", "Approved"), words.Say("メールは送信されます。このページは閉じてかまいません。", "The mail is being sent. You can close this page.")),
        Done => ("✕", words.Say("却下しました", "Rejected"), words.Say("メールは送信されません。依頼者に通知しました。", "The mail is not sent. The requester is told.")),
        AlreadyDecided decided => ("ⓘ", words.Say("すでに決定されています", "Already decided"),
            words.Say($"{words.Decider(decided.Decision)} ・ {words.Time(decided.Decision.At)} ・ {words.Outcome(decided.Decision.Outcome)}",
                $"{words.Decider(decided.Decision)}, {words.Time(decided.Decision.At)}: {words.Outcome(decided.Decision.Outcome)}")),
        LinkEnded => ("ⓘ", words.Say("このリンクは使えません", "This link does not work"),
            words.Say("期限が切れたか、アドレスが途中で切れています。件名を waitlist_ としたメールを自分宛に送信すると、新しい一覧が届きます。",
                "It has ended, or its address was cut. A mail to yourself with the subject waitlist_ brings a new list.")),
        NotForYou => ("ⓘ", words.Say("あなた宛のページではありません", "This page is not for you"),
            words.Say("このメールの承認者としてログインし直してください。何も決定されていません。", "Please log in as an approver of this mail. Nothing was decided.")),
        OwnMail => ("ⓘ", words.Say("自分のメールは決定できません", "Nobody decides on his own mail"), words.Say("他の承認者が決定します。", "Another approver decides.")),
        Locked => ("ⓘ", words.Say("一時的に受け付けていません", "Not taken for a while"),
            words.Say("誤った操作が続きました。30 分後にもう一度お試しください。", "After several wrong attempts none are taken. Please try again in 30 minutes.")),
        PostRefused => ("ⓘ", words.Say("操作を受け付けられませんでした", "This was not taken"),
            words.Say("ページが古くなっています。開き直して、もう一度操作してください。何も決定されていません。", "The page is outdated. Please open it again and repeat. Nothing was decided.")),
        Sent => ("✓", words.Say("送信します", "On its way"), words.Say("メールは送信されます。このページは閉じてかまいません。", "The mail is being sent. You can close this page.")),
        Withdrawn { Held.IsOwn: true } => ("✓", words.Say("破棄しました", "Discarded"), words.Say("メールは送信されません。", "The mail is not sent.")),
        HandedOver over => ("✓", words.Say("引き継ぎました", "Handed over"), words.Say($"{over.To} に承認依頼を送りました。", $"{over.To} gets the request.")),
        NotHandedOver => ("ⓘ", words.Say("引き継げませんでした", "This was not handed over"),
            words.Say("登録されている、依頼者でも現在の承認者でもないアカウントを指定してください。承認者はこれまでのままです。", "Name a registered account that is neither the requester nor an approver already. The approvers stay as they are.")),
        NotAllowed => ("ⓘ", words.Say("このページは表示できません", "This page is not for you"), words.Say("承認の管理者アカウント (approval.admins) だけが利用できます。", "Only administrator accounts of approval (approval.admins) have it.")),
        Withdrawn => ("✓", words.Say("取り消しました", "Taken back"), words.Say("メールは送信されません。承認者に通知しました。", "The mail is not sent. The approvers are told.")),
        _ => ("ⓘ", words.Say("ただいま利用できません", "Not available right now"),
            words.Say("何も決定されていません。しばらくしてからもう一度お試しください。", "Nothing was decided. Please try again in a while.")),
    };

    private static Html Facts(HeldCase held, CaseWords words) => Html.Of($"""
        <dl><dt>{words.Say("件名", "Subject")}</dt><dd>{words.Subject(held)}</dd>
        <dt>{words.Say("依頼者", "Requester")}</dt><dd>{CaseWords.Requester(held)}</dd>
        <dt>{words.Say("送信先アドレス", "Recipients")}</dt><dd>{string.Join(", ", CaseWords.Recipients(held))}</dd>
        <dt>{words.Say("管理番号", "Reference")}</dt><dd>{held.Hold.ToString()}</dd></dl>
        """);
}
