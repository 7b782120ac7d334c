using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Pages;

/// <summary>The page on which one approver looks at one open held mail and decides. Opening it decides nothing; its form posts (APPROVE-161).</summary>
public sealed record DecisionPage
{
    /// <summary>Behind the path of a page: where its hand-over is posted.</summary>
    public const string HandOverSuffix = "/handover";

    public required PageFrame Frame { get; init; }
    public required HeldCase Held { get; init; }

    /// <summary>As whose proxy the reader decides; null: himself.</summary>
    public Mailbox? ProxyOf { get; init; }

    /// <summary>See <see cref="PostGuard"/>.</summary>
    public required string Guard { get; init; }

    /// <summary><c>approval.reject_reason_required</c>.</summary>
    public bool IsReasonRequired { get; init; }

    /// <summary>What was wrong with the last POST; null: this is the first look.</summary>
    public string? Fault { get; init; }

    /// <summary>What he had written then.</summary>
    public string Comment { get; init; } = "";

    /// <summary>Anti-forgery value of handing over to another approver; null: he does not sit here himself, or has no account.</summary>
    public string? HandOverGuard { get; init; }

    /// <summary>Approving asks once more: the form then carries <see cref="PageFields.Confirm"/> (APPROVE-501).</summary>
    public bool AsksForConfirmation { get; init; }

    /// <summary>Where the mail is downloaded as a file; null: it is not allowed (APPROVE-500).</summary>
    public string? DownloadPath { get; init; }

    /// <summary>The page after an approval of a mail with warnings: they are named, and the same button approves now.</summary>
    public DecisionPage WithConfirmation() => this with
    {
        AsksForConfirmation = true,
        Fault = Frame.Words.Say("このメールには注意点があります。確認のうえ、もう一度「承認して送信する」を押してください。まだ何も決定されていません。",
            "There is something to look at twice. Please check it and press the button again to approve. Nothing has been decided yet."),
    };

    /// <summary>The page after a rejection without the reason it needs.</summary>
    public DecisionPage WithReasonMissing() =>
        this with { Fault = Frame.Words.Say("却下の理由を入力してください。まだ何も決定されていません。", "Please give a reason for the rejection. Nothing has been decided yet.") };

    public string Render()
    {
        var words = Frame.Words;
        var subject = words.Subject(Held);
        return Frame.Wrap(subject, Html.Of($"""
            {List(words)}
            <span class="tag wait">{words.Say("承認待ち", "Waiting for approval")}</span>
            <h1>{subject}</h1>
            <p class="meta">{words.Say("依頼者", "From")}: {CaseWords.Requester(Held)} ・ {words.Time(Held.ReceivedAt)} ・ {CaseWords.Size(Held.Mail.Size)}</p>
            {FaultNote()}{Warnings(words)}
            <div class="grid">
            <div>
            {Facts(words)}
            {new MailPanel(words).Of(Held.Mail)}{Download(words)}
            </div>
            <div class="side" id="decide">{Form(words)}{HandOver(words)}</div>
            </div>
            <div class="go"><a class="button" href="#decide">{words.Say("承認・却下へ進む", "Approve or reject")}</a></div>
            """));
    }

    private Html List(CaseWords words) => Frame.ListPath is { } path ? Html.Of($"""<p class="back"><a href="{path}">← {words.Say("承認待ち一覧", "Waiting list")}</a></p>""") : Html.Empty;

    private Html FaultNote() => Fault is null ? Html.Empty : Html.Of($"""<div class="note bad" role="alert"><b>{Fault}</b></div>""");

    private Html Warnings(CaseWords words)
    {
        if (Held.Warnings.IsDefaultOrEmpty)
            return Html.Empty;
        var items = Html.Join(Held.Warnings.Select(warning => Html.Of($"<li>{words.Warning(warning)}</li>")));
        return Html.Of($"""<div class="note"><b>{words.Say("注意", "Please note")}</b><ul>{items}</ul></div>""");
    }

    private Html Facts(CaseWords words)
    {
        var votes = words.Votes(Held);
        return Html.Of($"""
            <section class="card"><h2>{words.Say("送信先と理由", "Recipients and reason")}</h2><dl>
            {Html.Join(RecipientBlocks.Of(Held, words))}
            <dt>{words.Say("理由", "Reason")}</dt><dd>{Lines(words.Reasons(Held))}</dd>
            {Html.When(Held.Note.Length > 0, Pair(words.Say("備考", "Note"), Viewing.VisibleText.Line(Held.Note)))}
            {Html.When(Held.SenderNote.Length > 0, Html.Of($"""<dt>{words.Say("依頼者からの連絡", "From the requester")}</dt><dd>{Lines(Viewing.VisibleText.Lines(Held.SenderNote).Split('\n'))}</dd>"""))}
            <dt>{words.Say("期限", "Deadline")}</dt><dd>{words.Deadline(Held)}</dd>
            <dt>{words.Say("承認者", "Approvers")}</dt><dd>{Lines([.. Held.Approvers.Select(words.Approver), .. votes.Length > 0 ? new[] { votes } : []])}</dd>
            <dt>{words.Say("管理番号", "Reference")}</dt><dd>{words.Reference(Held)}</dd>
            </dl></section>
            """);
    }

    private Html Download(CaseWords words) => DownloadPath is { } path
        ? Html.Of($"""<p><a class="button" href="{path}" download>{words.Say("元のメールをダウンロードする (.eml)", "Download the original mail (.eml)")}</a></p>""")
        : Html.Empty;

    private static Html Lines(IEnumerable<string> lines) => Html.Of($"<ul>{Html.Join(lines.Select(line => Html.Of($"<li>{line}</li>")))}</ul>");

    private static Html Pair(string label, string value) => Html.Of($"<dt>{label}</dt><dd>{value}</dd>");

    private Html Form(CaseWords words) => Html.Of($"""
        <form class="card" method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}">
        <h2>{words.Say("このメールを送信しますか", "May this mail be sent?")}</h2>
        {Proxy(words)}{Html.When(AsksForConfirmation, Html.Of($"""<input type="hidden" name="{PageFields.Confirm}" value="1">"""))}
        <input type="hidden" name="{PageFields.Guard}" value="{Guard}"><input type="hidden" name="{PageFields.ContentSha256}" value="{Held.Mail.ContentSha256}">
        <label class="field" for="comment">{(IsReasonRequired ? words.Say("コメント (却下する場合は必須)", "Comment (required to reject)") : words.Say("コメント・却下の理由 (任意)", "Comment or reason (optional)"))}</label>
        <textarea id="comment" name="{PageFields.Comment}" maxlength="2000">{Comment}</textarea>
        <button class="good" name="{PageFields.Verb}" value="{Verb.Approve.Word()}">{words.Say("承認して送信する", "Approve and send")}</button>
        <button class="bad" name="{PageFields.Verb}" value="{Verb.Reject.Word()}">{words.Say("却下する", "Reject")}</button>
        <p class="small">{words.Say("コメントは依頼者と他の承認者に通知されます。決定は取り消せません。", "The comment goes to the requester and the other approvers. A decision cannot be undone.")}</p>
        <p class="small"><code>SHA-256 {Held.Mail.ContentSha256}</code></p>
        </form>
        """);

    /// <summary>Folded in, and a form of its own: neither button of a decision sends it.</summary>
    private Html HandOver(CaseWords words) => HandOverGuard is not { } guard ? Html.Empty : Html.Of($"""
        <details class="card"><summary>{words.Say("別の承認者に引き継ぐ", "Hand over to another approver")}</summary>
        <form method="post" action="/h/{Held.Hold.ToString()}{HandOverSuffix}?lang={Frame.Language.Tag()}">
        <input type="hidden" name="{PageFields.Guard}" value="{guard}">
        <label class="field" for="over">{words.Say("メールアドレス", "Mail address")}</label><input type="email" id="over" name="{PageFields.Proxy}" maxlength="320" required>
        <button class="plainb">{words.Say("引き継ぐ", "Hand over")}</button>
        <p class="small">{words.Say("承認依頼がその人に送られ、あなたはこのメールの承認者ではなくなります。", "The request goes to that person, and you are no approver of this mail any more.")}</p></form></details>
        """);

    private Html Proxy(CaseWords words) => ProxyOf is { } principal
        ? Html.Of($"""<p class="small">{words.Say($"{principal} の代理として決定します。", $"You decide as proxy of {principal}.")}</p>""")
        : Html.Empty;
}
