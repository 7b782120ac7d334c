using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// What a server keeps for SCRAM-SHA-256 (RFC 5802, RFC 7677): it can check a login by it, but not log in elsewhere. As text:
/// <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c> (RFC 5803).
/// </summary>
public sealed record ScramCredential(int Iterations, byte[] Salt, byte[] StoredKey, byte[] ServerKey)
{
    private const string Mechanism = "SCRAM-SHA-256";
    private const int SaltLength = 16;

    /// <summary>RFC 7677 §4.</summary>
    public const int FewestIterations = 4096;

    /// <summary>For nobody: no proof fits it. So a stranger who asks for an unknown name is answered like one who asks for a known one.</summary>
    public bool IsDecoy { get; private init; }

    /// <summary>Takes as long as <paramref name="iterations"/> say: go through <see cref="PasswordHasher"/>. Null: for this password none can be made.</summary>
    /// <remarks>
    /// Clients prepare passwords with characters beyond ASCII in different ways (RFC 4013, RFC 8265, not at all), so for such a password SCRAM would work with some clients
    /// only; it works with PLAIN everywhere.
    /// </remarks>
    public static ScramCredential? Create(string password, int iterations) =>
        Ascii.IsValid(password) ? Create(password, iterations, RandomNumberGenerator.GetBytes(SaltLength)) : null;

    private static ScramCredential Create(string password, int iterations, byte[] salt)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        return new(iterations, salt, SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)), HMACSHA256.HashData(salted, "Server Key"u8));
    }

    /// <summary>For a name without a verifier: always the same salt for the same name, on every node, so that asking twice tells nothing either.</summary>
    /// <param name="secret">The cluster's own, unknown outside.</param>
    public static ScramCredential Decoy(string name, ReadOnlySpan<byte> secret, int iterations)
    {
        var salt = HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(name))[..SaltLength];
        return new(iterations, salt, RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes), RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes)) { IsDecoy = true };
    }

    /// <summary>Whether the client's proof (RFC 5802 §3) shows that it knows the password.</summary>
    /// <param name="authMessage">client-first-bare, server-first and client-final-without-proof, joined by commas.</param>
    public bool Proves(ReadOnlySpan<byte> authMessage, ReadOnlySpan<byte> proof)
    {
        if (proof.Length != SHA256.HashSizeInBytes)
            return false;
        var key = HMACSHA256.HashData(StoredKey, authMessage);
        for (var i = 0; i < key.Length; i++)
            key[i] ^= proof[i];
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(key), StoredKey) && !IsDecoy;
    }

    /// <summary>By which the server shows the client that it knows the verifier.</summary>
    public byte[] ServerSignature(ReadOnlySpan<byte> authMessage) => HMACSHA256.HashData(ServerKey, authMessage);

    /// <summary>Null: no SCRAM-SHA-256 text.</summary>
    public static ScramCredential? Parse(string text)
    {
        if (text.Split('$') is not [Mechanism, var first, var second] || first.Split(':') is not [var rounds, var salt] || second.Split(':') is not [var stored, var server])
            return null;
        return int.TryParse(rounds, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) && iterations >= FewestIterations
            && Bytes(salt) is { Length: > 0 } saltBytes && Bytes(stored) is { Length: SHA256.HashSizeInBytes } storedKey && Bytes(server) is { Length: SHA256.HashSizeInBytes } serverKey
            ? new ScramCredential(iterations, saltBytes, storedKey, serverKey)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Mechanism}${Iterations}:{Convert.ToBase64String(Salt)}${Convert.ToBase64String(StoredKey)}:{Convert.ToBase64String(ServerKey)}");

    private static byte[]? Bytes(string text)
    {
        var octets = new byte[text.Length];
        return Convert.TryFromBase64String(text, octets, out var written) ? octets[..written] : null;
    }
}
