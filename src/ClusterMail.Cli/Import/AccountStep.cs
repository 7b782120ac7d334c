using System.Diagnostics;
using System.Globalization;
using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Migration;
using ClusterMail.Migration.Users;

namespace ClusterMail.Cli.Import;

/// <summary>Accounts, domain by domain, in parts that take about two seconds: with passwords to hash that is some dozen.</summary>
/// <param name="operated">The farm's table of domains before this import: a dry run can ask only about those.</param>
internal sealed class AccountStep(AdminClient client, EpostPlan plan, bool dryRun, string operated)
{
    private const int FirstPart = 25;
    private const int LargestPart = 1000;

    public async Task RunAsync(CancellationToken cancel)
    {
        var known = operated.Split('\n').Select(line => line.Split(' ', 2)[0].Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var progress = new CountProgress("accounts", plan.Accounts.Count);
        foreach (var domain in plan.Accounts.GroupBy(account => account.Domain).Where(domain => !dryRun || known.Contains(domain.Key)))
        {
            var accounts = domain.ToArray();
            var (next, size) = (0, FirstPart);
            while (next < accounts.Length)
            {
                var clock = Stopwatch.StartNew();
                var part = accounts.AsMemory(next, Math.Min(size, accounts.Length - next));
                await SendAsync(domain.Key, part, cancel);
                next += part.Length;
                size = clock.Elapsed.TotalSeconds switch { > 4 => Math.Max(FirstPart, size / 2), < 1.5 => Math.Min(LargestPart, size * 2), _ => size };
                progress.Add(part.Length);
            }
        }

        progress.End();
    }

    private async Task SendAsync(string domain, ReadOnlyMemory<PlannedAccount> part, CancellationToken cancel)
    {
        var path = Verbs.Query(Routes.Fill(Routes.DomainImport, domain), ("first", "1"), ("encoding", "utf-8"), ("dryRun", dryRun ? "true" : null));
        var text = new StringBuilder();
        foreach (var account in part.Span)
            text.Append(CultureInfo.InvariantCulture, $"{account.Line}");
        var answer = await client.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(text.ToString()), AdminJson.Default.AccountImportResult, cancel);
        foreach (var line in answer.Value.Lines)
        {
            var finding = part.Span[line.Line - 1].Finding;
            if (line.Outcome == ImportOutcomes.Skipped)
                plan.Log.Present(finding);
            else if (line.Outcome == ImportOutcomes.Refused)
                plan.Log.Replace(finding, FindingOutcome.Ignored, line.Reason ?? "refused", line.Rule ?? "", isFault: true);
        }
    }
}
