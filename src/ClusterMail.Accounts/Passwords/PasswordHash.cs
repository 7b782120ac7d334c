using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// An Argon2id hash (RFC 9106) as PHC string, <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>. Takes tens of milliseconds and <see cref="PasswordCost.MemoryKib"/> each: go
/// through <see cref="PasswordHasher"/>, which bounds how many are computed at once.
/// </summary>
public sealed record PasswordHash(int MemoryKib, int Passes, int Lanes, byte[] Salt, byte[] Hash)
{
    private const int SaltLength = 16;
    private const int HashLength = 32;

    // A string that asks for more than this did not come from us, and must not take the node's memory.
    private const int MostMemoryKib = 1024 * 1024;
    private const int MostPasses = 64;
    private const int MostLanes = 16;

    public static Task<PasswordHash> CreateAsync(string password, PasswordCost cost) => CreateAsync(password, cost, RandomNumberGenerator.GetBytes(SaltLength));

    private static async Task<PasswordHash> CreateAsync(string password, PasswordCost cost, byte[] salt)
    {
        var hash = new PasswordHash(cost.MemoryKib, cost.Passes, 1, salt, []);
        return hash with { Hash = await hash.ComputeAsync(password, HashLength).ConfigureAwait(false) };
    }

    /// <summary>One that no password fits, and that costs as much to try.</summary>
    public static PasswordHash Decoy(PasswordCost cost) =>
        new(cost.MemoryKib, cost.Passes, 1, RandomNumberGenerator.GetBytes(SaltLength), RandomNumberGenerator.GetBytes(HashLength));

    /// <summary>Compares in a time that does not depend on where the hashes differ.</summary>
    public async Task<bool> MatchesAsync(string password) =>
        CryptographicOperations.FixedTimeEquals(await ComputeAsync(password, Hash.Length).ConfigureAwait(false), Hash);

    /// <summary>Made with less than is asked for today.</summary>
    public bool IsWeakerThan(PasswordCost cost) => MemoryKib < cost.MemoryKib || Passes < cost.Passes;

    /// <summary>Null: no Argon2id string, or one that asks for too much.</summary>
    public static PasswordHash? Parse(string text)
    {
        if (text.Split('$') is not ["", "argon2id", "v=19", var numbers, var salt, var hash] || numbers.Split(',') is not [var m, var t, var p])
            return null;
        var parsed = Number(m, "m=", MostMemoryKib) is { } memory && Number(t, "t=", MostPasses) is { } passes && Number(p, "p=", MostLanes) is { } lanes
            && Bytes(salt) is { Length: >= 8 and <= 64 } saltBytes && Bytes(hash) is { Length: >= 16 and <= 64 } hashBytes
            ? new PasswordHash(memory, passes, lanes, saltBytes, hashBytes)
            : null;
        return parsed is { } found && found.MemoryKib >= 8 * found.Lanes ? found : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={MemoryKib},t={Passes},p={Lanes}${Text(Salt)}${Text(Hash)}");

    private async Task<byte[]> ComputeAsync(string password, int length)
    {
        var octets = Encoding.UTF8.GetBytes(password);
        try
        {
            using var argon = new Argon2id(octets) { Salt = Salt, MemorySize = MemoryKib, Iterations = Passes, DegreeOfParallelism = Lanes };
            return await argon.GetBytesAsync(length).ConfigureAwait(false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
        }
    }

    private static int? Number(string word, string key, int most) =>
        word.StartsWith(key, StringComparison.Ordinal) && int.TryParse(word.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1
            && number <= most ? number : null;

    // PHC strings use base64 without padding.
    private static string Text(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=');

    private static byte[]? Bytes(string text)
    {
        var octets = new byte[text.Length];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), octets, out var written) ? octets[..written] : null;
    }
}
