using System.Security.Cryptography;
using System.Text;
using OtpNet;

namespace ClusterMail.Admin.Access;

/// <summary>TOTP as RFC 6238 and every authenticator app have it: SHA-1, 30 s, six digits; and recovery codes.</summary>
internal static class SecondFactor
{
    /// <summary>RFC 4226 §4 asks for 128 bits and recommends 160.</summary>
    private const int SecretOctets = 20;

    /// <summary>One step before and after: clocks of telephones and nodes differ (RFC 6238 §5.2).</summary>
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    private const int RecoveryCodes = 10;

    /// <summary>80 bits: as they are random, nothing slower than SHA-256 is needed.</summary>
    private const int RecoveryOctets = 10;
    private const int RecoveryLength = 16;

    public static byte[] MakeSecret() => RandomNumberGenerator.GetBytes(SecretOctets);

    public static string Text(byte[] secret) => Base32Encoding.ToString(secret).TrimEnd('=');

    public static string Uri(byte[] secret, string account, string issuer) => new OtpUri(OtpType.Totp, secret, account, issuer).ToString();

    /// <summary>The time step <paramref name="code"/> was made in; null: it was made with another secret, or too long ago.</summary>
    public static long? Step(byte[] secret, string code, DateTimeOffset now)
    {
        var digits = code.Replace(" ", "", StringComparison.Ordinal);
        return digits.Length == 6 && digits.All(char.IsAsciiDigit) && new Totp(secret).VerifyTotp(now.UtcDateTime, digits, out var step, Window) ? step : null;
    }

    /// <summary>Fresh ones, as they are shown.</summary>
    public static IReadOnlyList<string> MakeRecoveryCodes() => [.. Enumerable.Range(0, RecoveryCodes).Select(_ => Grouped(Base32Encoding.ToString(RandomNumberGenerator.GetBytes(RecoveryOctets))))];

    /// <summary>SHA-256 of a recovery code as somebody types it; null: it does not look like one.</summary>
    public static byte[]? RecoveryHash(string code)
    {
        var plain = new string([.. code.Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant();
        return plain.Length == RecoveryLength ? SHA256.HashData(Encoding.ASCII.GetBytes(plain)) : null;
    }

    private static string Grouped(string code) => string.Join('-', code.Chunk(4).Select(part => new string(part)));
}
