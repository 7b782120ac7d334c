namespace ClusterMail.Smtp.Server.Auth;

/// <summary>LOGIN, never standardised: asks for the name, then for the password. Some clients send the name with the command.</summary>
internal sealed class SaslLogin(IAuthenticate judge, ClientConnection client) : SaslExchange
{
    private string? _login;

    public override async ValueTask<SaslStep> NextAsync(byte[]? response, CancellationToken cancel)
    {
        if (response is null)
            return SaslStep.Ask("Username:"u8.ToArray());
        if (Text(response) is not { } text)
            return SaslStep.Unreadable;
        if (_login is not null)
            return SaslStep.End(await judge.PasswordAsync(client, _login, text, cancel));
        _login = text;
        return text.Length == 0 ? SaslStep.Unreadable : SaslStep.Ask("Password:"u8.ToArray());
    }
}
