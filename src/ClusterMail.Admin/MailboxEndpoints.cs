using System.Text.Json;
using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>account mailbox</c> and <c>account export-mailbox</c>: what a mailbox holds, and all of it as a stream.</summary>
internal static class MailboxEndpoints
{
    private const string ExportType = "application/vnd.clustermail.mailbox";

    public static void MapMailboxes(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("account");
        group.MapGet(Routes.AccountMailbox, StatusAsync).Needs(Right.ReadDirectory, "account.mailbox").WithSummary("Folders, messages and usage of an account's mailbox").Produces<MailboxStatus>();
        group.MapGet(Routes.AccountMessages, ExportAsync).Needs(Right.ReadContent, "account.export-mail").WithSummary("All messages of an account's mailbox, one after the other").Produces<string>(contentType: ExportType);
    }

    private static async Task<IResult> StatusAsync(string address, MailboxStore boxes, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        var (box, set, domain) = await FindAsync(address, boxes, desk, cancel);
        if (!context.Caller().Reach(Right.ReadDirectory).Covers(domain))
            return new NotAllowed(address);
        if (box is null)
            return Missing(address);
        var own = box.Delivery.Length > 0 ? box.Delivery : OperatedDomains.Parse(set.Text("domain.table")).Domains.Find(box.Domain)?.Delivery ?? "";
        var usage = await boxes.UsageAsync(box.Account, cancel);
        var folders = await boxes.FoldersAsync(box.Account, cancel);
        return Results.Ok(new MailboxStatus(
            $"{box.Name}@{box.Domain}", own == MailStore.Elsewhere || MailStore.TryParse(own, out _) ? own : "here", box.Limit > 0 ? box.Limit : set.Integer("mailbox.max_bytes"), usage.Octets, usage.Messages,
            [.. folders.Select(f => new MailboxFolderStatus(f.Name, f.Usage.Messages, f.Usage.Octets, f.UidValidity, f.UidNext))]));
    }

    private static async Task<IResult> ExportAsync(string address, MailboxStore boxes, SettingsDesk desk, ConsoleAudit audit, HttpContext context, CancellationToken cancel)
    {
        if ((await FindAsync(address, boxes, desk, cancel)).Box is not { } box)
            return Missing(address);
        // It changes nothing, but somebody has read mail that was not for him.
        await audit.NoteAsync(context.User(), AuditOutcome.Done, new AuditNote("account.export-mail", $"{box.Name}@{box.Domain}"), cancel);
        return Results.Stream(body => WriteAsync(boxes, box.Account, body, cancel), ExportType);
    }

    private static async Task WriteAsync(MailboxStore boxes, long account, Stream body, CancellationToken cancel)
    {
        foreach (var folder in await boxes.FoldersAsync(account, cancel))
        {
            var last = 0L;
            IReadOnlyList<MailboxMessage> page;
            do
            {
                page = await boxes.MessagesAsync(folder.Id, last, cancel);
                foreach (var message in page)
                    await WriteAsync(boxes, folder, message, body, cancel);
                last = page.Count > 0 ? page[^1].Uid : last;
            }
            while (page.Count == MailboxStore.Page);
        }
    }

    private static async Task WriteAsync(MailboxStore boxes, MailboxFolder folder, MailboxMessage message, Stream body, CancellationToken cancel)
    {
        var head = new ExportedMessage(folder.Name, folder.UidValidity, message.Uid, Flags(message.Flags), message.InternalDate, message.Size);
        await body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(head, AdminJson.Default.ExportedMessage), cancel);
        await body.WriteAsync("\n"u8.ToArray(), cancel);
        using var content = boxes.Content(message);
        await using var stream = content.OpenRead();
        await stream.CopyToAsync(body, cancel);
    }

    // In the order a Maildir wants them.
    private static string Flags(MessageFlags flags) => string.Concat(
        flags.HasFlag(MessageFlags.Draft) ? "D" : "",
        flags.HasFlag(MessageFlags.Flagged) ? "F" : "",
        flags.HasFlag(MessageFlags.Answered) ? "R" : "",
        flags.HasFlag(MessageFlags.Seen) ? "S" : "",
        flags.HasFlag(MessageFlags.Deleted) ? "T" : "");

    private static async Task<(MailboxOwner? Box, SettingSet Set, string Domain)> FindAsync(string address, MailboxStore boxes, SettingsDesk desk, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        var set = new SettingSet(snapshot.Version, snapshot.Values);
        var mailbox = Mailbox.FromStored(address);
        // DOM-9: the address may be in a domain that shares the mailboxes of another.
        var domain = DomainName.Normalize(OperatedDomains.Parse(set.Text("domain.table")).Domains.MailboxDomain(mailbox.Domain));
        return (await boxes.OwnerAsync(domain, mailbox.LocalPart, cancel), set, domain);
    }

    private static IResult Missing(string address) => Answers.NotFound($"There is no account {Requests.Printable(address, 320)}.", "An alias has no mailbox; ask for the account it leads to.");
}
