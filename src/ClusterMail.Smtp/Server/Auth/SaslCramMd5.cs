using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Smtp.Server.Auth;

/// <summary>RFC 2195. MD5 is what the mechanism is made of; offered only where the administrator wants it (AUTH-1).</summary>
internal sealed class SaslCramMd5(IAuthenticate judge, ClientConnection client, string hostName) : SaslExchange
{
    private byte[]? _challenge;

    public override async ValueTask<SaslStep> NextAsync(byte[]? response, CancellationToken cancel)
    {
        if (_challenge is null)
        {
            // The server speaks first, so an initial response is out of place (RFC 4954 §4).
            if (response is not null)
                return SaslStep.Unreadable;
            _challenge = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<{RandomNumberGenerator.GetHexString(24, lowercase: true)}@{hostName}>"));
            return SaslStep.Ask(_challenge);
        }
        if (response is null || Text(response) is not { } text || text.LastIndexOf(' ') is not (> 0 and var space))
            return SaslStep.Unreadable;
        var login = text[..space];
        var password = await judge.RecoverAsync(client, login, cancel);
        // Unknown accounts are reckoned through too, with a password nobody has.
        var expected = HMACMD5.HashData(Encoding.UTF8.GetBytes(password ?? RandomNumberGenerator.GetHexString(32)), _challenge);
        var given = new byte[expected.Length];
        var isHex = Convert.FromHexString(text.AsSpan(space + 1), given, out _, out var written) == System.Buffers.OperationStatus.Done && written == given.Length;
        var proved = CryptographicOperations.FixedTimeEquals(expected, given) && isHex && password is not null;
        return SaslStep.End(await judge.ConcludeAsync(client, login, proved, cancel));
    }
}
