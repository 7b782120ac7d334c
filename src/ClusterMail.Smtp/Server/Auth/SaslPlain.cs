namespace ClusterMail.Smtp.Server.Auth;

/// <summary>RFC 4616: <c>authzid NUL login NUL password</c> in one response.</summary>
internal sealed class SaslPlain(IAuthenticate judge, ClientConnection client) : SaslExchange
{
    public override async ValueTask<SaslStep> NextAsync(byte[]? response, CancellationToken cancel)
    {
        if (response is null)
            return SaslStep.Ask([]);
        var first = Array.IndexOf(response, (byte)0);
        var second = first < 0 ? -1 : Array.IndexOf(response, (byte)0, first + 1);
        if (second < 0 || Text(response.AsSpan(0, first)) is not { } authorised || Text(response.AsSpan(first + 1, second - first - 1)) is not { Length: > 0 } login
            || Text(response.AsSpan(second + 1)) is not { } password)
            return SaslStep.Unreadable;
        // Nobody acts for another here.
        return authorised.Length > 0 && authorised != login
            ? SaslStep.End(await judge.ConcludeAsync(client, login, proved: false, cancel))
            : SaslStep.End(await judge.PasswordAsync(client, login, password, cancel));
    }
}
