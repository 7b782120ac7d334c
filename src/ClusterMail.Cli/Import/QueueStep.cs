using System.Security.Cryptography;
using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Migration;
using ClusterMail.Migration.Mail;

namespace ClusterMail.Cli.Import;

/// <summary>Mails of the original's queue (QUEUE-7): each pair once, under a number of the farm, with what it has waited and how often it was tried.</summary>
internal sealed class QueueStep(AdminClient client, EpostPlan plan, bool dryRun, EpostReport report)
{
    /// <summary>Octets of a content that goes into one request.</summary>
    private const long LargestContent = 64L * 1024 * 1024;

    public async Task RunAsync(CancellationToken cancel)
    {
        var progress = new CountProgress("mails of the queue", plan.Queue.Count);
        foreach (var pair in plan.Queue)
        {
            await OneAsync(pair, cancel);
            progress.Add(1);
        }

        progress.End();
    }

    private async Task OneAsync(QueuePair pair, CancellationToken cancel)
    {
        if (pair.Message.Length is 0 or > LargestContent)
        {
            var reason = pair.Message.Length == 0 ? "the content is empty" : $"larger than {LargestContent} octets: let the original deliver it before the change-over";
            await TellAsync(pair, new Finding("", 0, "", FindingOutcome.Ignored, reason, "QUEUE-7") { IsFault = true });
            return;
        }

        var content = pair.Message.ReadAll();
        var envelope = pair.EnvelopeText;
        if (dryRun)
        {
            var hash = Convert.ToHexString(SHA256.HashData([.. Encoding.UTF8.GetBytes(envelope), .. content]));
            var answer = await client.SendAsync(HttpMethod.Post, Routes.QueueImported, new ImportedQuestion([new ImportedFile(hash)]), AdminJson.Default.ImportedQuestion, AdminJson.Default.ImportedAnswer, cancel);
            await TellAsync(pair, answer.Value.Known[0] ? Present(pair, "") : Done(pair, "a new number"));
            return;
        }

        var state = new MailPairState(pair.QueuedAt, pair.Retry?.Tries ?? 0, pair.Retry is { Error.Length: > 0 } retry ? retry.Error : null);
        var sent = await client.SendAsync(
            HttpMethod.Post, Routes.QueueImport, new MailPair(pair.Id, content, envelope) { State = state }, AdminJson.Default.MailPair, AdminJson.Default.ImportResult, cancel);
        await TellAsync(pair, sent.Value.Present ? Present(pair, sent.Value.Id) : Done(pair, sent.Value.Id));
    }

    private static Finding Done(QueuePair pair, string number) => new(
        "", 0, pair.Id, FindingOutcome.Changed, $"is {number} here, for {pair.Content.Recipients.Count} recipients{(pair.Retry is { Tries: > 0 } retry ? $", after {retry.Tries} attempts" : "")}", "QUEUE-7");

    private static Finding Present(QueuePair pair, string number) => new("", 0, pair.Id, FindingOutcome.Present, number.Length == 0 ? "already there" : $"already there: it is {number}, or was", "QUEUE-7");

    /// <summary>Of the envelope line by line, and of the content as a whole.</summary>
    private async Task TellAsync(QueuePair pair, Finding finding)
    {
        foreach (var line in pair.Lines)
            await report.WriteAsync(finding with { File = pair.Envelope.Path, Line = line.Number, Text = line.Text });
        await report.WriteAsync(finding with { File = pair.Message.Path });
    }
}
