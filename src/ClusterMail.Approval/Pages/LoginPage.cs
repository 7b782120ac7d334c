namespace ClusterMail.Approval.Pages;

/// <summary>Asks who the reader is before a held mail is shown (APPROVE-162). Says the same whatever was wrong.</summary>
public sealed record LoginPage
{
    public required PageFrame Frame { get; init; }

    /// <summary>See <see cref="Tokens.PostGuard"/>.</summary>
    public required string Guard { get; init; }

    /// <summary><c>login+otp</c>.</summary>
    public bool WantsOneTimeCode { get; init; }

    /// <summary>The last try failed.</summary>
    public bool HasFailed { get; init; }

    public string Render()
    {
        var words = Frame.Words;
        var title = words.Say("ログイン", "Log in");
        var fault = Html.When(HasFailed, Html.Of($"""<div class="note bad" role="alert"><b>{words.Say("ログインできませんでした。入力を確認してください。", "This did not work. Please check what you entered.")}</b></div>"""));
        var code = Html.When(WantsOneTimeCode, Html.Of($"""
            <p><label class="field" for="otp">{words.Say("確認コード (設定済みの場合。または回復コード)", "One-time code, once it is set up; or a recovery code")}</label><input type="text" id="otp" name="{PageFields.OneTimeCode}" autocomplete="one-time-code" maxlength="30"></p>
            """));
        return Frame.Wrap(title, Html.Of($"""
            <h1>{title}</h1><p class="meta">{words.Say("メールの内容を表示する前に、アカウントを確認します。", "Please tell who you are before the mail is shown.")}</p>{fault}
            <form class="card" method="post" action="{Frame.Path}?lang={Notices.Languages.Tag(Frame.Language)}">
            <input type="hidden" name="{PageFields.Guard}" value="{Guard}">
            <p><label class="field" for="account">{words.Say("メールアドレス", "Mail address")}</label><input type="email" id="account" name="{PageFields.Account}" autocomplete="username" maxlength="320" required></p>
            <p><label class="field" for="password">{words.Say("パスワード", "Password")}</label><input type="password" id="password" name="{PageFields.Password}" autocomplete="current-password" maxlength="1024" required></p>
            {code}
            <button class="good">{words.Say("ログインする", "Log in")}</button></form>
            """), isNarrow: true);
    }
}
