using System.Buffers;
using System.Globalization;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Maildir;

/// <summary>
/// Writes messages into a Maildir++ (cr.yp.to/proto/maildir.html and the folders of Courier and Dovecot): each is written in <c>tmp</c>, then moved to <c>cur</c>, so
/// that a reader never sees half of one. Lines end in LF, as other programs write there; folders stand beside each other as <c>.Name.Sub</c>.
/// </summary>
internal sealed class MaildirWriter
{
    private readonly string _root;
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);

    /// <param name="root">Is made; when it is there it must be empty.</param>
    /// <exception cref="CommandFailure">It holds something.</exception>
    public MaildirWriter(string root)
    {
        _root = root;
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
            throw new CommandFailure($"{root} is not empty: name a new folder, so that nothing is mixed");
        Folder("INBOX");
    }

    /// <summary>Writes one message from its octets, CRLF line ends.</summary>
    /// <exception cref="IOException">They end before <see cref="ExportedMessage.Size"/>.</exception>
    public async Task WriteAsync(ExportedMessage message, Stream octets, CancellationToken cancel)
    {
        var folder = Folder(message.Folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"{message.At.ToUnixTimeSeconds()}.U{message.Uid}V{message.UidValidity}.clustermail");
        var draft = Path.Combine(folder, "tmp", name);
        long size;
        await using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, 65536, FileOptions.Asynchronous))
        {
            await CopyAsync(octets, message.Size, file, cancel);
            size = file.Length;
        }
        File.SetLastWriteTimeUtc(draft, message.At.UtcDateTime);
        // S: octets of the file, W: octets with CRLF, so that a reader need not count.
        File.Move(draft, Path.Combine(folder, "cur", string.Create(CultureInfo.InvariantCulture, $"{name},S={size},W={message.Size}:2,{message.Flags}")));
    }

    private string Folder(string name)
    {
        var folder = name == "INBOX" ? _root : Path.Combine(_root, "." + string.Join('.', name.Split('/').Select(FolderName.Encode)));
        if (!_made.Add(folder))
            return folder;
        foreach (var part in (string[])["tmp", "new", "cur"])
            Directory.CreateDirectory(Path.Combine(folder, part));
        if (folder != _root)
            File.WriteAllBytes(Path.Combine(folder, "maildirfolder"), []);
        return folder;
    }

    private static async Task CopyAsync(Stream from, long count, FileStream to, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(65536);
        try
        {
            var held = false;
            for (var left = count; left > 0;)
            {
                var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel);
                if (read == 0)
                    throw new IOException("the node's answer ended in the middle of a message");
                left -= read;
                held = Unix(buffer.AsSpan(0, read), to, held);
            }
            if (held)
                to.WriteByte((byte)'\r');
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>CRLF becomes LF; a CR that stands alone stays.</summary>
    /// <param name="held">The piece before ended in a CR that is not written yet.</param>
    /// <returns>Whether this one does.</returns>
    private static bool Unix(Span<byte> piece, FileStream to, bool held)
    {
        if (held && piece[0] != '\n')
            to.WriteByte((byte)'\r');
        var ends = piece[^1] == '\r';
        var kept = 0;
        for (var i = 0; i < piece.Length; i++)
        {
            var next = i + 1 < piece.Length ? piece[i + 1] : (byte)'\n';
            if (piece[i] != '\r' || next != '\n')
                piece[kept++] = piece[i];
        }
        to.Write(piece[..kept]);
        return ends;
    }
}
