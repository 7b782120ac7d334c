using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Smtp.Client;

/// <summary>The client's messages of SCRAM-SHA-256 without channel binding (RFC 5802 §3, RFC 7677). Pure but for the nonce.</summary>
internal sealed class ScramClient(HostCredential credential, string? nonce = null)
{
    /// <summary>What a host asks for is not ours to trust: each iteration is work for us.</summary>
    private const int MostIterations = 1_000_000;

    private const string NoBinding = "n,,";
    private readonly string _nonce = nonce ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
    private byte[] _serverSignature = [];

    private string Bare => $"n={credential.User.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={_nonce}";

    public string First() => NoBinding + Bare;

    /// <summary>Null: the host's message makes no sense, or is no answer to ours.</summary>
    public string? Final(string serverFirst)
    {
        if (serverFirst.Split(',') is not [['r', '=', .. var both], ['s', '=', .. var saltText], ['i', '=', .. var rounds], ..] || both.Length <= _nonce.Length
            || !both.StartsWith(_nonce, StringComparison.Ordinal) || !int.TryParse(rounds, NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 1 or > MostIterations)
            return null;
        var salt = new byte[saltText.Length];
        if (!Convert.TryFromBase64String(saltText, salt, out var length))
            return null;
        var salted = Rfc2898DeriveBytes.Pbkdf2(credential.Password, salt.AsSpan(0, length), iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.ASCII.GetBytes(NoBinding))},r={both}";
        var message = Encoding.UTF8.GetBytes($"{Bare},{serverFirst},{withoutProof}");
        var proof = HMACSHA256.HashData(salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(proof), message);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= signature[i];
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message);
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    /// <summary>The host knows the password's verifier too, and is nobody who only listens.</summary>
    public bool IsGenuine(string serverFinal)
    {
        var given = new byte[serverFinal.Length];
        return _serverSignature.Length > 0 && serverFinal.StartsWith("v=", StringComparison.Ordinal) && Convert.TryFromBase64String(serverFinal[2..], given, out var length)
            && CryptographicOperations.FixedTimeEquals(given.AsSpan(0, length), _serverSignature);
    }
}
