using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ClusterMail.Store.Content;

/// <summary>
/// One key of contents in queue and mailboxes (DELIV-11). Each mail is sealed with a key of its own made from it, so that no key ever seals as many pieces as random nonces are good
/// for (2^32, NIST SP 800-38D §8.3): a busy farm would get there in days.
/// </summary>
public sealed class ContentKey
{
    private readonly byte[] _key;

    /// <param name="key">32 octets.</param>
    public ContentKey(byte[] key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, AesPiece.KeyLength);
        _key = key;
        Name = Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 4));
    }

    /// <summary>Says which key a content needs, and nothing about the key.</summary>
    public string Name { get; }

    /// <summary>One piece of at most 256 KiB.</summary>
    public byte[] ClosePiece(ReadOnlySpan<byte> piece, long mail, int seq)
    {
        Span<byte> key = stackalloc byte[AesPiece.KeyLength];
        OfMail(mail, key);
        var closed = new byte[piece.Length + AesPiece.Overhead];
        AesPiece.Close(key, piece, mail, seq, closed);
        CryptographicOperations.ZeroMemory(key);
        return closed;
    }

    /// <summary>A whole content as one value: its pieces one behind the other, so that it can be read in slices.</summary>
    public byte[] Close(ReadOnlySpan<byte> content, long mail)
    {
        Span<byte> key = stackalloc byte[AesPiece.KeyLength];
        OfMail(mail, key);
        var pieces = (content.Length + QueueStore.ChunkSize - 1) / QueueStore.ChunkSize;
        var closed = new byte[content.Length + pieces * AesPiece.Overhead];
        for (var seq = 0; seq < pieces; seq++)
        {
            var piece = content.Slice(seq * QueueStore.ChunkSize, Math.Min(QueueStore.ChunkSize, content.Length - seq * QueueStore.ChunkSize));
            AesPiece.Close(key, piece, mail, seq, closed.AsSpan(seq * (QueueStore.ChunkSize + AesPiece.Overhead), piece.Length + AesPiece.Overhead));
        }
        CryptographicOperations.ZeroMemory(key);
        return closed;
    }

    /// <exception cref="ContentClosedException">It is not what was stored.</exception>
    public byte[] OpenPiece(ReadOnlySpan<byte> closed, long mail, int seq)
    {
        var piece = new byte[Math.Max(0, closed.Length - AesPiece.Overhead)];
        Span<byte> key = stackalloc byte[AesPiece.KeyLength];
        OfMail(mail, key);
        var good = closed.Length >= AesPiece.Overhead && AesPiece.Open(key, closed, mail, seq, piece);
        CryptographicOperations.ZeroMemory(key);
        return good ? piece : throw ContentClosedException.Changed(mail, seq);
    }

    /// <summary>What <see cref="Close"/> has closed.</summary>
    /// <exception cref="ContentClosedException">It is not what was stored.</exception>
    public byte[] Open(byte[] closed, long mail, long length)
    {
        const int slice = QueueStore.ChunkSize + AesPiece.Overhead;
        var content = new byte[length];
        for (var seq = 0; (long)seq * QueueStore.ChunkSize < length; seq++)
        {
            if ((long)seq * slice >= closed.Length)
                throw ContentClosedException.Changed(mail, seq);
            var piece = OpenPiece(closed.AsSpan(seq * slice, Math.Min(slice, closed.Length - seq * slice)), mail, seq);
            if (piece.Length > length - (long)seq * QueueStore.ChunkSize)
                throw ContentClosedException.Changed(mail, seq);
            piece.CopyTo(content, seq * QueueStore.ChunkSize);
        }
        return content;
    }

    private void OfMail(long mail, Span<byte> key)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, mail);
        HMACSHA256.HashData(_key, number, key);
    }
}
