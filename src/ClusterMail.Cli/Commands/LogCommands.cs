using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Commands;

/// <summary><c>log</c>: the operators' logs in the original formats (chapter 08).</summary>
internal sealed class LogCommands(Verbs verbs)
{
    public Command Build() => new("log", "The logs of mail, in the original formats.")
    {
        Log(LogNames.Accept, "Clients that connected, and how their transactions ended (接続マシンログ)."),
        Log(LogNames.In, "Mail received (SMTP受信ログ)."),
        Log(LogNames.Receive, "Dialogues with clients: refusals, or all with log.receivelog on (SMTP受信詳細ログ)."),
        Log(LogNames.Out, "Mail sent to other servers (SMTP送信ログ)."),
        Log(LogNames.OutLocal, "Mail delivered here (SMTPローカル送信ログ)."),
        Log(LogNames.Sender, "Dialogues with other servers (配送時の詳細ログ)."),
        Log(LogNames.Fail, "Mail that could not be delivered (配送失敗ログ)."),
        Log(LogNames.Approval, "Decisions about held mail (上長承認記録ログ)."),
    };

    private Verb Log(string log, string description)
    {
        var day = new Option<string?>("--day") { Description = "YYYY-MM-DD. Default: today.", HelpName = "DAY" };
        day.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !IsDay(text))
                result.AddError($"--day takes a day like 2026-01-31, not '{text}'.");
        });
        var node = new Option<string?>("--node") { Description = "Only of this node. Default: all, merged by time.", HelpName = "NAME" };
        var from = new Option<string?>("--from") { Description = "Beginning: a day, a time, or 30m, 2h, 3d ago.", HelpName = "WHEN" };
        var to = new Option<string?>("--to") { Description = "End, a day included. Default: now.", HelpName = "WHEN" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on as the log grows, until interrupted." };
        var output = new Option<DirectoryInfo?>("--out") { Description = "Write files as the original has them: DIR/LOG/NODE/YYMMDD.log.", HelpName = "DIR" };
        var verb = new Verb(
            log, description, $"clustermail log {log}", $"clustermail log {log} --day 2026-01-31 --node n2", $"clustermail log {log} --from 2026-01-01 --to 2026-01-31 --out logs",
            $"clustermail log {log} --follow") { day, from, to, node, follow, output };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(follow) && result.GetValue(output) is not null)
                result.AddError("--follow and --out exclude each other.");
        });
        return verbs.Acting(verb, (client, parsed, cancel) =>
        {
            IReadOnlyList<(string, string?)> span = [("day", parsed.GetValue(day)), ("from", When(parsed.GetValue(from))), ("to", When(parsed.GetValue(to)))];
            var name = parsed.GetValue(node);
            return parsed.GetValue(output) is { } folder
                ? FilesAsync(client, log, [.. span, ("node", name)], folder, cancel)
                : PrintAsync(client, Verbs.Query(Routes.Fill(Routes.Log, log), [.. span, ("node", name), ("follow", parsed.GetValue(follow) ? "true" : null)]), cancel);
        });
    }

    private static bool IsDay(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>Days are the node's to understand, which knows the zone of the logs.</summary>
    private static string? When(string? text) => text is not null && IsDay(text) ? text : Times.Ago(text);

    private static async Task PrintAsync(AdminClient client, string path, CancellationToken cancel)
    {
        await using var output = Console.OpenStandardOutput();
        await client.CopyAsync(path, output, cancel);
    }

    private static async Task FilesAsync(AdminClient client, string log, IReadOnlyList<(string, string?)> query, DirectoryInfo folder, CancellationToken cancel)
    {
        var answer = await client.GetAsync(Verbs.Query(Routes.Fill(Routes.LogFiles, log), query), AdminJson.Default.LogFiles, cancel);
        foreach (var file in answer.Value.Files)
        {
            var path = Inside(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var output = File.Create(path))
                await client.CopyAsync(Verbs.Query(Routes.Fill(Routes.Log, log), ("day", file.Day), ("node", file.Node)), output, cancel);
            // A node that had nothing to do that day has no file, as in the original.
            if (new FileInfo(path).Length == 0)
                File.Delete(path);
            else
                Console.WriteLine(path);
        }
    }

    /// <summary>The names of files come from the server: none of them leads out of the folder.</summary>
    private static string Inside(DirectoryInfo folder, string path)
    {
        var root = Path.TrimEndingDirectorySeparator(folder.FullName) + Path.DirectorySeparatorChar;
        var full = Path.GetFullPath(Path.Combine(root, path));
        return full.StartsWith(root, StringComparison.Ordinal) ? full : throw new CommandFailure($"the node named a file outside {folder.FullName}: {path}");
    }
}
