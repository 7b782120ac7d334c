using System.Globalization;
using System.Security.Cryptography;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Migration;
using ClusterMail.Migration.Mail;

namespace ClusterMail.Cli.Import;

/// <summary>
/// Messages into mailboxes. Of each part of an account's messages the farm is asked first which it has, so that a second run sends nothing. One account after the other keeps the
/// order of its messages; several accounts go side by side.
/// </summary>
internal sealed class MailboxStep(AdminClient client, EpostPlan plan, bool dryRun, EpostReport report)
{
    private const int SideBySide = 4;
    private const int Part = 200;

    private readonly HashSet<string> _planned = plan.Accounts.Select(account => account.Address).ToHashSet(StringComparer.OrdinalIgnoreCase);
    private readonly CountProgress _progress = new("messages", plan.Mailboxes.Count);

    public async Task RunAsync(CancellationToken cancel)
    {
        var accounts = plan.Mailboxes.GroupBy(message => message.Address, StringComparer.OrdinalIgnoreCase);
        await Parallel.ForEachAsync(accounts, new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancel }, async (account, cancelOne) =>
        {
            foreach (var part in account.Chunk(Part))
                await PartAsync(account.Key, part, cancelOne);
        });
        _progress.End();
    }

    private async Task PartAsync(string address, MailboxFile[] messages, CancellationToken cancel)
    {
        var hashes = new string[messages.Length];
        for (var i = 0; i < messages.Length; i++)
        {
            await using var stream = messages[i].File.Open();
            hashes[i] = Convert.ToHexString(await SHA256.HashDataAsync(stream, cancel));
        }

        var known = await KnownAsync(address, messages, hashes, cancel);
        // Copies within one part: the farm knows the second one only once the first is there, and a dry run sends none.
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < messages.Length; i++)
        {
            var present = known is not null && (known[i] || !seen.Add((messages[i].Folder, hashes[i])));
            await report.WriteAsync(known is null ? NoAccount(messages[i]) : present ? Present(messages[i]) : await SendAsync(messages[i], cancel));
            _progress.Add(1);
        }
    }

    /// <summary>Null: there is no such account, and there will be none.</summary>
    private async Task<IReadOnlyList<bool>?> KnownAsync(string address, MailboxFile[] messages, string[] hashes, CancellationToken cancel)
    {
        var question = new ImportedQuestion([.. messages.Zip(hashes, (message, hash) => new ImportedFile(hash, message.Folder))]);
        var known = (await client.SendAsync(
            HttpMethod.Post, Routes.Fill(Routes.AccountMessagesImported, address), question, AdminJson.Default.ImportedQuestion, AdminJson.Default.ImportedAnswer, cancel)).Value.Known;
        // A dry run has created none of the accounts it would.
        return known.Count > 0 ? known : dryRun && _planned.Contains(address) ? new bool[messages.Length] : null;
    }

    private async Task<Finding> SendAsync(MailboxFile message, CancellationToken cancel)
    {
        var (at, sender) = message.Arrival();
        if (!dryRun)
        {
            var path = Verbs.Query(
                Routes.Fill(Routes.AccountMessages, message.Address), ("folder", message.Folder), ("flags", message.Flags.Length > 0 ? message.Flags : null),
                ("at", at.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)), ("sender", sender));
            await using var body = message.File.Open();
            if ((await client.SendAsync(HttpMethod.Post, path, body, AdminJson.Default.MessageImported, cancel)).Value.Uid is null)
                return Present(message);
        }

        return message.Digits.Length > 0
            ? Of(message, FindingOutcome.Changed, $"{message.Folder} of {message.Address}, without flags: no document says what the digits {message.Digits} mean (--flag-digits)", "CONF-60")
            : Of(message, FindingOutcome.Imported, $"{message.Folder} of {message.Address}", "");
    }

    private static Finding Present(MailboxFile message) => Of(message, FindingOutcome.Present, $"already there: {message.Folder} of {message.Address}", "");

    private static Finding NoAccount(MailboxFile message) => Of(message, FindingOutcome.Ignored, $"there is no account {message.Address}", "DOM-6") with { IsFault = true };

    private static Finding Of(MailboxFile message, FindingOutcome outcome, string reason, string rule) => new(message.File.Path, 0, "", outcome, reason, rule);
}
