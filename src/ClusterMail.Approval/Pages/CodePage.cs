using System.Collections.Immutable;

namespace ClusterMail.Approval.Pages;

/// <summary>Setting up the one-time codes of one's login (APPROVE-162). The secret and the recovery codes are shown once, in the answer to a POST.</summary>
public sealed record CodePage
{
    public const string Begin = "begin";
    public const string Confirm = "confirm";

    public required PageFrame Frame { get; init; }
    public required string Guard { get; init; }

    /// <summary>Since when it is in force; null: it is not.</summary>
    public DateTimeOffset? EnabledAt { get; init; }

    /// <summary>Just made, in base 32; null: nothing was begun.</summary>
    public string? Secret { get; init; }

    /// <summary><c>otpauth://…</c> for a program on the same device.</summary>
    public string Uri { get; init; } = "";

    /// <summary>Just made; empty: none.</summary>
    public ImmutableArray<string> RecoveryCodes { get; init; } = [];

    /// <summary>The last code was not one of the secret.</summary>
    public bool HasFailed { get; init; }

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("確認コードの設定", "One-time codes");
        var body = RecoveryCodes.Length > 0 ? Done() : EnabledAt is { } at ? InForce(at) : Secret is null ? Start() : Shown(Secret);
        return Frame.Wrap(title, Html.Of($"<h1>{title}</h1>{body}"), isNarrow: true);
    }

    private Html InForce(DateTimeOffset at) => Html.Of($"""
        <section class="card"><p class="big" aria-hidden="true">✓</p><p>{Frame.Words.Say($"設定済みです ({Frame.Words.Time(at)})。", $"In force since {Frame.Words.Time(at)}.")}</p>
        <p class="small">{Frame.Words.Say("端末をなくした場合は、回復コードでログインするか、管理者に解除を依頼してください。", "If you lose the device, log in with a recovery code, or ask your administrator to take it away.")}</p></section>
        """);

    private Html Start() => Html.Of($"""
        <p class="meta">{Frame.Words.Say("ログインには、パスワードのほかに確認コードが必要です。認証アプリに登録してください。", "To log in you need a code besides the password. Please set up an authenticator app.")}</p>
        <form class="card" method="post" action="{Frame.Path}?lang={Notices.Languages.Tag(Frame.Language)}"><input type="hidden" name="{PageFields.Guard}" value="{Guard}">
        <button class="good" name="{PageFields.Act}" value="{Begin}">{Frame.Words.Say("設定を始める", "Begin")}</button></form>
        """);

    private Html Shown(string secret) => Html.Of($"""
        {Html.When(HasFailed, Html.Of($"""<div class="note bad" role="alert"><b>{Frame.Words.Say("確認コードが違います。端末の時刻を確認してください。", "The code is wrong. Please check the clock of your device.")}</b></div>"""))}
        <section class="card"><h2>1. {Frame.Words.Say("認証アプリに次のキーを登録します", "Put this key into your authenticator app")}</h2><p class="codes">{Grouped(secret)}</p>
        <p><a class="button" href="{Uri}">{Frame.Words.Say("この端末のアプリで開く", "Open it in an app on this device")}</a></p></section>
        <form class="card" method="post" action="{Frame.Path}?lang={Notices.Languages.Tag(Frame.Language)}"><h2>2. {Frame.Words.Say("表示された 6 桁のコードを入力します", "Type the code of six digits it shows")}</h2>
        <input type="hidden" name="{PageFields.Guard}" value="{Guard}"><label class="field" for="otp">{Frame.Words.Say("確認コード", "One-time code")}</label>
        <input type="text" id="otp" name="{PageFields.OneTimeCode}" inputmode="numeric" autocomplete="one-time-code" maxlength="10" required>
        <button class="good" name="{PageFields.Act}" value="{Confirm}">{Frame.Words.Say("確認する", "Confirm")}</button></form>
        """);

    private Html Done() => Html.Of($"""
        <section class="card"><p class="big" aria-hidden="true">✓</p><p>{Frame.Words.Say("確認コードを設定しました。次の回復コードを安全な場所に保管してください。それぞれ 1 回だけ使えます。このページを離れると、もう表示されません。", "The codes are in force. Please keep these recovery codes in a safe place: each opens once, and they are not shown again.")}</p>
        <p class="codes">{Html.Join(RecoveryCodes.Select(code => Html.Of($"{code}<br>")))}</p><a class="button" href="/list?lang={Notices.Languages.Tag(Frame.Language)}">{Frame.Words.Say("承認待ち一覧へ", "To the waiting list")}</a></section>
        """);

    private static string Grouped(string secret) => string.Join(' ', secret.Chunk(4).Select(part => new string(part)));
}
