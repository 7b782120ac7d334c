using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>The one way to change accounts: the domain decides whether it may (DOM-1, DOM-2, DOM-9), the password is hashed, the store writes.</summary>
/// <param name="key">Key of the recoverable store of this node, if it has one.</param>
internal sealed class AccountDesk(SettingsDesk settings, AccountStore store, PasswordHasher hasher, RecoverableKey key)
{
    private const string NoAccountHint = "clustermail account list shows them.";

    public AccountStore Store => store;

    /// <summary>What the settings say of accounts now.</summary>
    public async Task<AccountTerms> TermsAsync(CancellationToken cancel)
    {
        var snapshot = (await settings.LoadAsync(null, cancel))!;
        var set = new SettingSet(snapshot.Version, snapshot.Values);
        return new AccountTerms(
            OperatedDomains.Parse(set.Text("domain.table")).Domains, set.Switch("compat.auth.recoverable_store"), set.Switch("compat.accounts.export_passwords"));
    }

    public async Task<IResult> AddAsync(AccountAdd add, Caller by, CancellationToken cancel)
    {
        var terms = await TermsAsync(cancel);
        if (Wrong(add) is { } wrong || !Place(terms, add.Address, by.Reach(Right.ChangeDirectory), out var place, out wrong) || (AddressRules.AccountFault(place.Name) is { } fault && Refused(fault, "ACCT-1", out wrong)))
            return wrong;
        var (credentials, refusal) = await MakeAsync(terms, add.Password, place, cancel);
        if (refusal is not null)
            return refusal;
        var account = new NewAccount(place.Name)
        {
            FullName = add.FullName ?? "",
            Home = add.Home ?? "",
            BoxLimit = add.BoxLimit ?? 0,
            SmtpAuth = add.SmtpAuth ?? true,
            Apop = add.Apop ?? false,
            Pop3 = add.Pop3,
            Imap4 = add.Imap4,
            Delivery = add.Delivery ?? "",
            Credentials = credentials,
        };
        if (await SuperiorAsync(terms, place, add.Superior, cancel) is { } barred)
            return barred;
        switch ((await store.CreateAsync(place.Domain, [account], place.MaxAccounts, update: false, by.Author, cancel))[0])
        {
            case CreateOutcome.Exists:
                return Answers.Problem(StatusCodes.Status409Conflict, $"{place} exists already.", rule: "ACCT-1", hint: "clustermail account set changes it.");
            case CreateOutcome.OverLimit:
                return Full(place);
        }
        if (add.Suspended is not null || add.SmtpDisabled is not null || add.Superior is { Length: > 0 })
            await store.ChangeAsync(place.Domain, place.Name, new AccountEdit { Suspended = add.Suspended, SmtpDisabled = add.SmtpDisabled, Superior = add.Superior }, by.Author, cancel);
        return Results.Ok(new AccountDone($"{place}", credentials is null ? $"{place} was created without a password; set one with: clustermail account password {place}" : $"{place} was created."));
    }

    public async Task<IResult> ChangeAsync(string address, AccountFields fields, Caller by, CancellationToken cancel)
    {
        var terms = await TermsAsync(cancel);
        if (Wrong(fields) is { } wrong || !Place(terms, address, by.Reach(Right.ChangeDirectory), out var place, out wrong))
            return wrong;
        var edit = new AccountEdit
        {
            FullName = fields.FullName,
            Home = fields.Home,
            BoxLimit = fields.BoxLimit,
            SmtpAuth = fields.SmtpAuth,
            Apop = fields.Apop,
            Pop3 = fields.Pop3,
            Imap4 = fields.Imap4,
            Suspended = fields.Suspended,
            SmtpDisabled = fields.SmtpDisabled,
            Delivery = fields.Delivery,
            Superior = fields.Superior,
        };
        if (await SuperiorAsync(terms, place, fields.Superior, cancel) is { } barred)
            return barred;
        return await store.ChangeAsync(place.Domain, place.Name, edit, by.Author, cancel)
            ? Results.Ok(new AccountDone($"{place}", fields.Suspended switch { true => $"{place} is suspended.", false => $"{place} is in force.", null => $"{place} was changed." }))
            : Missing(place);
    }

    public async Task<IResult> SetPasswordAsync(string address, string password, Caller by, CancellationToken cancel)
    {
        var terms = await TermsAsync(cancel);
        if (!Place(terms, address, by.Reach(Right.SetPassword), out var place, out var wrong))
            return wrong;
        var (credentials, refusal) = await MakeAsync(terms, password, place, cancel);
        if (refusal is not null)
            return refusal;
        return await store.ChangeAsync(place.Domain, place.Name, new AccountEdit { Credentials = credentials }, by.Author, cancel)
            ? Results.Ok(new AccountDone($"{place}", $"the password of {place} was set."))
            : Missing(place);
    }

    public async Task<IResult> RemoveAsync(string address, Caller by, CancellationToken cancel)
    {
        if (!Place(await TermsAsync(cancel), address, by.Reach(Right.ChangeDirectory), out var place, out var wrong))
            return wrong;
        return await store.RemoveAsync(place.Domain, place.Name, by.Author, cancel)
            ? Results.Ok(new AccountDone($"{place}", $"{place} was removed; for {AccountStore.Kept.Days} days it can be had back with: clustermail account restore {place}"))
            : Missing(place);
    }

    public async Task<IResult> RestoreAsync(string address, Caller by, CancellationToken cancel)
    {
        if (!Place(await TermsAsync(cancel), address, by.Reach(Right.ChangeDirectory), out var place, out var wrong))
            return wrong;
        return await store.RestoreAsync(place.Domain, place.Name, place.MaxAccounts, by.Author, cancel) switch
        {
            RestoreOutcome.Restored => Results.Ok(new AccountDone($"{place}", $"{place} is back, with its password and its mail.")),
            RestoreOutcome.Exists => Answers.Problem(StatusCodes.Status409Conflict, $"There is another account {place} now.", rule: "ACCT-4", hint: "Remove that one first, if it is not wanted."),
            RestoreOutcome.OverLimit => Full(place),
            _ => Answers.NotFound($"No account {place} was removed in the last {AccountStore.Kept.Days} days.", "clustermail account list --removed shows those that were."),
        };
    }

    /// <summary>The password in its forms. A refusal when it is none; null and null when there is none to make.</summary>
    private async Task<(StoredCredentials? Credentials, IResult? Refusal)> MakeAsync(AccountTerms terms, string? password, AccountPlace place, CancellationToken cancel)
    {
        if (password is null)
            return (null, null);
        if (PasswordRules.Fault(password, terms.Recoverable) is { } fault)
            return (null, Answers.Wrong(fault, "AUTH-7"));
        if (KeyMissing(terms) is { } missing)
            return (null, missing);
        return (await MakeAsync(terms, password, place.Key, cancel), null);
    }

    /// <summary>The forms of a password that was judged before.</summary>
    public async Task<StoredCredentials> MakeAsync(AccountTerms terms, string password, string addressKey, CancellationToken cancel)
    {
        var made = await hasher.MakeAsync(password, addressKey, terms.Recoverable ? key.Seal : null, cancel);
        return new StoredCredentials(made.Hash, made.Scram, made.Recoverable);
    }

    /// <summary>The recoverable store is on, and this node cannot write it; null: all is well.</summary>
    public IResult? KeyMissing(AccountTerms terms) => terms.Recoverable && key.Seal is null
        ? Answers.Problem(
            StatusCodes.Status409Conflict, "compat.auth.recoverable_store is on, but this node has no key for it.", rule: "AUTH-7",
            hint: "Name a key file, the same on all nodes, as clustermail.password-key-file in the node's file and start it again; or type: clustermail settings set compat.auth.recoverable_store=false")
        : null;

    /// <summary>A password kept in the recoverable store; null: none, or closed with another key.</summary>
    public string? Recover(AccountRow row) => row.Recoverable is { } closed ? key.Seal?.Open(closed, AccountIndex.Key(row.Name, row.Domain)) : null;

    /// <summary>Where the account of an address is kept, over domains that share their mailboxes (DOM-9). False, with the answer, when it can be nowhere.</summary>
    public static bool Place(AccountTerms terms, string address, Reach reach, out AccountPlace place, out IResult wrong)
    {
        var mailbox = Mailbox.FromStored(address);
        (place, wrong) = (new AccountPlace("", mailbox.LocalPart, 0), Results.Empty);
        if (mailbox.Domain.Length == 0)
        {
            wrong = Answers.Wrong($"'{Requests.Printable(address, 255)}' is no address with a domain.", "ACCT-1", "Write it like taro@example.jp.");
            return false;
        }
        // Before all else: whoever has no business there learns nothing of it, not even whether the domain is ours (EX-ADMIN-9).
        if (!reach.Covers(terms.Domains.MailboxDomain(mailbox.Domain), mailbox.LocalPart))
        {
            wrong = new NotAllowed(address);
            return false;
        }
        return Domain(terms, mailbox.Domain, out var domain, out wrong) && (place = domain with { Name = mailbox.LocalPart }) is not null;
    }

    /// <summary>The domain that keeps the accounts of this one. False, with the answer, when none does.</summary>
    public static bool Domain(AccountTerms terms, string name, out AccountPlace place, out IResult wrong)
    {
        var shown = Requests.Printable(name, 255);
        place = new AccountPlace("", "", 0);
        switch (terms.Domains.Find(name))
        {
            case null:
                wrong = Answers.Problem(StatusCodes.Status404NotFound, $"{shown} is no operated domain.", rule: "DOM-1", hint: $"clustermail domain add {shown} --local makes it one.");
                return false;
            case { Keeps: false }:
                wrong = Answers.Problem(
                    StatusCodes.Status409Conflict, $"{shown} is passed on and keeps no accounts.", rule: "DOM-1", hint: $"clustermail domain set {shown} --local lets it keep them.");
                return false;
            case var domain:
                var keeper = domain.SharedWith is { } other ? terms.Domains.Find(other)! : domain;
                (place, wrong) = (new AccountPlace(keeper.Name, "", keeper.MaxAccounts), Results.Empty);
                return true;
        }
    }

    /// <summary>Nobody is his own superior, directly or over others (APPROVE-20); null: all is well. A ring that two changes at once close counts as nobody when a mail is held.</summary>
    private async Task<IResult?> SuperiorAsync(AccountTerms terms, AccountPlace place, string? superior, CancellationToken cancel)
    {
        if (superior is not { Length: > 0 })
            return null;
        if (SuperiorFault(superior) is { } fault)
            return Answers.Wrong($"'{Requests.Printable(superior, 320)}' {fault}.", "APPROVE-20", "Write it like bucho@example.jp, or '' for nobody.");
        var above = Mailbox.FromStored(superior);
        for (var step = 0; step < Superiors.MaxSteps; step++)
        {
            var domain = DomainName.Normalize(terms.Domains.MailboxDomain(above.Domain));
            if (AccountIndex.Key(above.LocalPart, domain) == place.Key)
                return Answers.Problem(
                    StatusCodes.Status409Conflict, step == 0 ? $"{place} cannot be its own superior." : $"{Requests.Printable(superior, 320)} is below {place}: superiors would go round in a ring.",
                    rule: "APPROVE-20", hint: "Name somebody who stands above; clustermail account show tells whom an account has.");
            if (await store.FindAsync(domain, above.LocalPart, cancel) is not { Superior.Length: > 0 } row)
                return null;
            above = Mailbox.FromStored(row.Superior);
        }
        return Answers.Problem(StatusCodes.Status409Conflict, $"Above {Requests.Printable(superior, 320)} are {Superiors.MaxSteps} superiors or a ring.", rule: "APPROVE-20", hint: "clustermail account show tells whom an account has.");
    }

    /// <summary>Why a text names no superior; null: it does.</summary>
    public static string? SuperiorFault(string text) => PathGrammar.TryMailbox(text, utf8: true, out var mailbox) && mailbox.Domain.Length > 0 ? null : "is no address with a domain";

    private static IResult? Wrong(AccountFields fields) =>
        Text(fields.FullName, "full name") ?? Text(fields.Home, "home")
        ?? (fields.BoxLimit < 0 ? Answers.Wrong("The size limit is negative.", "QUOTA-1", "Octets; 0 for none.") : null)
        ?? (fields.Delivery is { Length: > 0 } delivery && !OperatedDomains.IsDelivery(delivery)
            ? Answers.Wrong($"'{Requests.Printable(delivery, 80)}' is no place to deliver to.", "DELIV-10", "store, lmtp:HOST:PORT, route for no mailbox here, or nothing for what the domain says.") : null);

    private static IResult? Text(string? text, string what) => text is not null && (text.Length > AccountFile.LongestText || text.Any(char.IsControl))
        ? Answers.Wrong($"The {what} is longer than {AccountFile.LongestText} characters, or holds a control character.", "ACCT-1") : null;

    private static bool Refused(string fault, string rule, out IResult wrong)
    {
        wrong = Answers.Wrong(fault, rule);
        return true;
    }

    public static IResult Missing(AccountPlace place) => Answers.NotFound($"There is no account {place}.", NoAccountHint);

    private static IResult Full(AccountPlace place) => Answers.Problem(
        StatusCodes.Status409Conflict, $"{place.Domain} has {place.MaxAccounts} accounts, as many as it may have.", rule: "DOM-2",
        hint: $"clustermail domain set {place.Domain} --max-accounts N allows more.");
}

/// <summary>What the settings of one moment say of accounts.</summary>
/// <param name="Recoverable"><c>compat.auth.recoverable_store</c>.</param>
/// <param name="ExportPasswords"><c>compat.accounts.export_passwords</c>.</param>
internal sealed record AccountTerms(OperatedDomains Domains, bool Recoverable, bool ExportPasswords);

/// <summary>Where an account is kept.</summary>
/// <param name="Domain">As in the database: lower case, A-labels.</param>
/// <param name="MaxAccounts">DOM-2; 0: unlimited.</param>
internal sealed record AccountPlace(string Domain, string Name, int MaxAccounts)
{
    public string Key => AccountIndex.Key(Name, Domain);

    public override string ToString() => $"{Requests.Printable(Name, AddressRules.LongestLocalPart)}@{Domain}";
}
