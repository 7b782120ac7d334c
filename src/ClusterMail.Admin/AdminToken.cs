using System.Security.Cryptography;
using System.Text;
using ClusterMail.Accounts.Passwords;

namespace ClusterMail.Admin;

/// <summary>The secret that opens the admin API. Only its hash is kept, so that it cannot turn up in a dump or a log.</summary>
public sealed class AdminToken
{
    /// <summary>Shortest token taken: shorter ones can be guessed over a network.</summary>
    public const int MinimumLength = 16;

    private readonly byte[] _hash;

    /// <exception cref="ArgumentException">Shorter than <see cref="MinimumLength"/>.</exception>
    public AdminToken(string token)
    {
        if (token.Length < MinimumLength)
            throw new ArgumentException($"The admin token has {token.Length} characters; at least {MinimumLength} are needed.", nameof(token));
        _hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
    }

    /// <summary>Reads the first line of a file that nobody but its owner may read (<see cref="SecretFile"/>).</summary>
    /// <exception cref="InvalidDataException">The file is missing, empty, too short, or open to others; the message says which and what to do.</exception>
    public static AdminToken FromFile(string path)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"The admin token file {path} does not exist. Create it with mode 0600 and a random token in it.");
        if (!SecretFile.IsPrivate(path))
            throw new InvalidDataException($"The admin token file {path} has mode {Octal(SecretFile.Mode(path))}; others may use it. Type: chmod 600 {path}");
        using var reader = new StreamReader(path, Encoding.UTF8);
        var token = reader.ReadLine()?.Trim() ?? "";
        if (token.Length < MinimumLength)
            throw new InvalidDataException($"The admin token in {path} has {token.Length} characters; at least {MinimumLength} are needed.");
        return new AdminToken(token);
    }

    /// <summary>Compares an Authorization header in a time that does not depend on what is wrong with it.</summary>
    public bool Opens(string? authorization)
    {
        const string scheme = "Bearer ";
        var given = authorization is not null && authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? authorization[scheme.Length..].Trim() : "";
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), _hash);
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
