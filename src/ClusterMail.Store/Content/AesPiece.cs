using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ClusterMail.Store.Content;

/// <summary>
/// One piece of a content under AES-256-GCM: 12 octets nonce, 16 tag, then as many octets as the piece has. Its mail and its place are authenticated with it, so that pieces can be
/// neither changed, moved nor swapped where they lie.
/// </summary>
internal static class AesPiece
{
    public const int KeyLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>Octets a sealed piece is longer.</summary>
    public const int Overhead = NonceLength + TagLength;

    /// <param name="closed"><see cref="Overhead"/> octets longer than <paramref name="piece"/>.</param>
    public static void Close(ReadOnlySpan<byte> key, ReadOnlySpan<byte> piece, long mail, int seq, Span<byte> closed)
    {
        Span<byte> place = stackalloc byte[PlaceLength];
        Place(mail, seq, place);
        RandomNumberGenerator.Fill(closed[..NonceLength]);
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(closed[..NonceLength], piece, closed[Overhead..], closed[NonceLength..Overhead], place);
    }

    /// <summary>False: closed with another key, for another place, or changed.</summary>
    /// <param name="piece"><see cref="Overhead"/> octets shorter than <paramref name="closed"/>.</param>
    public static bool Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> closed, long mail, int seq, Span<byte> piece)
    {
        Span<byte> place = stackalloc byte[PlaceLength];
        Place(mail, seq, place);
        using var cipher = new AesGcm(key, TagLength);
        try
        {
            cipher.Decrypt(closed[..NonceLength], closed[Overhead..], closed[NonceLength..Overhead], piece, place);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private const int PlaceLength = sizeof(long) + sizeof(int);

    private static void Place(long mail, int seq, Span<byte> place)
    {
        BinaryPrimitives.WriteInt64BigEndian(place, mail);
        BinaryPrimitives.WriteInt32BigEndian(place[sizeof(long)..], seq);
    }
}
