using System.Buffers;
using System.Buffers.Text;
using MimeKit;

namespace ClusterMail.Approval.Content;

/// <summary>
/// Beginning and end of an attachment as it stands in the mail, a few KB whatever its size: enough to see that it is encrypted (APPROVE-515), which ZIP says at its
/// beginning, PDF at its end, and an Office document by being a container where a ZIP is meant to be.
/// </summary>
internal sealed class PartEdges
{
    private const int Kept = 8192;

    private static readonly byte[] Zip = [(byte)'P', (byte)'K', 3, 4];
    private static readonly byte[] Container = [0xD0, 0xCF, 0x11, 0xE0];
    private static readonly string[] OfficeEndings = [".docx", ".docm", ".xlsx", ".xlsm", ".xlsb", ".pptx", ".pptm"];

    private readonly ArrayBufferWriter<byte> _begin = new(256);
    private readonly byte[] _end = new byte[Kept];
    private int _endLength;

    public void See(ReadOnlySpan<byte> raw)
    {
        if (_begin.WrittenCount < Kept)
            _begin.Write(raw[..Math.Min(raw.Length, Kept - _begin.WrittenCount)]);
        if (raw.Length >= Kept)
        {
            raw[^Kept..].CopyTo(_end);
            _endLength = Kept;
            return;
        }
        var keep = Math.Min(_endLength, Kept - raw.Length);
        _end.AsSpan(_endLength - keep, keep).CopyTo(_end);
        raw.CopyTo(_end.AsSpan(keep));
        _endLength = keep + raw.Length;
    }

    public bool IsEncrypted(MimePiece part)
    {
        var begin = Decoded(_begin.WrittenSpan, part.Encoding, fromEnd: false);
        if (begin.AsSpan().StartsWith(Zip))
            return begin.Length > 6 && (begin[6] & 1) != 0;
        if (begin.AsSpan().StartsWith("%PDF-"u8))
            return begin.AsSpan().IndexOf("/Encrypt"u8) >= 0 || Decoded(_end.AsSpan(0, _endLength), part.Encoding, fromEnd: true).AsSpan().IndexOf("/Encrypt"u8) >= 0;
        return begin.AsSpan().StartsWith(Container) && OfficeEndings.Any(ending => part.Name.TrimEnd().EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What of it can be read; base64 from its end counts its groups of four from there.</summary>
    private static byte[] Decoded(ReadOnlySpan<byte> raw, ContentEncoding encoding, bool fromEnd)
    {
        if (encoding != ContentEncoding.Base64)
            return raw.ToArray();
        Span<byte> letters = new byte[raw.Length];
        var length = 0;
        foreach (var octet in raw)
            if (octet is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t'))
                letters[length++] = octet;
        var whole = length - (length % 4);
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(whole)];
        Base64.DecodeFromUtf8(fromEnd ? letters[(length - whole)..length] : letters[..whole], decoded, out _, out var written);
        return decoded[..written];
    }
}
