using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Pages;

/// <summary>What one approver has decided, himself or through his proxy (APPROVE-232), as a table and as a file.</summary>
public sealed record HistoryPage
{
    public required PageFrame Frame { get; init; }
    public required DayRange Days { get; init; }

    /// <summary>Newest first; the caller pages. Default: the history is off (APPROVE-222).</summary>
    public ImmutableArray<Entry> Entries { get; init; }

    /// <summary>The days that were asked for are none; the usual ones are shown.</summary>
    public bool HasWrongDays { get; init; }
    public string? NextPath { get; init; }

    /// <param name="Status">Null: a vote that decided nothing yet.</param>
    public sealed record Entry(DateTimeOffset At, HoldId Hold, HoldStatus? Status, string By, string? Principal, string Requester, string Subject, ImmutableArray<string> Recipients, string Channel, string Comment);

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("承認の履歴", "My decisions");
        return Frame.Wrap(title, Html.Of($"""
            <h1>{title}</h1>
            {Span(words)}
            {(Entries.IsDefault ? Say(words.Say("履歴は記録されていません (approval.history が無効です)。", "The history is off (approval.history)."))
                : Entries.IsEmpty ? Say(words.Say("この期間の記録はありません。", "Nothing was recorded in these days.")) : Table(words))}
            """), isNarrow: true);
    }

    private Html Span(CaseWords words) => Html.Of($"""
        {Html.When(HasWrongDays, Html.Of($"""<div class="note bad" role="alert"><b>{words.Say("期間として読めません。", "These are no days.")}</b></div>"""))}
        <form class="card" method="get" action="{Frame.Path}"><input type="hidden" name="{PageFields.Language}" value="{Frame.Language.Tag()}">
        <div class="two"><p><label class="field" for="from">{words.Say("開始日", "From")}</label><input type="date" id="from" name="{PageFields.From}" value="{Day(Days.First)}"></p>
        <p><label class="field" for="until">{words.Say("終了日", "To")}</label><input type="date" id="until" name="{PageFields.Until}" value="{Day(Days.Last)}"></p></div>
        <button class="plainb">{words.Say("表示する", "Show")}</button>
        {Html.When(!Entries.IsDefault, Html.Of($"""<a class="button" href="{Frame.Path}.csv?{PageFields.From}={Day(Days.First)}&{PageFields.Until}={Day(Days.Last)}" download>{words.Say("CSV をダウンロードする", "Download as CSV")}</a>"""))}</form>
        """);

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static Html Say(string text) => Html.Of($"""<section class="card"><p>{text}</p></section>""");

    private Html Table(CaseWords words) => Html.Of($"""
        {Html.Join(Entries.Select(entry => Item(entry, words)))}
        {Html.When(NextPath is not null, Html.Of($"""<p><a class="button" href="{NextPath}">{words.Say("次の一覧", "More")}</a></p>"""))}
        """);

    private static Html Item(Entry entry, CaseWords words)
    {
        var (tone, outcome) = entry.Status is { } status ? (status.IsReleasing() ? "good" : "bad", words.Outcome(status)) : ("wait", words.Say("承認 (他の承認者待ち)", "approved, others are asked"));
        var proxy = entry.Principal is { } principal ? words.Say($" ({principal} の代理)", $" (as proxy of {principal})") : "";
        return Html.Of($"""
            <section class="card"><span class="tag {tone}">{outcome}</span>
            <p class="subject">{NoticeSubject.Original(entry.Subject, words.Language)}</p>
            <dl><dt>{words.Say("日時", "When")}</dt><dd>{words.Time(entry.At)}</dd>
            <dt>{words.Say("決定した人", "By")}</dt><dd>{entry.By}{proxy} ・ {entry.Channel}</dd>
            <dt>{words.Say("依頼者", "Requester")}</dt><dd>{VisibleText.Line(entry.Requester)}</dd>
            <dt>{words.Say("送信先", "Recipients")}</dt><dd>{string.Join(", ", entry.Recipients.Select(recipient => VisibleText.Line(recipient)))}</dd>
            {Html.When(entry.Comment.Length > 0, Html.Of($"""<dt>{words.Say("コメント", "Comment")}</dt><dd>{VisibleText.Line(entry.Comment, 2000)}</dd>"""))}
            <dt>{words.Say("管理番号", "Reference")}</dt><dd>{entry.Hold.ToString()}</dd></dl></section>
            """);
    }
}
