using System.Globalization;
using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary>Messages that come as files of another installation (ADMIN-52): each into the mailbox of its account, octet by octet, and once.</summary>
internal static class MailboxImportEndpoints
{
    private const long LargestMessage = 2L * 1024 * 1024 * 1024;
    private const int LongestFolder = 255;
    private const int MostLevels = 20;
    private const int LongestAddress = 320;

    /// <summary>A hash that is none, or too many.</summary>
    public static IResult NoHashes { get; } = Answers.Wrong($"A question has from 1 to {MailboxImport.MostAsked} files, each with its SHA-256 in hexadecimal.");

    public static void MapMailboxImport(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("account");
        group.MapPost(Routes.AccountMessages, ImportAsync).Needs(Right.Govern, "account.message.import").WithSummary("Puts a message into an account's mailbox, once").Produces<MessageImported>()
            .WithMetadata(new RequestSizeLimitAttribute(LargestMessage));
        group.MapPost(Routes.AccountMessagesImported, KnownAsync).Needs(Right.Govern, "account.message.imported").WithSummary("Which messages were imported before").Produces<ImportedAnswer>();
    }

    private static async Task<IResult> ImportAsync(
        string address, string? folder, string? flags, DateTimeOffset? at, string? sender, MailboxStore boxes, MailboxImport import, SettingsDesk desk, ConsoleAudit audit, HttpContext context, CancellationToken cancel)
    {
        if (Folder(folder) is not { } name)
            return Answers.Wrong($"'{Requests.Printable(folder!, 80)}' is no name of a folder.", hint: $"Levels separated by /, at most {LongestFolder} characters.");
        if (Flags(flags ?? "") is not { } set)
            return Answers.Wrong($"'{Requests.Printable(flags!, 20)}' are no flags.", hint: "Of D F R S T: draft, flagged, answered, seen, deleted.");
        if (sender is { Length: > LongestAddress } || sender?.Any(char.IsControl) == true)
            return Answers.Wrong("The sender is no address.");
        if (await OwnerAsync(address, boxes, desk, cancel) is not { } owner)
            return Missing(address);
        var file = new Store.ImportedFile(name, at ?? DateTimeOffset.UtcNow, set, sender ?? "", $"{owner.Name}@{owner.Domain}");
        var imported = await import.ImportAsync(owner.Account, file, context.Request.Body, cancel);
        await audit.NoteAsync(context.User(), AuditOutcome.Done, new AuditNote("account.message.import", file.Recipient, null, new Dictionary<string, string> { ["folder"] = name }), cancel);
        return Results.Ok(new MessageImported(file.Recipient, name, imported));
    }

    private static async Task<IResult> KnownAsync(string address, ImportedQuestion question, MailboxStore boxes, MailboxImport import, SettingsDesk desk, CancellationToken cancel)
    {
        if (Hashes(question) is not { } hashes || question.Files.Any(file => Folder(file.Folder) is null))
            return NoHashes;
        if (await OwnerAsync(address, boxes, desk, cancel) is not { } owner)
            return Results.Ok(new ImportedAnswer([]));
        var known = await import.KnownAsync(owner.Account, [.. question.Files.Zip(hashes, (file, hash) => (Folder(file.Folder)!, hash))], cancel);
        return Results.Ok(new ImportedAnswer([.. Enumerable.Range(0, hashes.Count).Select(known.Contains)]));
    }

    /// <summary>Null: one of them is none, or there are too many.</summary>
    public static IReadOnlyList<byte[]>? Hashes(ImportedQuestion question)
    {
        const int digits = 64;
        return question.Files.Count is 0 or > MailboxImport.MostAsked || question.Files.Any(file => file.Hash.Length != digits || !file.Hash.All(char.IsAsciiHexDigit))
            ? null : [.. question.Files.Select(file => Convert.FromHexString(file.Hash))];
    }

    private static string? Folder(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Equals("INBOX", StringComparison.OrdinalIgnoreCase))
            return "INBOX";
        var levels = name.Split('/');
        return name.Length > LongestFolder || levels.Length > MostLevels || levels.Any(string.IsNullOrWhiteSpace) || name.Any(char.IsControl) ? null : name;
    }

    private static MessageFlags? Flags(string letters)
    {
        var flags = MessageFlags.None;
        foreach (var letter in letters)
            switch (letter)
            {
                case 'D': flags |= MessageFlags.Draft; break;
                case 'F': flags |= MessageFlags.Flagged; break;
                case 'R': flags |= MessageFlags.Answered; break;
                case 'S': flags |= MessageFlags.Seen; break;
                case 'T': flags |= MessageFlags.Deleted; break;
                default: return null;
            }
        return flags;
    }

    // DOM-9: the address may be in a domain that shares the mailboxes of another.
    private static async Task<MailboxOwner?> OwnerAsync(string address, MailboxStore boxes, SettingsDesk desk, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        var mailbox = Mailbox.FromStored(address);
        var domains = OperatedDomains.Parse(new SettingSet(snapshot.Version, snapshot.Values).Text(SettingsDesk.DomainTable)).Domains;
        return await boxes.OwnerAsync(DomainName.Normalize(domains.MailboxDomain(mailbox.Domain)), mailbox.LocalPart, cancel);
    }

    private static IResult Missing(string address) => Answers.NotFound(string.Create(CultureInfo.InvariantCulture, $"There is no account {Requests.Printable(address, LongestAddress)}."), "clustermail account list shows them.");
}
