using System.Globalization;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;

namespace ClusterMail.Approval.Pages;

/// <summary>An approver's own proxy: who stands in, from when until when (APPROVE-206, APPROVE-209, APPROVE-232).</summary>
public sealed record ProxyPage
{
    /// <summary>What <c>act</c> says: set, clear, ask for what waits already.</summary>
    public const string Set = "set";
    public const string Clear = "clear";
    public const string Ask = "ask";

    /// <summary>How a browser writes a local time without zone.</summary>
    private const string LocalForm = "yyyy-MM-dd'T'HH:mm";

    public required PageFrame Frame { get; init; }
    public required string Guard { get; init; }

    /// <summary>Now or later; null: none.</summary>
    public ProxyAssignment? Current { get; init; }

    /// <summary>He stands in now, so that what waits already can be sent to him.</summary>
    public bool IsInForce { get; init; }

    /// <summary><c>approval.proxy_max_days</c>; 0: no limit.</summary>
    public int MaxDays { get; init; }

    /// <summary>What became of the last POST; null: first look.</summary>
    public string? Report { get; init; }

    /// <summary>Why nothing was changed; null: nothing is wrong.</summary>
    public string? Fault { get; init; }

    /// <summary>What he had written.</summary>
    public string Proxy { get; init; } = "";
    public string From { get; init; } = "";
    public string Until { get; init; } = "";

    /// <summary>The page after a wish that cannot be granted.</summary>
    public ProxyPage WithRefusal(ProxyRefusal why)
    {
        var (reason, action) = new CommandWords(Frame.Words).For(new CommandRefusal.Proxy(why));
        return this with { Fault = $"{reason} {action}" };
    }

    /// <summary>The page after times that are none.</summary>
    public ProxyPage WithUnreadableTime() =>
        this with { Fault = Frame.Words.Say("日時として読めません。例: 2026-12-01T09:00", "This is no date and time. Example: 2026-12-01T09:00") };

    /// <summary>The page after a change.</summary>
    public ProxyPage WithChange(ProxyAnswer.Granted granted)
    {
        var words = Frame.Words;
        var further = granted.Warnings.Contains(ProxyWarning.IsNotFollowedFurther)
            ? words.Say(" この代理承認者にも代理が設定されていますが、承認依頼は代理の代理には送られません。", " This proxy has a proxy himself; requests still go to him.") : "";
        return this with { Report = words.Say($"{granted.Proxy} を代理承認者に設定しました。確認のメールを送りました。", $"{granted.Proxy} is your proxy. Both of you get a mail about it.") + further };
    }

    /// <summary>The page after clearing.</summary>
    public ProxyPage WithNoProxy() =>
        this with { Report = Frame.Words.Say("代理承認者を解除しました。確認のメールを送りました。", "You have no proxy any more. Both of you get a mail about it.") };

    /// <summary>The page after the proxy was asked about what waits already.</summary>
    /// <param name="asked">How many mails; null: nobody stands in now.</param>
    public ProxyPage WithRequests(int? asked) => asked is { } number
        ? this with { Report = Frame.Words.Say($"承認待ちのメール {number} 件を代理承認者に依頼しました。", $"The proxy is asked about {number} that wait already.") }
        : this with { Fault = Frame.Words.Say("現在有効な代理承認者がいません。", "Nobody stands in for you now.") };

    /// <summary>A local time of the zone; null: it is none. Where the clock jumps over it, the first moment behind.</summary>
    public static bool TryRead(string? text, TimeZoneInfo zone, out DateTimeOffset? time)
    {
        time = null;
        if (string.IsNullOrWhiteSpace(text))
            return true;
        if (!DateTime.TryParseExact(text.Trim(), [LocalForm, "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || local.Year is < 1990 or > 2999)
            return false;
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(1);
        time = new DateTimeOffset(local, zone.GetUtcOffset(local));
        return true;
    }

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("代理承認者", "Proxy approver");
        return Frame.Wrap(title, Html.Of($"""
            <h1>{title}</h1>
            <p class="meta">{words.Say("設定すると、新しい承認依頼は代理承認者に送られます。本人も引き続き承認待ち一覧から決定できます。", "While you have a proxy, new requests go to him instead of you. You can still decide from your list.")}</p>
            {Notes()}{Now(words)}{Form(words)}
            """), isNarrow: true);
    }

    private Html Notes() => Html.Of($"""
        {Html.When(Report is not null, Html.Of($"""<div class="note" role="status"><b>{Report}</b></div>"""))}{Html.When(Fault is not null, Html.Of($"""<div class="note bad" role="alert"><b>{Fault}</b></div>"""))}
        """);

    private Html Now(CaseWords words)
    {
        if (Current is not { } current)
            return Html.Of($"""<section class="card"><h2>{words.Say("現在の設定", "Now")}</h2><p>{words.Say("代理承認者は設定されていません。", "You have no proxy.")}</p></section>""");
        var ask = Html.When(IsInForce, Html.Of($"""
            <button class="plainb" name="{PageFields.Act}" value="{Ask}">{words.Say("すでに届いている承認待ちのメールも依頼する", "Ask him about what waits already, too")}</button>
            """));
        return Html.Of($"""
            <form class="card" method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}"><h2>{words.Say("現在の設定", "Now")}</h2>
            <input type="hidden" name="{PageFields.Guard}" value="{Guard}">
            <dl><dt>{words.Say("代理承認者", "Proxy")}</dt><dd>{current.Proxy.ToString()}</dd>
            <dt>{words.Say("期間", "Time")}</dt><dd>{Term(current, words)}</dd></dl>{ask}
            <button class="bad" name="{PageFields.Act}" value="{Clear}">{words.Say("解除する", "Clear it")}</button></form>
            """);
    }

    private static string Term(ProxyAssignment proxy, CaseWords words) =>
        $"{(proxy.From is { } from ? words.Time(from) : "")} - {(proxy.Until is { } until ? words.Time(until) : words.Say("解除されるまで", "until cleared"))}";

    private Html Form(CaseWords words)
    {
        var limit = MaxDays > 0
            ? words.Say($"終了日時を必ず指定してください (最長 {MaxDays} 日)。", $"An end is needed, at most {MaxDays} days on.") : words.Say("終了日時を空にすると、解除されるまで続きます。", "Without an end it lasts until you clear it.");
        return Html.Of($"""
            <form class="card" method="post" action="{Frame.Path}?lang={Frame.Language.Tag()}"><h2>{words.Say("代理承認者を設定する", "Set a proxy")}</h2>
            <input type="hidden" name="{PageFields.Guard}" value="{Guard}">
            <p><label class="field" for="proxy">{words.Say("メールアドレス", "Mail address")}</label><input type="email" id="proxy" name="{PageFields.Proxy}" value="{Proxy}" maxlength="320" required></p>
            <p><label class="field" for="from">{words.Say("開始日時 (空: 今すぐ)", "From (empty: at once)")}</label><input type="datetime-local" id="from" name="{PageFields.From}" value="{From}"></p>
            <p><label class="field" for="until">{words.Say("終了日時", "Until")}</label><input type="datetime-local" id="until" name="{PageFields.Until}" value="{Until}"></p>
            <p class="small">{limit} {words.Say("時刻は", "Times are those of")} {Frame.Zone.Id}{words.Say(" の時刻です。", ".")}</p>
            <button class="good" name="{PageFields.Act}" value="{Set}">{words.Say("設定する", "Set it")}</button></form>
            """);
    }
}
