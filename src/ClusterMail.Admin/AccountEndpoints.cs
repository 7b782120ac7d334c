using System.Globalization;
using System.IO.Pipelines;
using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>account</c>: list, show, change; import and export in the original's form.</summary>
internal static class AccountEndpoints
{
    private const int MostListed = 1000;

    public static void MapAccounts(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("accounts");
        api.MapGet(Routes.Accounts, ListAsync).Needs(Right.ReadDirectory, "account.list").WithSummary("Accounts by domain and name").Produces<AccountPage>();
        api.MapPost(Routes.Accounts, AddAsync).Needs(Right.ChangeDirectory, "account.add").WithSummary("Creates an account").Produces<AccountDone>();
        api.MapGet(Routes.Account, GetAsync).Needs(Right.ReadDirectory, "account.show").WithSummary("One account").Produces<AccountEntry>();
        api.MapPatch(Routes.Account, ChangeAsync).Needs(Right.ChangeDirectory, "account.change").WithSummary("Changes an account").Produces<AccountDone>();
        api.MapDelete(Routes.Account, RemoveAsync).Needs(Right.ChangeDirectory, "account.remove").WithSummary("Removes an account; it can be restored for 30 days").Produces<AccountDone>();
        api.MapPost(Routes.AccountRestore, RestoreAsync).Needs(Right.ChangeDirectory, "account.restore").WithSummary("Brings a removed account back").Produces<AccountDone>();
        api.MapPut(Routes.AccountPassword, PasswordAsync).Needs(Right.SetPassword, "account.password").WithSummary("Sets a password").Produces<AccountDone>();
        api.MapDelete(Routes.AccountCodes, ResetCodesAsync).Needs(Right.SetPassword, "account.code-reset").WithSummary("Takes the one-time codes of an account for the pages of approval away").Produces<AccountDone>();
        api.MapGet(Routes.AccountExport, ExportAsync).Needs(Right.ReadDirectory, "account.export").WithSummary("Accounts in the original's form, TAB-separated").Produces<string>(contentType: "text/tab-separated-values");
        api.MapPost(Routes.DomainImport, ImportAsync).Needs(Right.ChangeDirectory, "account.import").WithSummary("A part of a file of accounts in the original's form").Produces<AccountImportResult>();
    }

    private static async Task<IResult> ListAsync(
        string? domain, string? pattern, bool? removed, bool? suspended, int? limit, string? after, AccountDesk desk, HttpContext context, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 100, MostListed, out var most, out var refusal))
            return refusal!;
        if (after is not null && Key(after) is null)
            return Answers.Wrong($"'{Requests.Printable(after, 80)}' is no place in the list.", hint: "Take the next of the page before.");
        var reach = context.Caller().Reach(Right.ReadDirectory);
        var keeper = domain is null ? null : DomainName.Normalize((await desk.TermsAsync(cancel)).Domains.MailboxDomain(domain));
        if (keeper is not null && !reach.Covers(keeper))
            return new NotAllowed(domain);
        var rows = await desk.Store.ListAsync(new AccountFilter(keeper is null ? reach.Only : [keeper], pattern, removed == true, suspended, after is null ? null : Key(after), most), cancel);
        return Results.Ok(new AccountPage([.. rows.Select(Entry)], rows.Count == most ? Text(rows[^1]) : null));
    }

    private static async Task<IResult> GetAsync(string address, AccountDesk desk, HttpContext context, CancellationToken cancel)
    {
        var mailbox = Protocol.Mailbox.FromStored(address);
        var domain = DomainName.Normalize((await desk.TermsAsync(cancel)).Domains.MailboxDomain(mailbox.Domain));
        if (!context.Caller().Reach(Right.ReadDirectory).Covers(domain))
            return new NotAllowed(address);
        return await desk.Store.FindAsync(domain, mailbox.LocalPart, cancel) is { } row
            ? Results.Ok(Entry(row))
            : Answers.NotFound($"There is no account {Requests.Printable(address, 320)}.", "clustermail account list shows them; --removed those that can be restored.");
    }

    private static Task<IResult> AddAsync(AccountAdd account, AccountDesk desk, HttpContext context, CancellationToken cancel) => desk.AddAsync(account, context.Caller(), cancel);

    private static Task<IResult> ChangeAsync(string address, AccountFields fields, AccountDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.ChangeAsync(address, fields, context.Caller(), cancel);

    private static Task<IResult> RemoveAsync(string address, AccountDesk desk, HttpContext context, CancellationToken cancel) => desk.RemoveAsync(address, context.Caller(), cancel);

    private static Task<IResult> RestoreAsync(string address, AccountDesk desk, HttpContext context, CancellationToken cancel) => desk.RestoreAsync(address, context.Caller(), cancel);

    private static Task<IResult> PasswordAsync(string address, AccountPassword password, AccountDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.SetPasswordAsync(address, password.Password, context.Caller(), cancel);

    /// <summary>Somebody has lost his device: with his next login he sets codes up anew (APPROVE-162).</summary>
    private static async Task<IResult> ResetCodesAsync(string address, AccountDesk desk, PageFactorStore factors, HttpContext context, CancellationToken cancel)
    {
        if (!AccountDesk.Place(await desk.TermsAsync(cancel), address, context.Caller().Reach(Right.SetPassword), out var place, out var wrong))
            return wrong;
        return await factors.ResetAsync(place.Domain, place.Name, context.User(), cancel)
            ? Results.Ok(new AccountDone($"{place}", $"{place} sets up new one-time codes with the next login on the pages."))
            : Answers.NotFound($"There is no account {place}, or it has no one-time codes.", "clustermail account list shows them.");
    }

    private static async Task<IResult> ImportAsync(
        string name, int? first, string? encoding, bool? update, bool? dryRun, AccountDesk desk, AccountImport import, HttpContext context, CancellationToken cancel)
    {
        if (Encoding(encoding) is not { } charset)
            return Answers.Wrong($"'{Requests.Printable(encoding!, 40)}' is no encoding known here.", "IMP-7", "utf-8, shift_jis or auto.");
        var terms = await desk.TermsAsync(cancel);
        if (!context.Caller().Reach(Right.ChangeDirectory).Covers(terms.Domains.MailboxDomain(name)))
            return new NotAllowed(name);
        if (!AccountDesk.Domain(terms, name, out var place, out var wrong))
            return wrong;
        if (await ReadAsync(context.Request.BodyReader, cancel) is not { } part)
            return Answers.Problem(StatusCodes.Status413PayloadTooLarge, $"A part has at most {AccountImport.LargestPart} octets.", hint: "Send the file in parts, each ending with a line's end.");
        if (part.Span.Count((byte)'\n') > AccountStore.Batch)
            return Answers.Problem(StatusCodes.Status413PayloadTooLarge, $"A part has at most {AccountStore.Batch} lines.", hint: "Send the file in parts, each ending with a line's end.");
        return Results.Ok(await import.RunAsync(terms, place, part, Math.Max(1, first ?? 1), charset, update == true, dryRun == true, context.User(), cancel));
    }

    private static async Task<IResult> ExportAsync(string? domain, int? columns, bool? passwords, AccountDesk desk, ConsoleAudit audit, HttpContext context, CancellationToken cancel)
    {
        var terms = await desk.TermsAsync(cancel);
        var reach = context.Caller().Reach(Right.ReadDirectory);
        if ((domain is not null && !reach.Covers(terms.Domains.MailboxDomain(domain))) || (passwords == true && !context.Caller().May(Right.ReadContent)))
            return new NotAllowed(domain);
        if ((columns ?? 8) is not (8 or 10))
            return Answers.Wrong("The export has 8 or 10 columns.", "IMP-1");
        if (passwords == true && !(terms.ExportPasswords && terms.Recoverable))
            return Answers.Problem(
                StatusCodes.Status409Conflict, "Passwords are exported only with compat.accounts.export_passwords and compat.auth.recoverable_store.", rule: "IMP-6",
                hint: "Passwords set while the recoverable store was off cannot be had back.");
        if (passwords == true && desk.KeyMissing(terms) is { } missing)
            return missing;
        var place = new AccountPlace("", "", 0);
        if (domain is not null && !AccountDesk.Domain(terms, domain, out place, out var wrong))
            return wrong;
        if (passwords == true)
            await audit.NoteAsync(context.User(), AuditOutcome.Done, new AuditNote("account.export-passwords", domain is null ? "all" : place.Domain), cancel);
        return Results.Stream(
            output => WriteAsync(output, domain is null ? reach.Only : [place.Domain], columns == 10, passwords == true, desk, cancel), "text/tab-separated-values; charset=utf-8");
    }

    private static async Task WriteAsync(Stream output, IReadOnlyCollection<string>? domains, bool wide, bool passwords, AccountDesk desk, CancellationToken cancel)
    {
        AccountKey? after = null;
        IReadOnlyList<AccountRow> rows;
        do
        {
            rows = await desk.Store.ListAsync(new AccountFilter(domains, After: after, Limit: AccountStore.Batch, Recoverable: passwords), cancel);
            var text = string.Concat(rows.Select(row => AccountFile.Write(new AccountFileRow(
                row.Name, passwords ? desk.Recover(row) : null, row.FullName, row.Domain, row.Home, row.SmtpAuth, row.Apop, row.BoxLimit)
            {
                Pop3 = wide ? row.Pop3 : null,
                Imap4 = wide ? row.Imap4 : null,
            })));
            await output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancel);
            after = rows.Count > 0 ? new AccountKey(rows[^1].Domain, rows[^1].Name, rows[^1].Id) : null;
        }
        while (rows.Count == AccountStore.Batch);
    }

    /// <summary>Null: more than a part may have.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(PipeReader body, CancellationToken cancel)
    {
        using var whole = new MemoryStream();
        while (true)
        {
            var read = await body.ReadAsync(cancel);
            foreach (var segment in read.Buffer)
                whole.Write(segment.Span);
            body.AdvanceTo(read.Buffer.End);
            if (whole.Length > AccountImport.LargestPart)
                return null;
            if (read.IsCompleted)
                return whole.ToArray();
        }
    }

    private static AccountFileEncoding? Encoding(string? word) => word?.ToLowerInvariant() switch
    {
        null or "" or "auto" => AccountFileEncoding.Auto,
        "utf-8" or "utf8" => AccountFileEncoding.Utf8,
        "shift_jis" or "sjis" or "cp932" => AccountFileEncoding.ShiftJis,
        _ => null,
    };

    private static AccountEntry Entry(AccountRow row) => new(
        $"{row.Name}@{row.Domain}", row.FullName, row.Home, row.BoxLimit, row.SmtpAuth, row.Apop, row.Pop3, row.Imap4, row.Suspended, row.SmtpDisabled, row.Delivery,
        row.CreatedAt, row.ChangedAt, row.ChangedBy, row.RemovedAt, row.PasswordAt)
    { Tables = PersonalTable.Present(row), Superior = row.Superior };

    /// <summary>address:number; removed accounts may share an address.</summary>
    private static string Text(AccountRow row) => string.Create(CultureInfo.InvariantCulture, $"{row.Name}@{row.Domain}:{row.Id}");

    private static AccountKey? Key(string text)
    {
        var (colon, at) = (text.LastIndexOf(':'), text.LastIndexOf('@'));
        return at > 0 && colon > at && long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new AccountKey(text[(at + 1)..colon], text[..at], id) : null;
    }
}
