using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// Secrets of a settings archive under a pass phrase (ADMIN-51): AES-256-GCM, its key by Argon2id with 64 MiB and 3 passes (RFC 9106 §4, second choice), so that guessing costs a
/// tenth of a second and 64 MiB a try.
/// </summary>
/// <remarks>Form: 1 octet form (1), 4 memory in KiB, 1 passes, 16 salt, 12 nonce, 16 tag, then the content; everything before the tag is authenticated.</remarks>
public static class ArchiveSeal
{
    /// <summary>Characters of a pass phrase at least: whoever has the file may guess without end.</summary>
    public const int ShortestPassPhrase = 12;

    private const byte Form = 1;
    private const int MemoryKib = 64 * 1024;
    private const byte Passes = 3;
    private const int SaltAt = 6;
    private const int NonceAt = SaltAt + 16;
    private const int TagAt = NonceAt + 12;
    private const int HeadLength = TagAt + 16;
    private const int LineLength = 76;

    // What a file asks for is not ours to trust.
    private const int MostMemoryKib = 1024 * 1024;
    private const int MostPasses = 16;

    /// <summary>One at a time: each takes 64 MiB.</summary>
    private static readonly SemaphoreSlim Turn = new(1);

    /// <summary>The sealed content in base64, in lines.</summary>
    public static async Task<string> CloseAsync(byte[] content, string passPhrase, CancellationToken cancel)
    {
        var closed = new byte[HeadLength + content.Length];
        closed[0] = Form;
        BinaryPrimitives.WriteInt32BigEndian(closed.AsSpan(1), MemoryKib);
        closed[5] = Passes;
        RandomNumberGenerator.Fill(closed.AsSpan(SaltAt, TagAt - SaltAt));
        var key = await KeyAsync(passPhrase, closed, cancel).ConfigureAwait(false);
        using (var cipher = new AesGcm(key, HeadLength - TagAt))
            cipher.Encrypt(closed.AsSpan(NonceAt, TagAt - NonceAt), content, closed.AsSpan(HeadLength), closed.AsSpan(TagAt, HeadLength - TagAt), closed.AsSpan(0, TagAt));
        CryptographicOperations.ZeroMemory(key);
        return string.Concat(Convert.ToBase64String(closed).Chunk(LineLength).Select(line => new string(line) + "\n"));
    }

    /// <summary>Null: another pass phrase, or the text was changed.</summary>
    public static async Task<byte[]?> OpenAsync(string text, string passPhrase, CancellationToken cancel)
    {
        var closed = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, closed, out var length) || length < HeadLength || closed[0] != Form
            || BinaryPrimitives.ReadInt32BigEndian(closed.AsSpan(1)) is < 8 or > MostMemoryKib || closed[5] is 0 or > MostPasses)
            return null;
        var key = await KeyAsync(passPhrase, closed, cancel).ConfigureAwait(false);
        var content = new byte[length - HeadLength];
        using var cipher = new AesGcm(key, HeadLength - TagAt);
        try
        {
            cipher.Decrypt(
                closed.AsSpan(NonceAt, TagAt - NonceAt), closed.AsSpan(HeadLength, content.Length), closed.AsSpan(TagAt, HeadLength - TagAt), content, closed.AsSpan(0, TagAt));
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static async Task<byte[]> KeyAsync(string passPhrase, byte[] head, CancellationToken cancel)
    {
        var octets = Encoding.UTF8.GetBytes(passPhrase);
        await Turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            using var argon = new Argon2id(octets)
            {
                Salt = head[SaltAt..NonceAt],
                MemorySize = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)),
                Iterations = head[5],
                DegreeOfParallelism = 1,
            };
            return await argon.GetBytesAsync(PasswordSeal.KeyLength).ConfigureAwait(false);
        }
        finally
        {
            Turn.Release();
            CryptographicOperations.ZeroMemory(octets);
        }
    }
}
