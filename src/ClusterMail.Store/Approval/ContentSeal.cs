using System.Security.Cryptography;
using ClusterMail.Store.Content;

namespace ClusterMail.Store.Approval;

/// <summary>
/// Closes the pieces of held contents with a key that is not in the database (APPROVE-71): AES-256-GCM, each piece under a nonce of its own and bound to its
/// mail and place, so that pieces can be neither read, changed, moved nor swapped there.
/// </summary>
public sealed class ContentSeal
{
    /// <summary>Octets of the key.</summary>
    public const int KeyLength = AesPiece.KeyLength;

    private readonly byte[] _key;
    private readonly IReadOnlyList<ContentSeal> _former;

    /// <param name="key"><see cref="KeyLength"/> octets.</param>
    /// <param name="former">Keys of before: they open, and close nothing.</param>
    public ContentSeal(byte[] key, params IReadOnlyList<ContentSeal> former)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyLength);
        (_key, _former) = (key, former);
        Name = Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 4));
    }

    /// <summary>Says which key a content needs, and nothing about the key.</summary>
    public string Name { get; }

    /// <summary>This key, or one of before.</summary>
    public bool Knows(string name) => Name == name || _former.Any(former => former.Knows(name));

    public byte[] Close(ReadOnlySpan<byte> piece, long mail, int seq)
    {
        var closed = new byte[piece.Length + AesPiece.Overhead];
        AesPiece.Close(_key, piece, mail, seq, closed);
        return closed;
    }

    /// <summary>Null: closed with a key that is none of these, for another place, or changed.</summary>
    public byte[]? Open(ReadOnlySpan<byte> closed, long mail, int seq)
    {
        if (closed.Length < AesPiece.Overhead)
            return null;
        var piece = new byte[closed.Length - AesPiece.Overhead];
        if (AesPiece.Open(_key, closed, mail, seq, piece))
            return piece;
        foreach (var former in _former)
            if (former.Open(closed, mail, seq) is { } opened)
                return opened;
        return null;
    }
}
