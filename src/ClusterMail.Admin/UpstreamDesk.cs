using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>Logins of accounts at the next server (APPROVE-424): judged, sealed with the key of this node's file, and written. Nothing here gives a secret back.</summary>
internal sealed class UpstreamDesk(AccountDesk accounts, UpstreamAccounts store, RecoverableKey key)
{
    private const string Rule = "APPROVE-424";
    private const string FileName = "upstream";
    private const int MostFaults = 100;

    private readonly PasswordSeal? _seal = key.Seal?.For(UpstreamSeal.Purpose);

    public async Task<IResult> ShowAsync(string address, Reach reach, CancellationToken cancel)
    {
        if (!AccountDesk.Place(await accounts.TermsAsync(cancel), address, reach, out var place, out var wrong))
            return wrong;
        return await store.ShowAsync(place.Domain, place.Name, cancel) is { } row
            ? Results.Ok(new UpstreamEntry(row.Address, row.User, row.ChangedAt, row.ChangedBy, row.Proven, row.Failures, row.Reply, row.BlockedUntil, row.SentThisHour))
            : AccountDesk.Missing(place);
    }

    public async Task<IResult> SetAsync(string address, UpstreamLogin login, Caller by, CancellationToken cancel)
    {
        if (!AccountDesk.Place(await accounts.TermsAsync(cancel), address, by.Reach(Right.SetPassword), out var place, out var wrong))
            return wrong;
        var user = login.User is { Length: > 0 } own ? own : $"{place}";
        if (Fault(user, login.Secret) is { } fault)
            return Answers.Wrong(fault, Rule);
        if (_seal is not { } seal)
            return KeyMissing();
        var missing = await store.SetAsync([Sealed(seal, place, user, login.Secret)], by.Author, cancel);
        return missing.Count == 0 ? Results.Ok(new AccountDone($"{place}", $"the upstream login of {place} was set.")) : AccountDesk.Missing(place);
    }

    public async Task<IResult> RemoveAsync(string address, Caller by, CancellationToken cancel)
    {
        if (!AccountDesk.Place(await accounts.TermsAsync(cancel), address, by.Reach(Right.SetPassword), out var place, out var wrong))
            return wrong;
        return await store.RemoveAsync(place.Domain, place.Name, by.Author, cancel)
            ? Results.Ok(new AccountDone($"{place}", $"the upstream login of {place} was removed."))
            : Answers.NotFound($"{place} has no upstream login.", $"clustermail account upstream show {place}");
    }

    /// <summary>All lines, or none; faults name the line and never what stands in its last field.</summary>
    public async Task<IResult> ImportAsync(string text, Caller by, CancellationToken cancel)
    {
        if (_seal is not { } seal)
            return KeyMissing();
        var terms = await accounts.TermsAsync(cancel);
        var (logins, lines, faults) = (new List<NewUpstreamLogin>(), new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase), new List<Fault>());
        foreach (var (index, line) in text.ReplaceLineEndings("\n").Split('\n').Index())
        {
            if (line.Length == 0 || line[0] == '#' || faults.Count == MostFaults)
                continue;
            if (!Read(line, out var address, out var user, out var secret))
                faults.Add(Wrong(index, 1, "a line is: address,name,password"));
            else if (Fault(user, secret) is { } fault)
                faults.Add(Wrong(index, line.IndexOf(',', StringComparison.Ordinal) + 2, fault));
            else if (!AccountDesk.Place(terms, address, by.Reach(Right.SetPassword), out var place, out var wrong))
                return wrong;
            else if (!lines.TryAdd($"{place}", index))
                faults.Add(Wrong(index, 1, $"{place} stands in line {lines[$"{place}"] + 1} already"));
            else
                logins.Add(Sealed(seal, place, user, secret));
        }
        if (faults.Count == 0 && logins.Count is 0 or > UpstreamAccounts.Most)
            return Answers.Wrong($"A file sets 1 to {UpstreamAccounts.Most} logins.", Rule, "One a line: address,name,password");
        if (faults.Count == 0)
            faults.AddRange((await store.SetAsync(logins, by.Author, cancel)).Take(MostFaults).Select(address => Wrong(lines[address], 1, $"there is no account {address}")));
        return faults.Count == 0 ? Results.Ok(new UpstreamImported(logins.Count)) : Answers.Faults(faults);
    }

    private static bool Read(string line, out string address, out string user, out string secret)
    {
        var fields = line.Split(',', 3);
        (address, user, secret) = (fields[0].Trim(), fields.Length > 1 ? fields[1].Trim() : "", fields.Length > 2 ? fields[2] : "");
        user = user.Length == 0 ? address : user;
        return fields.Length == 3 && address.Contains('@', StringComparison.Ordinal);
    }

    private static Fault Wrong(int index, int column, string message) => new(FileName, index + 1, column, Rule, message);

    private static NewUpstreamLogin Sealed(PasswordSeal seal, AccountPlace place, string user, string secret) => new(place.Domain, place.Name, user, seal.Close(secret, place.Key));

    private static string? Fault(string user, string secret) =>
        user.Length is 0 or > UpstreamSeal.LongestUser || user.Any(char.IsControl) ? $"a name has 1 to {UpstreamSeal.LongestUser} characters, and no control characters"
        : secret.Length is 0 or > UpstreamSeal.LongestSecret || secret.Any(char.IsControl) ? $"a secret has 1 to {UpstreamSeal.LongestSecret} characters, and no control characters"
        : null;

    private static IResult KeyMissing() => Answers.Problem(
        StatusCodes.Status409Conflict, "Upstream logins are kept encrypted, and this node has no key for them.", rule: Rule,
        hint: "Name a key file, the same on all nodes, as clustermail.password-key-file in each node's file and start them again. It is made with: openssl rand -base64 32, mode 0600.");
}
