using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;

namespace ClusterMail.Approval.Pages;

/// <summary>
/// The page of a sender's own link: a mail of mode 3 is sent or discarded on it (APPROVE-510, APPROVE-511), approvers are told something on it (APPROVE-502).
/// Opening it does nothing; its forms post. Shows no content: he has it.
/// </summary>
public sealed record OwnPage
{
    /// <summary>Characters of a note (APPROVE-502).</summary>
    public const int LongestNote = 1000;

    public required PageFrame Frame { get; init; }

    /// <summary>The mail of the link and, where approvers decide, the other open groups of its submission; all of one kind.</summary>
    public required ImmutableArray<HeldCase> Groups { get; init; }

    /// <summary>It leaves only when he says so.</summary>
    public bool Confirms { get; init; }
    public required string Guard { get; init; }

    /// <summary>The note was taken.</summary>
    public bool IsTold { get; init; }

    public string Render()
    {
        var words = Frame.Words;
        var held = Groups[0];
        var title = !held.IsOwn ? words.Say("承認者への連絡", "Tell the approvers something") : words.Say("このメールを送信しますか", "Send this mail?");
        return Frame.Wrap(title, Html.Of($"""
            <span class="tag wait">{words.Outcome(HoldStatus.Held)}</span><h1>{words.Subject(held)}</h1>
            {Html.When(IsTold, Html.Of($"""<div class="note" role="status"><b>{words.Say("承認者に表示されます。", "The approvers see it from now on.")}</b></div>"""))}
            <form class="card" method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}"><h2>{title}</h2>
            <input type="hidden" name="{PageFields.Guard}" value="{Guard}">
            <dl>{Html.Join(Groups.Select(group => Facts(group, words)))}</dl>
            {(held.IsOwn ? Decide(words) : Note(held, words))}</form>
            """), isNarrow: true);
    }

    private Html Facts(HeldCase held, CaseWords words) => Html.Of($"""
        <dt>{words.Say("送信先アドレス", "Recipients")}</dt><dd><ul>{Html.Join(held.Recipients.Select(recipient => Html.Of($"<li>{CaseWords.Recipient(held, recipient)}</li>")))}</ul></dd>
        {Html.When(!held.Copies.IsEmpty, Pair(words.Say("写しの送付先", "A copy goes to"), string.Join(", ", held.Copies)))}
        {(held.IsOwn ? Pair(words.Say("送信予定", "Leaves"), words.Leaves(held, Confirms)) : Pair(words.Say("承認者", "Approvers"), string.Join(", ", held.Approvers.Select(words.Approver))))}
        {Pair(words.Say("管理番号", "Reference"), held.Hold.ToString())}
        """);

    private static Html Pair(string label, string value) => Html.Of($"<dt>{label}</dt><dd>{value}</dd>");

    private static Html Decide(CaseWords words) => Html.Of($"""
        <button class="good" name="{PageFields.Act}" value="{PageFields.Send}">{words.Say("送信する", "Send it")}</button>
        <button class="bad" name="{PageFields.Act}" value="{PageFields.Discard}">{words.Say("破棄する (送信しない)", "Discard it, do not send it")}</button>
        """);

    private static Html Note(HeldCase held, CaseWords words) => Html.Of($"""
        <label class="field" for="comment">{words.Say("承認者に伝えること (メールには含まれません)", "For the approvers; no part of the mail")}</label>
        <textarea id="comment" name="{PageFields.Comment}" maxlength="{LongestNote}">{held.SenderNote}</textarea>
        <button class="good" name="{PageFields.Act}" value="{PageFields.Tell}">{words.Say("承認者に伝える", "Tell the approvers")}</button>
        """);
}
