using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Notices;

/// <summary>What stands in the fields of a notice, by name. A field that has nothing to say is left out.</summary>
internal sealed class NoticeFieldValues(Language language, NoticeOptions options)
{
    private readonly CaseWords _words = new(language, options.Zone);
    private readonly Dictionary<string, FieldContent> _values = [];

    public static IReadOnlyDictionary<string, FieldContent> Of(Notice notice, Language language, NoticeOptions options)
    {
        var values = new NoticeFieldValues(language, options);
        values.Fill(notice);
        return values._values;
    }

    private void Fill(Notice notice)
    {
        switch (notice)
        {
            case Notice.Hold hold: Hold(hold); break;
            case Notice.Delay delay: new DelayFields(_words).Fill(_values, delay); break;
            case Notice.Request request: Request(request); break;
            case Notice.Result result: Result(result); break;
            case Notice.Escalation escalation: Escalation(escalation); break;
            case Notice.NoAction noAction: NoAction(noAction); break;
            case Notice.Waiting waiting: Waiting(waiting); break;
            case Notice.ProxyChanged changed: ProxyChanged(changed); break;
            case Notice.ProxyInformation information: ProxyInformation(information); break;
            case Notice.ProxyEnding ending: ProxyEnding(ending); break;
            case Notice.History history: History(history); break;
            case Notice.CommandRefused refused: Refused(refused); break;
        }
    }

    private void Hold(Notice.Hold hold)
    {
        Set("status", _words.Outcome(HoldStatus.Held));
        Set("subject", _words.Subject(hold.Case));
        Set("received", _words.Time(hold.Case.ReceivedAt));
        SetGroups("recipients", hold.Groups, CaseWords.Recipients);
        Set("sent", [.. hold.AlreadySent.Select(recipient => VisibleText.Line(recipient.ToString())), .. hold.IsFromInside ? Inside() : []]);
        SetGroups("approvers", hold.Groups, group => WithVotes(group));
        SetGroups("reason", hold.Groups, _words.Reasons);
        SetGroups("deadline", hold.Groups, group => [_words.Deadline(group)]);
        Set("reference", [.. hold.Groups.Select(group => group.Hold.ToString())]);
        SetGroups("copies", hold.Groups, group => [.. group.Copies.Select(copy => VisibleText.Line(copy.ToString()))]);
        SetGroups("asked", hold.Groups, group => group.AskedAt is { } asked ? [_words.Say($"{_words.Time(asked)} (それまでは取り消せます)", $"{_words.Time(asked)}; until then you can take it back")] : []);
        if (hold.NoteUrl is { } note)
            _values["note"] = new FieldContent.Action(null, note, Tone.Neutral);
        if (hold.MayWithdraw && (hold.WithdrawUrl is not null || hold.Groups.Length == 1))
            _values["withdraw"] = new FieldContent.Action(WithdrawLink(hold), hold.WithdrawUrl, Tone.Neutral);
    }

    /// <summary>APPROVE-451.</summary>
    private ImmutableArray<string> Inside() =>
        [_words.Say("社内の宛先 (社内のメールサーバーがすでに配信しています)", "recipients inside (your own mail server has delivered to them already)")];

    /// <summary>A command the sender gives to himself; no decision, and no token (APPROVE-111). Of several groups he names one at a time, or uses the page.</summary>
    private static string? WithdrawLink(Notice.Hold hold) => hold.Groups.Length == 1 ? OwnCommand(hold.Case, "withdraw") : null;

    /// <summary>Prepares a command of the sender to himself.</summary>
    public static string OwnCommand(HeldCase held, string word) =>
        $"mailto:{Uri.EscapeDataString(held.Requester.ToString()).Replace("%40", "@", StringComparison.Ordinal)}?subject={word}_{held.Hold}";

    private void Request(Notice.Request request)
    {
        var held = request.Held;
        Set("question", _words.Say("添付のメールを送信してよいか決定してください。", "Decide whether the attached mail may be sent."));
        new DecisionActions(_words, options).Fill(_values, held, request.Texts, request.WebUrl);
        Set("recipients", CaseWords.Recipients(held));
        Set("requester", CaseWords.Requester(held));
        Set("mail", [_words.Subject(held), VisibleText.Line(held.Mail.Date, 100), CaseWords.Size(held.Mail.Size)]);
        Set("attachments", _words.Attachments(held));
        Set("reason", _words.Reasons(held));
        Set("deadline", _words.Deadline(held));
        Set("reference", _words.Reference(held));
        Set("others", Others(request));
        if (request.Approver.Principal is { } principal)
            Set("proxy", _words.Say($"{principal} の代理としてお送りしています。", $"You receive this as proxy of {principal}."));
        Set("warnings", [.. held.Warnings.Select(_words.Warning)]);
        Set("note", VisibleText.Line(held.Note));
        Set("sender_note", [.. CommentLines(held.SenderNote)]);
        Set("copies", [.. held.Copies.Select(copy => VisibleText.Line(copy.ToString()))]);
        _values["excerpt"] = new FieldContent.Excerpt(Excerpt(held));
        Set("original", Original(held));
    }

    private ImmutableArray<string> Others(Notice.Request request)
    {
        var others = request.Held.Approvers.Where(approver => !approver.Address.SameAs(request.Approver.Address)).Select(_words.Approver).ToList();
        return others.Count == 0 ? [] : [.. others, _words.Votes(request.Held)];
    }

    /// <summary>First 2,000 characters (APPROVE-124).</summary>
    private string Excerpt(HeldCase held) =>
        held.Mail.Text.Length == 0 ? _words.Say("(本文なし)", "(no text)") : VisibleText.Cut(held.Mail.Text, 2000);

    private string Original(HeldCase held) => held.Mail.Size <= options.AttachOriginalMax
        ? "original.eml"
        : _words.Say("大きすぎるため添付していません。承認ページで確認してください。", "Too large to be attached; please look at it on the approval page.");

    private ImmutableArray<string> WithVotes(HeldCase held)
    {
        var votes = _words.Votes(held);
        return [.. held.Approvers.Select(_words.Approver), .. votes.Length > 0 ? new[] { votes } : []];
    }

    private void Result(Notice.Result result)
    {
        var (held, decision) = (result.Held, result.Decision);
        Set("status", _words.Outcome(decision.Outcome));
        Set("decided_by", _words.Decider(decision));
        Set("decided_at", _words.Time(decision.At));
        Set("approvers", [.. held.Approvers.Select(_words.Approver)]);
        Set("requester", CaseWords.Requester(held));
        Set("subject", _words.Subject(held));
        Set("recipients", CaseWords.Recipients(held));
        Set("reference", _words.Reference(held));
        Set("comment", [.. CommentLines(decision.Reason)]);
        _values["reason"] = new FieldContent.Lines(decision.Reason.Length > 0 ? [.. CommentLines(decision.Reason)] : [_words.Say("(理由の記入はありません)", "(no reason was given)")]);
        Set("action", result.ToRequester ? AfterResult(decision.Outcome) : _words.Say("操作はもう必要ありません。", "No action is needed any more."));
        if (result.ToRequester && result.Kind is NoticeKind.RejectionNotice or NoticeKind.ExpiryNotice)
            Set("original", held.Mail.Size <= options.AttachOriginalMax ? "original.eml" : _words.Say("大きすぎるため添付していません。", "Too large to be attached."));
    }

    private string AfterResult(HoldStatus outcome) => outcome is HoldStatus.Rejected or HoldStatus.AdminDiscarded or HoldStatus.Expired
        ? _words.Say("必要であれば、内容を直してもう一度送信してください。", "If it is still needed, change it and send it again.")
        : "";

    private static IEnumerable<string> CommentLines(string comment) => comment.Length == 0 ? [] : VisibleText.Lines(comment).Split('\n');

    private void Escalation(Notice.Escalation escalation)
    {
        var held = escalation.Held;
        Set("status", _words.Outcome(HoldStatus.Escalated));
        Set("targets", [.. escalation.Targets.Select(target => target.ToString())]);
        Set("since", _words.Time(escalation.At));
        Set("reason", escalation.Cause switch
        {
            EscalationCause.Deadline => _words.Say("期限までに決定されませんでした。", "Nobody decided in time."),
            EscalationCause.ApproverNotAvailable => _words.Say("承認者が利用できません。", "The approver is not available."),
            _ => _words.Say("承認依頼を配送できませんでした。", "The request could not be delivered."),
        });
        Set("subject", _words.Subject(held));
        Set("recipients", CaseWords.Recipients(held));
        Set("deadline", _words.Deadline(held));
        Set("reference", _words.Reference(held));
    }

    private void NoAction(Notice.NoAction notice)
    {
        Set("status", _words.Say("実行されませんでした", "not executed"));
        if (notice.Held is { } held)
        {
            Set("reference", _words.Reference(held));
            Set("subject", _words.Subject(held));
        }
        Set("tried", notice.Tried switch { null => _words.Say("決定", "a decision"), Verb.Approve => _words.Say("承認", "approve"), _ => _words.Say("却下", "reject") });
        var (reason, action) = new NoActionWords(_words).For(notice);
        Set("reason", reason);
        Set("action", action);
    }

    private void Waiting(Notice.Waiting waiting)
    {
        Set("status", WaitingStatus(waiting));
        _values["entries"] = waiting.Entries.IsEmpty
            ? new FieldContent.Lines(waiting.LastSentAt is null ? _words.Say("承認待ちのメールはありません。", "No mail is waiting for your approval.") : _words.Say("前回の一覧をご覧ください。", "Please see the last list."))
            : new FieldContent.Entries([.. waiting.Entries.Select(entry => new EntryFields(_words, options).Of(entry))]);
        if (waiting.WebUrl is { } url)
            _values["page"] = new FieldContent.Action(null, url, Tone.Neutral);
    }

    private string WaitingStatus(Notice.Waiting waiting) => waiting switch
    {
        { LastSentAt: { } last } => _words.Say($"一覧は {_words.Time(last)} にお送りしました。1 分に 1 回まで請求できます。", $"The list was sent at {_words.Time(last)}. It can be asked for once a minute."),
        _ when waiting.Total > waiting.Entries.Length => _words.Say($"全 {waiting.Total} 件のうち古い順に {waiting.Entries.Length} 件", $"the oldest {waiting.Entries.Length} of {waiting.Total}"),
        _ => _words.Say($"全 {waiting.Total} 件", waiting.Total == 1 ? "1 mail" : $"{waiting.Total} mails"),
    };

    private void ProxyChanged(Notice.ProxyChanged changed)
    {
        Set("approver", changed.Approver.ToString());
        Set("old_proxy", changed.Before?.ToString() ?? _words.Say("なし", "none"));
        Set("new_proxy", changed.Now?.ToString() ?? _words.Say("なし", "none"));
        Set("valid", Term(changed.Term));
        Set("open_mails", changed.Now is null
            ? _words.Say($"{changed.OpenMails} 件。あなたが決定します。", $"{changed.OpenMails}; you decide them.")
            : _words.Say($"{changed.OpenMails} 件。あなたも代理承認者も、承認待ち一覧から決定できます。", $"{changed.OpenMails}; both you and the proxy can decide them, from the waiting list."));
        Set("warnings", [.. changed.Warnings.Select(Warning)]);
        Set("clear", _words.Say("件名を setproxyuser_ としたメールを自分宛に送信してください。", "Send a mail to yourself with the subject setproxyuser_"));
    }

    private string Warning(ProxyWarning warning) => warning == ProxyWarning.IsNotFollowedFurther
        ? _words.Say("この代理承認者にも代理承認者が設定されていますが、依頼はこの代理承認者に送られます。", "This proxy has a proxy himself; requests still go to him.")
        : _words.Say("期間が 30 日を超えるか、終わりがありません。", "Longer than 30 days, or without an end.");

    private void ProxyInformation(Notice.ProxyInformation information)
    {
        Set("status", information.Term is null
            ? _words.Say("あなたは代理承認者ではなくなりました。", "You are no longer a proxy approver.")
            : _words.Say("あなたは代理承認者になりました。新しい承認依頼はあなたに送られます。", "You are a proxy approver now. New requests come to you."));
        Set("approver", information.Approver.ToString());
        Set("valid", Term(information.Term));
        Set("open_mails", string.Create(CultureInfo.InvariantCulture, $"{information.OpenMails}{_words.Say(" 件", "")}"));
    }

    private void ProxyEnding(Notice.ProxyEnding ending)
    {
        Set("status", _words.Say("終了後の承認依頼はあなたに送られます。", "After that, requests come to you again."));
        Set("proxy", ending.Proxy.ToString());
        Set("valid", _words.Say($"{_words.Time(ending.Until)} まで", $"until {_words.Time(ending.Until)}"));
        Set("action", _words.Say("延長する場合は、新しい期間を付けて setproxyuser_ を送信してください。", "To extend it, send setproxyuser_ with new dates."));
    }

    private string Term(ProxyTerm? term) => term switch
    {
        null => _words.Say("(設定なし)", "(not set)"),
        { Until: { } until } => $"{_words.Time(term.From)} - {_words.Time(until)}",
        _ => _words.Say($"{_words.Time(term.From)} から、解除されるまで", $"from {_words.Time(term.From)} until cleared"),
    };

    private void History(Notice.History history)
    {
        Set("status", history.Files switch
        {
            null => _words.Say("履歴は記録されていません (approval.history が無効です)。", "The history is off (approval.history)."),
            { IsTooLarge: true } => _words.Say("50 MB を超えるため添付していません。期間を短くするか、ダウンロードしてください。", "More than 50 MB: please download it, or ask for fewer days."),
            { Files.IsEmpty: true } => _words.Say("この期間の記録はありません。", "Nothing was recorded in these days."),
            _ => _words.Say("添付ファイルをご覧ください。", "Please see the attachment."),
        });
        Set("days", history.Days.ToString());
        Set("files", [.. history.Files?.Files.Select(file => $"{file.Name} ({CaseWords.Size(file.Octets.Length)})") ?? []]);
        if (history.Files is { IsTooLarge: true } && history.WebUrl is { } url)
            _values["page"] = new FieldContent.Action(null, url, Tone.Neutral);
    }

    private void Refused(Notice.CommandRefused refused)
    {
        Set("status", _words.Say("実行されませんでした", "not executed"));
        Set("tried", VisibleText.Line(refused.Subject, NoticeSubject.OriginalLimit));
        var (reason, action) = new CommandWords(_words).For(refused.Why);
        Set("reason", reason);
        Set("action", action);
    }

    private void SetGroups(string name, ImmutableArray<HeldCase> groups, Func<HeldCase, ImmutableArray<string>> lines) =>
        Set(name, groups.Length == 1 ? lines(groups[0]) : [.. groups.SelectMany(group => lines(group).Select(line => $"{group.Hold}: {line}"))]);

    private void Set(string name, string text)
    {
        if (text.Length > 0)
            _values[name] = new FieldContent.Lines(text);
    }

    private void Set(string name, ImmutableArray<string> texts)
    {
        if (!texts.IsEmpty)
            _values[name] = new FieldContent.Lines(texts);
    }
}
