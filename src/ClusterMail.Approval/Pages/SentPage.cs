using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Pages;

/// <summary>What of a sender's own mail is or was held, with its state; taking back and reminding (APPROVE-233). Shows no content: he has it.</summary>
public sealed record SentPage
{
    public required PageFrame Frame { get; init; }

    /// <summary>Newest first; the caller pages.</summary>
    public required ImmutableArray<Entry> Entries { get; init; }
    public required string Guard { get; init; }

    /// <summary>What became of the last POST; null: first look.</summary>
    public string? Report { get; init; }

    /// <summary>Path of the next page; null: this is the last.</summary>
    public string? NextPath { get; init; }

    /// <param name="Waiting">Who is asked now; empty: it is decided.</param>
    /// <param name="Deadline">Null: none.</param>
    /// <param name="Decision">Null: it is open.</param>
    /// <param name="WithdrawPath">Null: it cannot be taken back.</param>
    public sealed record Entry(
        HoldId Hold, string Subject, DateTimeOffset ReceivedAt, ImmutableArray<string> Recipients, HoldStatus Status, ImmutableArray<CurrentApprover> Waiting, DateTimeOffset? Deadline,
        Decision? Decision, string? WithdrawPath);

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("自分の保留メール", "My held mail");
        return Frame.Wrap(title, Html.Of($"""
            <h1>{title}</h1>
            <p class="meta">{words.Say("承認が必要だったメールの状態です (新しい順)。", "Mail of yours that needed approval, newest first.")}</p>
            {ReportNote()}
            {(Entries.IsEmpty ? Nothing(words) : Html.Join(Entries.Select(entry => Item(entry, words))))}
            {Next(words)}
            """), isNarrow: true);
    }

    private Html ReportNote() => Report is null ? Html.Empty : Html.Of($"""<div class="note" role="status"><b>{Report}</b></div>""");

    private static Html Nothing(CaseWords words) => Html.Of($"""
        <section class="card"><p class="big" aria-hidden="true">✓</p><p>{words.Say("保留されたメールはありません。", "No mail of yours is or was held.")}</p></section>
        """);

    private Html Item(Entry entry, CaseWords words)
    {
        var isOpen = entry.Decision is null;
        var tone = isOpen ? "wait" : entry.Status.IsReleasing() ? "good" : "bad";
        return Html.Of($"""
            <section class="card"><span class="tag {tone}">{words.Outcome(entry.Status)}</span>
            <p class="subject">{NoticeSubject.Original(entry.Subject, words.Language)}</p>
            <p class="small">{words.Time(entry.ReceivedAt)} ・ {entry.Hold.ToString()}</p>
            <p class="small">{words.Say("送信先", "To")}: {string.Join(", ", entry.Recipients.Select(recipient => VisibleText.Line(recipient)))}</p>
            {(entry.Decision is { } decision ? Decided(decision, words) : Open(entry, words))}
            </section>
            """);
    }

    private static Html Decided(Decision decision, CaseWords words) => Html.Of($"""
        <p class="small">{words.Say("決定", "Decided")}: {words.Decider(decision)} ・ {words.Time(decision.At)}</p>
        {Html.When(decision.Reason.Length > 0, Html.Of($"""<p class="small">{words.Say("コメント", "Comment")}: {VisibleText.Line(decision.Reason, 2000)}</p>"""))}
        """);

    private Html Open(Entry entry, CaseWords words)
    {
        var deadline = entry.Deadline is { } at ? Html.Of($"""<p class="small">{words.Say("期限", "Deadline")}: {words.Time(at)}</p>""") : Html.Empty;
        var withdraw = entry.WithdrawPath is { } path ? Html.Of($"""<a class="button" href="{path}?lang={Frame.Language.Tag()}">{words.Say("取り消す", "Take it back")}</a>""") : Html.Empty;
        return Html.Of($"""
            <p class="small">{words.Say("承認者", "Waits for")}: {string.Join(", ", entry.Waiting.Select(words.Approver))}</p>{deadline}
            <form method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}">
            <input type="hidden" name="{PageFields.Guard}" value="{Guard}"><input type="hidden" name="{PageFields.Hold}" value="{entry.Hold.ToString()}">
            <div class="two"><button class="plainb">{words.Say("承認者に督促する", "Remind the approver")}</button>{withdraw}</div></form>
            """);
    }

    private Html Next(CaseWords words) => NextPath is { } path ? Html.Of($"""<p><a class="button" href="{path}">{words.Say("次の一覧", "More")}</a></p>""") : Html.Empty;
}
