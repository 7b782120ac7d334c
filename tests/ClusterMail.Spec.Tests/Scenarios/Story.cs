using System.Text;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Scenarios;

/// <summary>
/// One mail as GW tells of it in its logs, and as it arrived, compared with <c>transcripts/NAME.smtp</c> as a whole. What differs from run to run (times, numbers, ports,
/// sizes) is masked, nothing else. With CLUSTERMAIL_WRITE_TRANSCRIPTS set the files are written instead, to be read against the specification before they are kept.
/// </summary>
internal static partial class Story
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly string Folder = Path.Combine(Tool.Root, "tests", "ClusterMail.Spec.Tests", "transcripts");

    /// <summary>What the logs of GW tell of a mail that has arrived, and the mail itself.</summary>
    public static async Task<string> OfAsync(ClusterMail.Testing.Processes.Farm farm, SinkMail arrived)
    {
        var text = new StringBuilder();
        // GW's own Received: header names it.
        var number = Number().Match(arrived.Text).Value;
        await Until.TrueAsync(
            async () => (await LinesAsync(farm, "outlog")).Any(line => line.StartsWith(number, StringComparison.Ordinal))
                && (await LinesAsync(farm, "receivelog")).Any(line => line.Contains(number, StringComparison.Ordinal)), Soon, $"{number} in the logs");
        foreach (var log in (string[])["acceptlog", "receivelog", "inlog", "senderlog", "outlog", "faillog"])
        {
            var lines = (await LinesAsync(farm, log)).Where(line => line.Contains(number, StringComparison.Ordinal)).ToArray();
            if (lines.Length == 0)
                continue;
            text.Append($"== {log}\n");
            foreach (var line in lines)
                text.Append(line).Append('\n');
        }
        text.Append("== as it arrived\n").Append(arrived.MailLine).Append('\n');
        foreach (var recipient in arrived.RecipientLines)
            text.Append(recipient).Append('\n');
        return text.Append(arrived.Text.ReplaceLineEndings("\n")).ToString();
    }

    public static async Task CompareAsync(string name, string story)
    {
        var file = Path.Combine(Folder, name + ".smtp");
        var masked = Masked(story);
        if (Environment.GetEnvironmentVariable("CLUSTERMAIL_WRITE_TRANSCRIPTS") is { Length: > 0 })
            await File.WriteAllTextAsync(file, (File.Exists(file) ? Comments(await File.ReadAllTextAsync(file)) : $"# {name}\n") + masked);
        var kept = await File.ReadAllTextAsync(file);
        Assert.Equal(kept[Comments(kept).Length..], masked);
    }

    private static string Comments(string text) => string.Concat(text.Split('\n').TakeWhile(line => line.StartsWith('#')).Select(line => line + "\n"));

    private static async Task<string[]> LinesAsync(ClusterMail.Testing.Processes.Farm farm, string log) => (await farm.RunAsync("log", log)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Masked(string text)
    {
        text = Time().Replace(text, "[TIME]");
        text = Number().Replace(text, "NUMBER");
        text = Port().Replace(text, "$1:PORT");
        text = Interval().Replace(text, "GetTryServer:(ltime(T)-otime(T))/$1=($2)");
        text = Date().Replace(text, "DATE");
        text = Size().Replace(text, "SIZE=N");
        text = Octets().Replace(text, "(N octets of content)");
        return PostfixId().Replace(text, "$1QUEUEID");
    }

    [GeneratedRegex(@"\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\]")]
    private static partial Regex Time();

    [GeneratedRegex(@"B\d{10}")]
    private static partial Regex Number();

    [GeneratedRegex(@"(127\.0\.0\.\d+\]?):\d{4,5}")]
    private static partial Regex Port();

    [GeneratedRegex(@"GetTryServer:\(ltime\(\d+\)-otime\(\d+\)\)/(\d+)=\((\d+)\)")]
    private static partial Regex Interval();

    [GeneratedRegex(@"\w{3}, +\d{1,2} \w{3} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}(?: \(\w+\))?(?<!21 Nov 2026 12:00:00 \+0900)")]
    private static partial Regex Date();

    [GeneratedRegex(@"\(\d+ octets of content\)")]
    private static partial Regex Octets();

    [GeneratedRegex(@"SIZE=\d+")]
    private static partial Regex Size();

    [GeneratedRegex(@"((?:queued as |E?SMTPS? id |with ESMTPS? id ))[0-9A-F]{8,12}\b")]
    private static partial Regex PostfixId();
}
