using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// The recoverable store (<c>compat.auth.recoverable_store</c>): passwords that CRAM-MD5, APOP and the export need in clear, encrypted with AES-256-GCM under a key from the nodes'
/// own files. The key is never in the database, so a copy of the database alone gives no password away.
/// </summary>
/// <remarks>Form: 1 octet form (1), 4 of the key's name, 12 nonce, 16 tag, then the text. Bound to its address: copied to another account's row it does not open.</remarks>
public sealed class PasswordSeal
{
    public const int KeyLength = 32;

    private const byte Form = 1;
    private const int NameLength = 4;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + NameLength + NonceLength + TagLength;

    private readonly byte[] _key;
    private readonly byte[] _name;

    /// <summary>Keys of one file at most.</summary>
    public const int MostKeys = 16;

    /// <summary>Keys of before: they open what was closed with them, and close nothing.</summary>
    public IReadOnlyList<PasswordSeal> Former { get; private init; } = [];

    /// <exception cref="ArgumentException">Not <see cref="KeyLength"/> octets.</exception>
    public PasswordSeal(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
            throw new ArgumentException($"The password key has {key.Length} octets; it needs {KeyLength}.", nameof(key));
        _key = key.ToArray();
        _name = HMACSHA256.HashData(key, "clustermail password key"u8)[..NameLength];
    }

    /// <summary>Another key for another purpose, so that the nodes need one file: knowing the one says nothing about the other (RFC 5869).</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, KeyLength, info: Encoding.UTF8.GetBytes(purpose));

    /// <summary>The same with keys for another purpose, former ones included.</summary>
    public PasswordSeal For(string purpose) => new(Derive(purpose)) { Former = [.. Former.Select(former => former.For(purpose))] };

    /// <summary>
    /// Reads a file with keys in base64, one a line, which nobody but its owner may read (mode 0600). The first closes; the others are keys of before, or one that is to be the first on all
    /// nodes soon, and only open.
    /// </summary>
    /// <exception cref="InvalidDataException">Missing, open to others, or no key; the message says which and what to do.</exception>
    public static PasswordSeal FromFile(string path)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"The password key file {path} does not exist. Make one key for all nodes with: openssl rand -base64 32, mode 0600.");
        if (!SecretFile.IsPrivate(path))
            throw new InvalidDataException($"The password key file {path} is open to others. Type: chmod 600 {path}");
        var lines = File.ReadAllText(path).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length is 0 or > MostKeys)
            throw new InvalidDataException($"The password key file {path} must hold 1 to {MostKeys} keys, one a line: {KeyLength} octets in base64, as openssl rand -base64 32 writes them.");
        var seals = lines.Select((line, index) => FromText(path, line, index + 1)).ToArray();
        return new PasswordSeal(seals[0]._key) { Former = seals[1..] };
    }

    private static PasswordSeal FromText(string path, string text, int line)
    {
        var octets = new byte[KeyLength];
        return Convert.TryFromBase64String(text, octets, out var written) && written == KeyLength
            ? new PasswordSeal(octets)
            : throw new InvalidDataException($"The password key file {path} must hold {KeyLength} octets in base64, as openssl rand -base64 32 writes them; line {line} does not.");
    }

    /// <param name="address">As <see cref="AccountIndex.Key"/> writes it.</param>
    public byte[] Close(string password, string address)
    {
        var text = Encoding.UTF8.GetBytes(password);
        var sealedText = new byte[HeadLength + text.Length];
        sealedText[0] = Form;
        _name.CopyTo(sealedText.AsSpan(1));
        var nonce = sealedText.AsSpan(1 + NameLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key, TagLength);
        cipher.Encrypt(nonce, text, sealedText.AsSpan(HeadLength), sealedText.AsSpan(HeadLength - TagLength, TagLength), Encoding.UTF8.GetBytes(address));
        return sealedText;
    }

    /// <summary>The password; null: closed with a key that is not in the file, for another address, or damaged.</summary>
    public string? Open(ReadOnlySpan<byte> sealedText, string address)
    {
        foreach (var former in Former)
            if (sealedText.Length >= HeadLength && sealedText.Slice(1, NameLength).SequenceEqual(former._name))
                return former.Open(sealedText, address);
        if (sealedText.Length < HeadLength || sealedText[0] != Form || !sealedText.Slice(1, NameLength).SequenceEqual(_name))
            return null;
        var text = new byte[sealedText.Length - HeadLength];
        // One for each call: an instance is not for several threads at once.
        using var cipher = new AesGcm(_key, TagLength);
        try
        {
            cipher.Decrypt(
                sealedText.Slice(1 + NameLength, NonceLength), sealedText[HeadLength..], sealedText.Slice(HeadLength - TagLength, TagLength), text, Encoding.UTF8.GetBytes(address));
            return Encoding.UTF8.GetString(text);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
