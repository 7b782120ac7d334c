using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Access;

/// <summary>The one way to change console accounts and their tokens: names, roles and domains judged, passwords hashed, the store writes change and audit together.</summary>
internal sealed class ConsoleDesk(ConsoleStore store, LoginStore logins, PasswordProof proof, PasswordHasher hasher, AccountDesk accounts)
{
    /// <summary>Longer than for mail accounts: who gets in here changes mail for everybody.</summary>
    private const int ShortestPassword = 12;

    private const int MostDomains = 1000;
    private const int LongestTokenName = 64;
    private const int MostDays = 3650;

    public ConsoleStore Store => store;

    public async Task<IResult> AddAsync(ConsoleAdd add, Author by, CancellationToken cancel)
    {
        if (ConsoleNames.Fault(add.Name) is { } fault)
            return Answers.Wrong(fault, "ADMIN-12");
        if ((add.Password is { } given ? Wrong(add.Name, given) : null) is { } weak)
            return weak;
        var (domains, refusal) = await JudgeAsync(add.Name, add.Roles, add.Domains ?? [], cancel);
        if (refusal is not null)
            return refusal;
        var hash = add.Password is { } password ? await HashAsync(password, cancel) : null;
        if (!await store.AddAsync(add.Name, [.. add.Roles.Distinct()], domains, hash, by, cancel))
            return Answers.Problem(
                StatusCodes.Status409Conflict, $"{add.Name} exists already, or there are {ConsoleStore.MostAccounts} console accounts.", rule: "ADMIN-12", hint: "clustermail console set changes one.");
        return Done(add.Name, hash is null ? $"{add.Name} was created without a password; set one with: clustermail console password {add.Name}" : $"{add.Name} was created.");
    }

    public async Task<IResult> ChangeAsync(string name, ConsoleChange change, Author by, CancellationToken cancel)
    {
        if (await store.FindAsync(name, cancel) is not { } row)
            return Missing(name);
        var (roles, domains) = (change.Roles, change.Domains);
        // What is not to change is not judged: somebody whose domain is operated no more must still be suspended in a hurry.
        if (roles is not null || domains is not null)
        {
            roles = [.. (roles ?? row.Roles).Distinct()];
            // Whoever loses the role loses its domains, or they would wait for him to get it back.
            (domains, var refusal) = await JudgeAsync(row.Name, roles, domains ?? (roles.Contains(RoleNames.DomainAdministrator) ? row.Domains : []), cancel);
            if (refusal is not null)
                return refusal;
        }
        return await store.ChangeAsync(name, roles, domains, change.Suspended, by, cancel)
            ? Done(row.Name, change.Suspended switch { true => $"{row.Name} is suspended, and its sessions have ended.", false => $"{row.Name} is in force.", null => $"{row.Name} was changed." })
            : Missing(name);
    }

    public async Task<IResult> RemoveAsync(string name, Author by, CancellationToken cancel) =>
        await store.RemoveAsync(name, by, cancel) ? Done(name, $"{name} was removed, with its sessions and tokens.") : Missing(name);

    public async Task<IResult> UnlockAsync(string name, Author by, CancellationToken cancel) =>
        await store.UnlockAsync(name, by, cancel) ? Done(name, $"{name} may log in again.") : Missing(name);

    public async Task<IResult> SetPasswordAsync(string name, ConsolePassword wanted, Caller by, CancellationToken cancel)
    {
        if (Wrong(name, wanted.Password) is { } weak)
            return weak;
        if (by.Is(name) && await ProveAsync(name, wanted.Current, cancel) is { } refusal)
            return refusal;
        return await store.SetPasswordAsync(name, await HashAsync(wanted.Password, cancel), by.Is(name) ? by.Session : null, by.Author, cancel)
            ? Done(name, $"The password of {name} was set; its other sessions have ended.")
            : Missing(name);
    }

    /// <summary>Null: <paramref name="password"/> is that of the account; else the refusal.</summary>
    public async Task<IResult?> ProveAsync(string name, string? password, CancellationToken cancel)
    {
        if (password is null)
            return Answers.Wrong("Your password is needed for this.", "ADMIN-14");
        var (attempt, right) = await proof.LookAsync(name, password, cancel);
        if (right is null)
            return Answers.Problem(StatusCodes.Status503ServiceUnavailable, "Too many logins at once.", hint: "Try again in a few seconds.");
        if (attempt is null || right == false)
            return Answers.Problem(
                StatusCodes.Status409Conflict, "The password is wrong, or the account is locked.", rule: "ADMIN-14", hint: $"Each such failure counts like a failed login; {LoginStore.MostFailures} lock the account.");
        await logins.WithdrawAsync(attempt, cancel);
        return null;
    }

    public async Task<IResult> AddTokenAsync(string account, ConsoleTokenAdd add, Author by, CancellationToken cancel)
    {
        if (add.Name.Length is 0 or > LongestTokenName || add.Name.Any(char.IsControl) || add.Name.Contains('/', StringComparison.Ordinal))
            return Answers.Wrong($"The name of a token has 1 to {LongestTokenName} characters, and no slash.", "ADMIN-14");
        if (add.Days is < 1 or > MostDays)
            return Answers.Wrong($"A token lives 1 to {MostDays} days.", "ADMIN-14");
        if (await store.FindAsync(account, cancel) is not { } row)
            return Missing(account);
        var token = OpaqueToken.Make(session: false);
        if (!await store.AddTokenAsync(row.Name, add.Name, token.Hash, add.Days is { } days ? TimeSpan.FromDays(days) : null, by, cancel))
            return Answers.Problem(
                StatusCodes.Status409Conflict, $"{row.Name} has a token of that name, or {ConsoleStore.MostTokens} tokens.", rule: "ADMIN-14", hint: $"clustermail console token list {row.Name} shows them.");
        var made = (await store.TokensAsync(row.Name, cancel)).FirstOrDefault(other => other.Name.Equals(add.Name, StringComparison.OrdinalIgnoreCase));
        return Results.Ok(new ConsoleTokenMade(add.Name, token.Text, made?.ExpiresAt));
    }

    public async Task<IResult> RevokeTokenAsync(string account, string token, Author by, CancellationToken cancel) => await store.RevokeTokenAsync(account, token, by, cancel)
        ? Done(account, $"The token {Requests.Printable(token, LongestTokenName)} of {account} opens nothing any more.")
        : Answers.NotFound($"{Requests.Printable(account, ConsoleNames.Longest)} has no token {Requests.Printable(token, LongestTokenName)}.", "clustermail console token list shows them.");

    /// <summary>The domains as they are kept, or what is wrong with roles or domains.</summary>
    private async Task<(IReadOnlyList<string> Domains, IResult? Refusal)> JudgeAsync(string name, IReadOnlyList<string> roles, IReadOnlyList<string> domains, CancellationToken cancel)
    {
        if (roles.Count == 0 || roles.FirstOrDefault(role => !RoleNames.All.Contains(role)) is not null)
            return ([], Answers.Wrong(
                roles.Count == 0 ? "A console account has at least one role." : $"There is no role '{Requests.Printable(roles.First(role => !RoleNames.All.Contains(role)), 40)}'.", "ADMIN-12",
                $"Roles: {string.Join(", ", RoleNames.All)}."));
        if (roles.Contains(RoleNames.DomainAdministrator) != domains.Count > 0)
            return ([], Answers.Wrong(
                domains.Count > 0 ? $"Domains are for the role {RoleNames.DomainAdministrator} only." : $"The role {RoleNames.DomainAdministrator} needs its domains.", "DOM-3", "For example --domain example.jp."));
        if (domains.Count > MostDomains)
            return ([], Answers.Wrong($"At most {MostDomains} domains; for all of them there is the role {RoleNames.ClusterAdministrator}.", "DOM-3"));
        var operated = (await accounts.TermsAsync(cancel)).Domains;
        if (domains.FirstOrDefault(domain => operated.Find(domain) is null) is { } unknown)
            return ([], Answers.Problem(StatusCodes.Status404NotFound, $"{Requests.Printable(unknown, 255)} is no operated domain.", rule: "DOM-3", hint: "clustermail domain list shows them."));
        if (roles.Contains(RoleNames.User) && Mailbox.FromStored(name).Domain.Length == 0)
            return ([], Answers.Wrong($"An account with the role {RoleNames.User} is called like its mailbox.", "ADMIN-12", "For example taro@example.jp."));
        return ([.. domains.Select(DomainName.Normalize).Distinct(StringComparer.Ordinal)], null);
    }

    private static IResult? Wrong(string name, string password)
    {
        if (password.EnumerateRunes().Count() < ShortestPassword)
            return Answers.Wrong($"The password of a console account needs at least {ShortestPassword} characters.", "ADMIN-14", "A few words in a row are long, and easy to remember.");
        if (PasswordRules.Fault(password, recoverable: false) is { } fault)
            return Answers.Wrong($"{char.ToUpperInvariant(fault[0])}{fault[1..]}.", "ADMIN-14");
        return password.Contains(name, StringComparison.OrdinalIgnoreCase) ? Answers.Wrong("The password holds the account's name.", "ADMIN-14") : null;
    }

    // Argon2id alone: nobody logs in here with SCRAM.
    private async Task<string> HashAsync(string password, CancellationToken cancel) => (await hasher.MakeAsync(password, "", null, cancel)).Hash;

    private static IResult Done(string name, string message) => Results.Ok(new ConsoleDone(name, message));

    public static IResult Missing(string name) => Answers.NotFound($"There is no console account {Requests.Printable(name, ConsoleNames.Longest)}.", "clustermail console list shows them.");
}
