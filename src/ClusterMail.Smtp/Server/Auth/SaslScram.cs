using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Smtp.Server.Auth;

/// <summary>
/// SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding: <c>-PLUS</c> is not offered, so <c>n</c> and <c>y</c> are right and <c>p=…</c> is not. The password
/// is never seen, and the server shows that it knows the verifier.
/// </summary>
internal sealed class SaslScram(IAuthenticate judge, ClientConnection client) : SaslExchange
{
    private const int LongestNonce = 512;
    private string _gs2 = "";
    private string _clientFirst = "";
    private string _serverFirst = "";
    private string _nonce = "";
    private string? _login;
    private ScramVerifier? _verifier;
    private bool _proved;

    public override async ValueTask<SaslStep> NextAsync(byte[]? response, CancellationToken cancel)
    {
        if (response is null)
            return SaslStep.Ask([]);
        // The client has seen our signature and says nothing more.
        if (_proved)
            return response.Length == 0 ? SaslStep.End(await judge.ConcludeAsync(client, _login!, proved: true, cancel)) : SaslStep.Unreadable;
        if (Text(response) is not { } text)
            return SaslStep.Unreadable;
        return _verifier is null ? await FirstAsync(text, cancel) : await FinalAsync(text, cancel);
    }

    private async ValueTask<SaslStep> FirstAsync(string text, CancellationToken cancel)
    {
        var parts = text.Split(',');
        if (parts.Length < 4 || parts[0] is not ("n" or "y") || !parts[2].StartsWith("n=", StringComparison.Ordinal) || !parts[3].StartsWith("r=", StringComparison.Ordinal)
            || Name(parts[2][2..]) is not { Length: > 0 } login || parts[3].Length is < 10 or > LongestNonce || (parts[1].Length > 0 && parts[1] != "a=" + parts[2][2..]))
            return SaslStep.Unreadable;
        (_gs2, _clientFirst, _login) = ($"{parts[0]},{parts[1]},", text[(parts[0].Length + parts[1].Length + 2)..], login);
        if (await judge.ScramAsync(client, login, cancel) is not { } verifier)
            return SaslStep.End(new AuthAnswer(null, Busy: true));
        _verifier = verifier;
        _nonce = parts[3][2..] + Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        _serverFirst = string.Create(CultureInfo.InvariantCulture, $"r={_nonce},s={Convert.ToBase64String(verifier.Salt)},i={verifier.Iterations}");
        return SaslStep.Ask(Encoding.UTF8.GetBytes(_serverFirst));
    }

    private async ValueTask<SaslStep> FinalAsync(string text, CancellationToken cancel)
    {
        var at = text.LastIndexOf(",p=", StringComparison.Ordinal);
        var proof = new byte[64];
        if (at < 0 || !Convert.TryFromBase64String(text[(at + 3)..], proof, out var length))
            return SaslStep.Unreadable;
        var withoutProof = text[..at];
        // What the client said first must be what it says now: nobody in between took the choice of binding away (RFC 5802 §6).
        var binding = Convert.ToBase64String(Encoding.UTF8.GetBytes(_gs2));
        var parts = withoutProof.Split(',');
        var message = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{withoutProof}");
        _proved = _verifier!.Proves(message, proof[..length]) && parts.Length >= 2 && parts[0] == "c=" + binding && parts[1] == "r=" + _nonce;
        return _proved
            ? SaslStep.Ask(Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(_verifier.Signature(message))))
            : SaslStep.End(await judge.ConcludeAsync(client, _login!, proved: false, cancel));
    }

    /// <summary><c>=2C</c> and <c>=3D</c> stand for comma and equals; any other <c>=</c> is wrong (RFC 5802 §5.1).</summary>
    private static string? Name(string text)
    {
        var plain = text.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "\u0001", StringComparison.Ordinal);
        return plain.Contains('=', StringComparison.Ordinal) ? null : plain.Replace('\u0001', '=');
    }
}
