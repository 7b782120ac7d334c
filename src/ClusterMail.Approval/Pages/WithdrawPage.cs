using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;

namespace ClusterMail.Approval.Pages;

/// <summary>On which a sender takes his own held mail back (APPROVE-233). Shows no content: he has it.</summary>
public sealed record WithdrawPage
{
    public required PageFrame Frame { get; init; }

    /// <summary>Open groups of the submission.</summary>
    public required ImmutableArray<HeldCase> Groups { get; init; }
    public required string Guard { get; init; }

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("送信を取り消しますか", "Take this mail back?");
        return Frame.Wrap(title, Html.Of($"""
            <span class="tag wait">{words.Outcome(HoldStatus.Held)}</span><h1>{words.Subject(Groups[0])}</h1>
            <form class="card" method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}"><h2>{title}</h2>
            <input type="hidden" name="{PageFields.Guard}" value="{Guard}">
            <dl>{Html.Join(Groups.Select(group => Group(group, words)))}</dl>
            <button class="bad">{words.Say("取り消す (送信しない)", "Take it back, do not send it")}</button>
            <p class="small">{words.Say("取り消したメールは元に戻せません。必要な場合はもう一度送信してください。", "This cannot be undone. If you need the mail after all, send it again.")}</p></form>
            """), isNarrow: true);
    }

    private static Html Group(HeldCase held, CaseWords words) => Html.Of($"""
        <dt>{held.Hold.ToString()}</dt><dd>{string.Join(", ", CaseWords.Recipients(held))}<br>{words.Say("承認者", "Approvers")}: {string.Join(", ", held.Approvers.Select(words.Approver))}</dd>
        """);
}
