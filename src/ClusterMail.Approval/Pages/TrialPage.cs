using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Pages;

/// <summary>The test box of policies (APPROVE-231): sender, recipients, subject, attachment; then what would happen, and the line that decides. Nothing is sent.</summary>
public sealed record TrialPage
{
    public required PageFrame Frame { get; init; }
    public required string Guard { get; init; }
    public string Sender { get; init; } = "";
    public string Recipients { get; init; } = "";
    public string Subject { get; init; } = "";
    public string Attachments { get; init; } = "";
    public string Text { get; init; } = "";
    public string Size { get; init; } = "";

    /// <summary>What could not be read; null: nothing.</summary>
    public string? Fault { get; init; }

    /// <summary>What holds for all of it; null: nothing was asked.</summary>
    public string? Report { get; init; }
    public ImmutableArray<Result> Results { get; init; } = [];

    /// <param name="Approvers">Of a mail that would be held; else null.</param>
    public sealed record Result(Mailbox Recipient, PolicyExplanation Explained, ResolvedApprovers? Approvers);

    /// <summary>The page when an address cannot be read.</summary>
    public TrialPage WithNoAddress(string text) =>
        this with { Fault = Frame.Words.Say($"メールアドレスとして読めません: {VisibleText.Line(text, 100)}", $"Not a mail address: {VisibleText.Line(text, 100)}") };

    /// <summary>The page when the size is none.</summary>
    public TrialPage WithNoSize() => this with { Fault = Frame.Words.Say("サイズはバイト数で指定してください。", "The size is a number of octets.") };

    /// <summary>The page with an answer.</summary>
    /// <param name="isEnabled"><c>approval.enabled</c>.</param>
    /// <param name="isOurs">The sender is one of ours.</param>
    public TrialPage WithAnswer(bool isEnabled, bool isOurs, IEnumerable<Result> results) => this with
    {
        Report = !isOurs ? Frame.Words.Say("送信者がこのサーバーのアカウントではないため、ポリシーは適用されません。", "The sender is none of ours: no policy applies.")
            : isEnabled ? Frame.Words.Say("現在有効なポリシーでの結果です。メールは送信されません。", "By the policies in force now. Nothing is sent.")
            : Frame.Words.Say("承認は無効です (approval.enabled)。承認が必要な行でもすぐに送信されます。", "Approval is off (approval.enabled): lines that ask for it let the mail pass."),
        Results = [.. results],
    };

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("ポリシーの判定テスト", "Test box of policies");
        return Frame.Wrap(title, Html.Of($"""
            <h1>{title}</h1>
            {Html.When(Fault is not null, Html.Of($"""<div class="note bad" role="alert"><b>{Fault}</b></div>"""))}{Html.When(Report is not null, Html.Of($"""<div class="note" role="status"><b>{Report}</b></div>"""))}
            {Html.Join(Results.Select(result => Item(result, words)))}
            <form class="card" method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}"><input type="hidden" name="{PageFields.Guard}" value="{Guard}">
            {Line("email", PageFields.Sender, words.Say("送信者", "Sender"), Sender)}
            <p><label class="field" for="{PageFields.Recipients}">{words.Say("送信先 (1 行に 1 件)", "Recipients, one a line")}</label><textarea id="{PageFields.Recipients}" name="{PageFields.Recipients}" maxlength="20000" required>{Recipients}</textarea></p>
            {Line("text", PageFields.Subject, words.Say("件名", "Subject"), Subject)}
            {Line("text", PageFields.Attachments, words.Say("添付ファイル名 (コンマ区切り。空: 添付なし)", "Names of attachments, with commas (empty: none)"), Attachments)}
            {Line("text", PageFields.Size, words.Say("サイズ (バイト)", "Size in octets"), Size)}
            <p><label class="field" for="{PageFields.Text}">{words.Say("本文", "Text")}</label><textarea id="{PageFields.Text}" name="{PageFields.Text}" maxlength="20000">{Text}</textarea></p>
            <button class="good">{words.Say("判定する", "Try it")}</button></form>
            """), isNarrow: true);
    }

    private static Html Line(string type, string name, string caption, string value) => Html.Of($"""
        <p><label class="field" for="{name}">{caption}</label><input type="{type}" id="{name}" name="{name}" value="{value}" maxlength="2000"{Html.When(type == "email", Html.Trusted(" required"))}></p>
        """);

    private static Html Item(Result result, CaseWords words)
    {
        var (tone, outcome) = result.Explained.Judgement switch
        {
            Judgement.Send => ("good", words.Say("すぐに送信", "sent at once")),
            Judgement.Hold when result.Approvers is ResolvedApprovers.ReleasedAtOnce => ("good", words.Say("すぐに送信 (送信者だけが承認者)", "sent at once (the sender is the only approver)")),
            Judgement.Hold when result.Approvers is ResolvedApprovers.Asked => ("wait", words.Say("保留", "held")),
            Judgement.Trouble => ("bad", words.Say("一時的に受け付けない (451)", "put off (451)")),
            _ => ("bad", words.Say("拒否", "refused")),
        };
        return Html.Of($"""
            <section class="card"><span class="tag {tone}">{outcome}</span><p class="subject">{VisibleText.Line(result.Recipient.ToString())}</p>
            <dl><dt>{words.Say("判定", "Why")}</dt><dd>{result.Explained.Outcome}</dd>
            <dt>{words.Say("決定した行", "Line that decides")}</dt><dd>{result.Explained.Judgement.Rule}</dd>
            {Approvers(result.Approvers, words)}
            <dt>{words.Say("該当する行", "Lines that match")}</dt><dd><ul>{Html.Join(result.Explained.Lines.Select(line => Html.Of($"<li>{line.Level}{Html.When(line.Line > 0, Html.Of($" {words.Say($"{line.Line} 行目", $"line {line.Line}")}"))}: {line.Text}</li>")))}</ul></dd></dl></section>
            """);
    }

    private static Html Approvers(ResolvedApprovers? approvers, CaseWords words) => approvers switch
    {
        ResolvedApprovers.Asked asked => Html.Of($"""<dt>{words.Say("承認者", "Approvers")}</dt><dd>{string.Join(" → ", asked.Stages.Select(stage => Stage(stage, words)))}</dd>"""),
        ResolvedApprovers.Nobody => Html.Of($"""<dt>{words.Say("承認者", "Approvers")}</dt><dd>{words.Say("依頼できる承認者がいないため拒否されます。", "There is nobody to ask, so it is refused.")}</dd>"""),
        _ => Html.Empty,
    };

    private static string Stage(HeldStage stage, CaseWords words) => $"{string.Join(", ", stage.Approvers.Select(words.Approver))}{(stage.Approvers.Length > 1 ? $" ({stage.Needed}/{stage.Approvers.Length})" : "")}";
}
