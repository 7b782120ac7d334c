using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace ClusterMail.Approval.Commands;

/// <summary>The history as attachments (APPROVE-221): one text file for each day, packed when large.</summary>
/// <param name="Files">Name and octets, in order of the days. One zip above <see cref="ZipAbove"/>.</param>
/// <param name="IsTooLarge">More than <see cref="Limit"/>: no file, the answer has a link to fetch it.</param>
public sealed record HistoryFiles(ImmutableArray<HistoryFiles.NamedFile> Files, bool IsTooLarge)
{
    public sealed record NamedFile(string Name, ReadOnlyMemory<byte> Octets);

    /// <summary>Octets (APPROVE-221).</summary>
    public const int ZipAbove = 1_000_000;

    /// <summary>Octets before packing (APPROVE-221).</summary>
    public const int Limit = 50_000_000;

    /// <summary>Days when the command names none (APPROVE-221); the original sent everything.</summary>
    public const int DefaultDays = 90;

    public static DayRange Range(ApprovalCommand.History command, DateOnly today) => command.Days ?? new DayRange(today.AddDays(1 - DefaultDays), today);

    /// <param name="days">Lines of the approval log by day, without line ends, as chapter 23 writes them.</param>
    /// <param name="charset">UTF-8 is written with BOM; Shift_JIS as the original had it.</param>
    public static HistoryFiles Pack(IEnumerable<(DateOnly Day, IEnumerable<string> Lines)> days, Encoding charset)
    {
        var files = ImmutableArray.CreateBuilder<NamedFile>();
        long total = 0;
        foreach (var (day, lines) in days)
        {
            var octets = Text(lines, charset, Limit - total);
            if (octets is null)
                return new HistoryFiles([], IsTooLarge: true);
            total += octets.Length;
            files.Add(new NamedFile($"{day.ToString("yyMMdd", CultureInfo.InvariantCulture)}.txt", octets));
        }
        return new HistoryFiles(total > ZipAbove ? [Zip(files)] : files.ToImmutable(), IsTooLarge: false);
    }

    /// <summary>Null when it does not fit into the room.</summary>
    private static byte[]? Text(IEnumerable<string> lines, Encoding charset, long room)
    {
        using var target = new MemoryStream();
        target.Write(charset.GetPreamble());
        foreach (var line in lines)
        {
            target.Write(charset.GetBytes(line));
            target.Write("\r\n"u8);
            if (target.Length > room)
                return null;
        }
        return target.ToArray();
    }

    private static NamedFile Zip(IReadOnlyList<NamedFile> files)
    {
        using var target = new MemoryStream();
        using (var zip = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in files)
            {
                using var entry = zip.CreateEntry(file.Name).Open();
                entry.Write(file.Octets.Span);
            }
        }
        return new NamedFile("approval-log.zip", target.ToArray());
    }
}
