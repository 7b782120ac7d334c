using System.Text;
using ClusterMail.Protocol;
using MimeKit;
using MimeKit.Cryptography;

namespace ClusterMail.Smtp.Client;

/// <summary>
/// 8bit content for a host without 8BITMIME: 8bit parts become quoted-printable or base64, whichever is shorter (RFC 6152 §3, RECV-26). What a signature
/// covers cannot be changed without breaking it, and 8bit headers cannot be converted at all; such a mail is not converted, and its sender is told
/// (5.6.3), because a mail that comes back is better than one that arrives damaged.
/// </summary>
internal static class SevenBitContent
{
    /// <summary>Above this the conversion is written to a temporary file. Octets.</summary>
    private const long MemoryLimit = 1024 * 1024;

    private static readonly FormatOptions WireFormat = Format();

    /// <summary>Null when it cannot be done without damage.</summary>
    public static async Task<MailContent?> TryConvertAsync(MailContent content)
    {
        try
        {
            await using var source = content.OpenRead();
            using var message = await MimeMessage.LoadAsync(source, persistent: true);
            if (message.Body is null || ContainsSigned(message.Body))
                return null;
            message.Prepare(EncodingConstraint.SevenBit);
            return content.Length <= MemoryLimit ? InMemory(message) : await OnDiskAsync(message);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool ContainsSigned(MimeEntity entity) => entity switch
    {
        MultipartSigned => true,
        Multipart multipart => multipart.Any(ContainsSigned),
        MessagePart { Message.Body: { } inner } => ContainsSigned(inner),
        _ => false,
    };

    private static MemoryContent? InMemory(MimeMessage message)
    {
        using var target = new MemoryStream();
        message.WriteTo(WireFormat, target);
        var octets = target.ToArray();
        return Ascii.IsValid(octets) ? new MemoryContent(octets) : null;
    }

    private static async Task<SpooledContent?> OnDiskAsync(MimeMessage message)
    {
        var path = Path.Combine(Path.GetTempPath(), $"clustermail-7bit-{Guid.NewGuid():N}");
        var clean = true;
        long length;
        await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 65536, FileOptions.Asynchronous))
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await message.WriteToAsync(WireFormat, file);
            length = file.Length;
            file.Position = 0;
            var chunk = new byte[65536];
            for (var count = await file.ReadAsync(chunk); count > 0 && clean; count = await file.ReadAsync(chunk))
                clean = Ascii.IsValid(chunk.AsSpan(0, count));
        }
        var converted = new SpooledContent(path, length);
        if (clean)
            return converted;
        converted.Dispose();
        return null;
    }

    private static FormatOptions Format()
    {
        var options = FormatOptions.Default.Clone();
        options.NewLineFormat = NewLineFormat.Dos;
        return options;
    }
}
