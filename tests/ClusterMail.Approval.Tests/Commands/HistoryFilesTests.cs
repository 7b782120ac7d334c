using System.IO.Compression;
using System.Text;
using ClusterMail.Approval.Commands;

namespace ClusterMail.Approval.Tests.Commands;

public class HistoryFilesTests
{
    private static readonly DateOnly Day = new(2026, 11, 24);
    private const string Line = "[2026/11/24:10:16:19] [承認] 承認者=bucho@corp.example";

    [Fact]
    public void APPROVE_221_one_file_for_each_day_in_UTF_8_with_BOM()
    {
        var files = HistoryFiles.Pack([(Day, [Line, Line]), (Day.AddDays(1), [])], new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal(["261124.txt", "261125.txt"], files.Files.Select(file => file.Name));
        Assert.Equal([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{Line}\r\n{Line}\r\n")], files.Files[0].Octets.ToArray());
    }

    [Fact]
    public void APPROVE_221_or_in_Shift_JIS_as_the_original()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var sjis = Encoding.GetEncoding("shift_jis");
        Assert.Equal(sjis.GetBytes($"{Line}\r\n"), HistoryFiles.Pack([(Day, [Line])], sjis).Files[0].Octets.ToArray());
    }

    [Fact]
    public void APPROVE_221_above_1_MB_packed_as_zip()
    {
        var files = HistoryFiles.Pack([(Day, Enumerable.Repeat(Line, 20_000)), (Day.AddDays(1), [Line])], Encoding.UTF8);
        var zip = Assert.Single(files.Files);
        Assert.Equal("approval-log.zip", zip.Name);
        using var archive = new ZipArchive(new MemoryStream(zip.Octets.ToArray()));
        Assert.Equal(["261124.txt", "261125.txt"], archive.Entries.Select(entry => entry.FullName));
    }

    [Fact]
    public void APPROVE_221_above_50_MB_no_file_at_all()
    {
        var files = HistoryFiles.Pack([(Day, Enumerable.Repeat(new string('x', 1_000_000), 60))], Encoding.UTF8);
        Assert.True(files.IsTooLarge);
        Assert.Empty(files.Files);
    }
}
