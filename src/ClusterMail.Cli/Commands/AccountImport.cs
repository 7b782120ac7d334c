using System.Diagnostics;
using System.Globalization;
using System.Text.Unicode;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary>
/// Sends a file of accounts part by part, so that neither side keeps more than a part of it, and tells how far it is. A part grows until it takes about two seconds: with passwords to
/// hash that is some dozen lines, without them a thousand.
/// </summary>
internal sealed class AccountImport(AdminClient client, string domain, bool update, bool dryRun)
{
    private const int FirstPart = 25;
    private const int LargestPart = 1000;
    private const int LongestLine = 64 * 1024;

    /// <summary>Refused lines shown when no report was asked for.</summary>
    private const int MostShown = 10;

    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<AccountImportLine> _refused = [];

    public async Task RunAsync(string file, string encoding, string? reportFile, CancellationToken cancel)
    {
        var charset = encoding == "auto" ? await DetectAsync(file, cancel) : encoding;
        await using var input = Open(file);
        await using var report = reportFile is null ? null : new ImportReport(reportFile);
        var progress = new ImportProgress(input.Length);
        var (lines, next, size) = (0, 1, FirstPart);
        var reader = new LineFeed(input, LongestLine);
        while (await reader.ReadAsync(size, cancel) is { Lines: > 0 } part)
        {
            var clock = Stopwatch.StartNew();
            foreach (var line in (await SendAsync(part.Octets, next, charset, cancel)).Lines)
                await NoteAsync(line, report);
            size = Grown(size, clock.Elapsed);
            (lines, next) = (lines + part.Lines, next + part.Lines);
            progress.Show(lines, reader.Position);
        }

        progress.End();
        Summarise(reportFile, progress.Elapsed);
    }

    private async Task<AccountImportResult> SendAsync(ReadOnlyMemory<byte> part, int first, string charset, CancellationToken cancel)
    {
        var path = Verbs.Query(
            Routes.Fill(Routes.DomainImport, domain), ("first", first.ToString(CultureInfo.InvariantCulture)), ("encoding", charset), ("update", update ? "true" : null),
            ("dryRun", dryRun ? "true" : null));
        try
        {
            return (await client.SendAsync(HttpMethod.Post, path, part, AdminJson.Default.AccountImportResult, cancel)).Value;
        }
        catch (CommandFailure broken) when (first > 1)
        {
            throw new CommandFailure(broken.ExitCode, $"line {first}: {broken.Message}. Everything before it is done; run the same command again, and what exists is skipped");
        }
    }

    private async Task NoteAsync(AccountImportLine line, ImportReport? report)
    {
        _counts[line.Outcome] = _counts.GetValueOrDefault(line.Outcome) + 1;
        if (line.Outcome == ImportOutcomes.Refused && _refused.Count < MostShown)
            _refused.Add(line);
        if (report is not null)
            await report.WriteAsync(line);
    }

    private void Summarise(string? reportFile, TimeSpan elapsed)
    {
        var screen = new Screen();
        int Count(string outcome) => _counts.GetValueOrDefault(outcome);
        screen.Line(Words.Of(
            $"{Count(ImportOutcomes.Created)} created, {Count(ImportOutcomes.Updated)} updated, {Count(ImportOutcomes.Skipped)} skipped (they exist), {Count(ImportOutcomes.Refused)} refused, in {Ages.Of(elapsed)}"));
        if (dryRun)
            screen.Line(Words.Of("nothing was saved: --dry-run"));
        if (Count(ImportOutcomes.Refused) == 0)
            return;
        if (reportFile is null)
            foreach (var line in _refused)
                screen.Warning(Words.Of($"line {line.Line}: {line.Reason} ({line.Rule})"));
        throw new CommandFailure($"{Count(ImportOutcomes.Refused)} lines were refused: {reportFile ?? Words.Of("--report FILE writes all of them")}");
    }

    private static int Grown(int size, TimeSpan took) => took.TotalSeconds switch
    {
        > 4 => Math.Max(FirstPart, size / 2),
        < 1.5 => Math.Min(LargestPart, size * 2),
        _ => size,
    };

    /// <summary>IMP-7: a file is UTF-8 if all of it is; Shift_JIS never is, but for a file in ASCII, which is both.</summary>
    private static async Task<string> DetectAsync(string file, CancellationToken cancel)
    {
        await using var input = Open(file);
        var reader = new LineFeed(input, LongestLine);
        while (await reader.ReadAsync(LargestPart, cancel) is { Lines: > 0 } part)
            if (!Utf8.IsValid(part.Octets.Span))
                return "shift_jis";
        return "utf-8";
    }

    private static FileStream Open(string file) => new(file, new FileStreamOptions { Mode = FileMode.Open, Options = FileOptions.SequentialScan | FileOptions.Asynchronous });
}
