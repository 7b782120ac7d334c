using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ClusterMail.Store.Approval;

/// <summary>
/// Closes the pieces of held contents with a key that is not in the database (APPROVE-71): AES-256-GCM, each piece under a nonce of its own and bound to its
/// mail and place, so that pieces can be neither read, changed, moved nor swapped there.
/// </summary>
public sealed class ContentSeal
{
    /// <summary>Octets of the key.</summary>
    public const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly byte[] _key;

    /// <param name="key"><see cref="KeyLength"/> octets.</param>
    public ContentSeal(byte[] key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyLength);
        _key = key;
        Name = Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 4));
    }

    /// <summary>Says which key a content needs, and nothing about the key.</summary>
    public string Name { get; }

    public byte[] Close(ReadOnlySpan<byte> piece, long mail, int seq)
    {
        var closed = new byte[NonceLength + TagLength + piece.Length];
        RandomNumberGenerator.Fill(closed.AsSpan(0, NonceLength));
        using var cipher = new AesGcm(_key, TagLength);
        cipher.Encrypt(closed.AsSpan(0, NonceLength), piece, closed.AsSpan(NonceLength + TagLength), closed.AsSpan(NonceLength, TagLength), Place(mail, seq));
        return closed;
    }

    /// <summary>Null: closed with another key, for another place, or changed.</summary>
    public byte[]? Open(ReadOnlySpan<byte> closed, long mail, int seq)
    {
        if (closed.Length < NonceLength + TagLength)
            return null;
        var piece = new byte[closed.Length - NonceLength - TagLength];
        using var cipher = new AesGcm(_key, TagLength);
        try
        {
            cipher.Decrypt(closed[..NonceLength], closed[(NonceLength + TagLength)..], closed.Slice(NonceLength, TagLength), piece, Place(mail, seq));
            return piece;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] Place(long mail, int seq)
    {
        var place = new byte[sizeof(long) + sizeof(int)];
        BinaryPrimitives.WriteInt64BigEndian(place, mail);
        BinaryPrimitives.WriteInt32BigEndian(place.AsSpan(sizeof(long)), seq);
        return place;
    }
}
