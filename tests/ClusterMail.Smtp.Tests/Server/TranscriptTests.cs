using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>
/// Replays <c>transcripts/*.smtp</c> against a real listener. <c>C:</c> is a line to send, <c>S:</c> a line to expect, <c>#</c> a comment, of which
/// the first may set options (<c>limit: 3</c>). <c>CLOSED</c> expects the end of the connection.
/// </summary>
public sealed class TranscriptTests
{
    public static TheoryData<string> Files()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "transcripts"), "*.smtp").Select(file => Path.GetFileNameWithoutExtension(file)!);
        return [.. files.Order(StringComparer.Ordinal)];
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task RECV_20_CONTRA_26_each_dialogue_runs_as_written_line_by_line(string name) => await ReplayAsync(name, wholeLines: true);

    [Theory]
    [MemberData(nameof(Files))]
    public async Task RECV_20_each_dialogue_runs_as_written_octet_by_octet(string name) => await ReplayAsync(name, wholeLines: false);

    private static async Task ReplayAsync(string name, bool wholeLines)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "transcripts", name + ".smtp"));
        await using var receiver = await TestReceiver.StartAsync(OptionsOf(lines[0]));
        using var client = await receiver.ConnectAsync();
        var pending = new Queue<string>();
        foreach (var line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.StartsWith("C: ", StringComparison.Ordinal))
            {
                await SendAsync(client, line[3..].Replace(@"\t", "\t", StringComparison.Ordinal) + "\r\n", wholeLines);
            }
            else if (line == "CLOSED")
            {
                Assert.Null(await client.ReplyAsync());
            }
            else
            {
                if (pending.Count == 0)
                    foreach (var got in (await client.ReplyAsync() ?? "(connection closed)").Split('\n'))
                        pending.Enqueue(got);
                Assert.Equal(line[3..], pending.Dequeue());
            }
        }
        Assert.Empty(pending);
    }

    private static async Task SendAsync(WireClient client, string text, bool whole)
    {
        if (whole)
        {
            await client.SendAsync(text);
            return;
        }
        foreach (var character in text)
            await client.SendAsync(character.ToString());
    }

    private static ReceiveOptions OptionsOf(string comment)
    {
        int Value(string name, int otherwise) =>
            Regex.Match(comment, name + @": (\d+)") is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : otherwise;
        return TestReceiver.Defaults with
        {
            MaxRecipients = Value("limit", 1000),
            DeferExtraRecipients = comment.Contains("extra-deferred", StringComparison.Ordinal),
            MaxBytes = Value("size", 52_428_800),
            MaxErrors = Value("errors", 20),
            MaxCommands = Value("commands", 10_000),
        };
    }
}
