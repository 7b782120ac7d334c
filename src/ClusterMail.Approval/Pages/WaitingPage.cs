using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Pages;

/// <summary>The waiting list of one approver (APPROVE-232): each mail by its page, or several at once, each its own decision.</summary>
public sealed record WaitingPage
{
    /// <summary>Mails decided with one POST (APPROVE-232).</summary>
    public const int BulkLimit = 50;

    public required PageFrame Frame { get; init; }

    /// <summary>Oldest first; the caller pages.</summary>
    public required ImmutableArray<Entry> Entries { get; init; }
    public required int Total { get; init; }
    public required string Guard { get; init; }

    /// <summary>What became of the last POST, for example "3 approved, 1 was decided before"; null: first look.</summary>
    public string? Report { get; init; }

    /// <summary>Path of the next page; null: this is the last.</summary>
    public string? NextPath { get; init; }

    /// <param name="Path">Of its decision page.</param>
    public sealed record Entry(WaitingEntry Waiting, string Path);

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("承認待ち一覧", "Waiting for your approval");
        return Frame.Wrap(title, Html.Of($"""
            <h1>{title}</h1>
            <p class="meta">{words.Say($"全 {Total} 件 (古い順)", Total == 1 ? "1 mail" : $"{Total} mails, oldest first")}</p>
            {ReportNote()}
            {(Entries.IsEmpty ? Nothing(words) : List(words))}
            """), isNarrow: true);
    }

    private Html ReportNote() => Report is null ? Html.Empty : Html.Of($"""<div class="note" role="status"><b>{Report}</b></div>""");

    private static Html Nothing(CaseWords words) => Html.Of($"""
        <section class="card"><p class="big" aria-hidden="true">✓</p><p>{words.Say("承認待ちのメールはありません。", "No mail is waiting for your approval.")}</p></section>
        """);

    private Html List(CaseWords words) => Html.Of($"""
        <form method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}">
        <input type="hidden" name="{PageFields.Guard}" value="{Guard}">
        {Html.Join(Entries.Select(entry => Item(entry, words)))}
        {Next(words)}
        <section class="card"><h2>{words.Say("選択したメールをまとめて決定", "Decide the selected mails")}</h2>
        <label class="field" for="comment">{words.Say("コメント・却下の理由 (任意)", "Comment or reason (optional)")}</label>
        <textarea id="comment" name="{PageFields.Comment}" maxlength="2000"></textarea>
        <div class="two"><button class="good" name="{PageFields.Verb}" value="{Verb.Approve.Word()}">{words.Say("承認して送信する", "Approve and send")}</button>
        <button class="bad" name="{PageFields.Verb}" value="{Verb.Reject.Word()}">{words.Say("却下する", "Reject")}</button></div>
        <p class="small">{words.Say($"一度に {BulkLimit} 件まで決定できます。それぞれ別の決定として記録されます。", $"At most {BulkLimit} at a time. Each is recorded as a decision of its own.")}</p></section>
        </form>
        """);

    private static Html Item(Entry entry, CaseWords words)
    {
        var held = entry.Waiting.Held;
        var recipients = held.Recipients.Take(WaitingEntry.RecipientLimit).Select(recipient => CaseWords.Recipient(held, recipient));
        var rest = held.Recipients.Length - WaitingEntry.RecipientLimit;
        return Html.Of($"""
            <section class="card row"><input type="checkbox" name="{PageFields.Hold}" value="{held.Hold.ToString()}" id="{held.Hold.ToString()}"><div>
            <label class="subject" for="{held.Hold.ToString()}">{words.Subject(held)}</label>
            <p class="small">{CaseWords.Requester(held)} → {string.Join(", ", recipients)}{Html.When(rest > 0, Html.Of($" {words.Say($"他 {rest} 件", $"and {rest} more")}"))}</p>
            <p class="small">{words.Time(held.ReceivedAt)} ({words.Duration(entry.Waiting.WaitingFor)}) ・ {CaseWords.Size(held.Mail.Size)} ・ {words.Say("添付", "Attachments")}: {held.Mail.Attachments.Length}</p>
            <p class="small">{words.Say("期限", "Deadline")}: {words.Deadline(held)}</p>
            {Html.When(entry.Waiting.ProxyOf is not null, Html.Of($"""<p class="small">{words.Say($"{entry.Waiting.ProxyOf} の代理", $"as proxy of {entry.Waiting.ProxyOf}")}</p>"""))}
            <a class="button" href="{entry.Path}">{words.Say("内容を確認する", "Look at it")} <span class="small">{VisibleText.Line(held.Hold.ToString())}</span></a>
            </div></section>
            """);
    }

    private Html Next(CaseWords words) => NextPath is { } path ? Html.Of($"""<p><a class="button" href="{path}">{words.Say("次の一覧", "More")}</a></p>""") : Html.Empty;
}
