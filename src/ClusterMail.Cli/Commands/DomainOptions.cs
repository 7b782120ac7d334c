using System.CommandLine;
using System.Globalization;

namespace ClusterMail.Cli.Commands;

/// <summary>The options of <c>domain add</c> and <c>domain set</c>, and what they make of a domain's words in the table.</summary>
internal sealed class DomainOptions
{
    private readonly Option<bool> _local = new("--local") { Description = "Keep accounts; every other option below says so too." };
    private readonly Option<bool> _relay = new("--relay") { Description = "Keep no accounts: every address is taken and passed on by route." };
    private readonly Option<bool> _routed = new("--routed") { Description = "Keep accounts without mailboxes: all mail is passed on by route, for addresses without account too." };
    private readonly Option<bool> _mixed = new("--mixed") { Description = "Keep accounts, with mailboxes here unless they have --delivery route; mail for other addresses is passed on by route." };
    private readonly Option<int?> _maxAccounts = new("--max-accounts") { Description = "Accounts it may have (登録許可したアカウント数); 0: unlimited.", HelpName = "N" };
    private readonly Option<string?> _sharedWith = new("--shared-with") { Description = "Its accounts are those of this domain (共通ボックス).", HelpName = "DOMAIN" };
    private readonly Option<string?> _address = new("--address") { Description = "Local addresses on which a login without a domain means this one, separated by commas.", HelpName = "IP,IP" };
    private readonly Option<string?> _zone = new("--zone") { Description = "Time zone of its usage hours, for example Asia/Tokyo.", HelpName = "ZONE" };
    private readonly Option<string?> _delivery = new("--delivery") { Description = "Where its mail is kept: store, lmtp:HOST:PORT, or route for no mailbox here.", HelpName = "WHERE" };

    private readonly Option<string?> _login = LoginOption();

    public DomainOptions() => Numbers.Limit(_maxAccounts, 0, int.MaxValue);

    public void AddTo(Verb verb)
    {
        foreach (var option in (Option[])[_local, _relay, _routed, _mixed, _maxAccounts, _sharedWith, _address, _zone, _delivery, _login])
            verb.Options.Add(option);
    }

    private static Option<string?> LoginOption()
    {
        var login = new Option<string?>("--login") { Description = "Who proves its accounts' passwords: database, or ldap (the settings ldap.*).", HelpName = "WHO" };
        login.AcceptOnlyFromAmong("database", "ldap");
        return login;
    }

    /// <param name="words">As they are now: <c>relay</c>, or <c>local max_accounts=50</c>.</param>
    public string Apply(ParseResult parsed, string words)
    {
        (string Key, string? Value)[] given =
        [
            ("max_accounts", parsed.GetValue(_maxAccounts) is { } most ? most == 0 ? "" : most.ToString(CultureInfo.InvariantCulture) : null), ("shared_with", parsed.GetValue(_sharedWith)),
            ("address", parsed.GetValue(_address)), ("zone", parsed.GetValue(_zone)), ("delivery", parsed.GetValue(_delivery)),
            ("login", parsed.GetValue(_login)),
        ];
        string[] kinds = [.. new[] { (_local, "local"), (_routed, "routed"), (_mixed, "mixed") }.Where(kind => parsed.GetValue(kind.Item1)).Select(kind => kind.Item2)];
        if (kinds.Length > 1)
            throw new CommandFailure(Exit.Usage, $"--local, --routed and --mixed are three kinds of domains: choose one");
        var any = kinds.Length > 0 || given.Any(option => option.Value is not null);
        if (parsed.GetValue(_relay))
            return any ? throw new CommandFailure(Exit.Usage, $"--relay keeps no accounts: it stands alone") : "relay";
        var before = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!any)
            return words;
        var kind = kinds is [var chosen] ? chosen : before is ["local" or "routed" or "mixed", ..] ? before[0] : "local";
        var kept = before is ["local" or "routed" or "mixed", .. var options] ? options.Where(option => !given.Any(g => g.Value is not null && option.StartsWith(g.Key + "=", StringComparison.Ordinal))) : [];
        return string.Join(' ', [kind, .. kept, .. given.Where(g => !string.IsNullOrEmpty(g.Value)).Select(g => $"{g.Key}={g.Value}")]);
    }
}
