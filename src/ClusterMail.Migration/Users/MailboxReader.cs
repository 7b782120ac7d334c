using ClusterMail.Accounts.Passwords;
using ClusterMail.Approval.Policies;
using ClusterMail.Migration.Mail;
using ClusterMail.Migration.Source;
using ClusterMail.Migration.Tables;

namespace ClusterMail.Migration.Users;

/// <summary>Reads what lies in the mailbox folders: messages, and the files with which an account was controlled.</summary>
/// <param name="accounts">Those of the import; a password found here is put into their rows.</param>
/// <param name="recoverable">Passwords may be as short as the original's (AUTH-7).</param>
internal sealed class MailboxReader(FindingLog log, EpostOptions options, TableReader tables, List<PlannedAccount> accounts, bool recoverable)
{
    private readonly Dictionary<string, int> _numbers = accounts.Index().ToDictionary(pair => pair.Item.Key, pair => pair.Index, StringComparer.Ordinal);
    private readonly Dictionary<string, PlannedTables> _tables = new(StringComparer.Ordinal);
    private readonly List<MailboxFile> _messages = [];
    private readonly List<(string Sender, int Finding)> _required = [];
    private readonly HashSet<string> _named = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _keywords = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<PlannedTables> Tables => [.. _tables.Values];

    /// <summary>Those with flags first: of two copies of one message (POP3 and IMAP4) the one that knows more is taken.</summary>
    public IReadOnlyList<MailboxFile> Messages =>
        [.. _messages.OrderBy(message => message.Address, StringComparer.OrdinalIgnoreCase).ThenBy(message => message.Flags.Length == 0).ThenBy(message => message.File.Path, StringComparer.OrdinalIgnoreCase)];

    /// <summary>AUTH-8: senders that must authenticate although no account has their name.</summary>
    public IReadOnlyList<(string Sender, int Finding)> RequiredSenders => _required;

    /// <summary>Files that control files point to: targets of forwards.</summary>
    public ISet<string> Named => _named;

    /// <summary>Names of the keyword files that lines of sender.dat point to (APPROVE-19, APPROVE-42).</summary>
    public ISet<string> Keywords => _keywords;

    /// <summary>One file of a mailbox folder. False: it is of no kind known.</summary>
    public bool Read(SourceFile file, MailboxPlace place)
    {
        if (place.Domain is null && !file.Is("apop.dat"))
        {
            log.Fault(file.Path, 0, 0, "", place.User.Length == 0 ? "lies above the users' folders" : $"{place.User} is no account and its folder no domain of this import: --domain DOMAIN=FOLDER names a domain's folder", "DOM-6");
            return true;
        }
        if (file.Ends(".msg"))
            Message(file, place);
        else if (file.Is("$offsmtp"))
            Change(place, log.Imported(file.Path, 0, "", "SMTP is off for the account ($offsmtp)", "ACCT-14"), tables => tables with { SmtpDisabled = true });
        else
            return file.Length <= SourceFile.LargestText && Text(file, place);
        return true;
    }

    private void Message(SourceFile file, MailboxPlace place)
    {
        var (flags, unknown) = MailboxFile.FlagsOf(file.Stem, options.FlagDigits);
        if (file.Length == 0)
            log.Fault(file.Path, 0, 0, "", "is empty", "STORE-3");
        else
            _messages.Add(new MailboxFile(file, place.Address, place.Folder, flags, unknown));
    }

    private bool Text(SourceFile file, MailboxPlace place)
    {
        switch (file.Name.ToLowerInvariant())
        {
            case "apop.dat":
                Password(TextFile.Read(file, options.Encoding), place);
                return true;
            case "effect.dat":
                Table(tables.PersonalRelay(TextFile.Read(file, options.Encoding)), place, static (mine, text) => mine with { RelayRules = text });
                return true;
            case "sender.dat":
                var destinations = tables.Destinations(TextFile.Read(file, options.Encoding), "the account's own destinations (送信先制限)");
                AddKeywords(destinations.Text ?? "");
                Table(destinations, place, static (mine, text) => mine with { Destinations = text });
                return true;
            case "usetime.dat":
                Table(tables.Hours(TextFile.Read(file, options.Encoding), "the account's usage hours (利用時間設定)"), place, static (mine, text) => mine with { Hours = text });
                return true;
            case "ims.ctl":
                if (ControlFile.Report(log, TextFile.Read(file, options.Encoding)) is { Length: > 0 } targets)
                    _named.Add(targets);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Remembers the keyword files that a text of the form of sender.dat points to: <c>file=C:\mail\keyword.txt</c>.</summary>
    public void AddKeywords(string table)
    {
        foreach (var rule in ApprovalTable.Parse(table, "sender.dat").Table.Rules)
            _keywords.UnionWith(rule.Condition.Terms.OfType<Condition.KeywordFile>().Select(file => file.Name));
    }

    /// <summary>
    /// apop.dat (AUTH-7): the password in clear text. It counts where the file of accounts has none, and makes SMTP AUTH due for the account (AUTH-5). In a folder of a name that no
    /// account has, it makes that name as a sender authenticate in any domain (AUTH-8, AUTH-15).
    /// </summary>
    private void Password(TextFile text, MailboxPlace place)
    {
        var password = text.Lines.Count > 0 && text.Lines[0].IsReadable ? text.Lines[0].Text.Trim() : "";
        foreach (var line in text.Lines.Skip(1))
            log.Ignored(text.Path, line.Number, line.Text.Length == 0 ? "" : "***", "the file has one line", "AUTH-7");
        if (place.Domain is null || !_numbers.TryGetValue(place.Key, out var number))
        {
            var sender = place.IsCommon || place.Domain is null ? $"{place.User}@*" : place.Address;
            if (place.User.Length == 0)
                log.Fault(text.Path, 1, 0, "***", "lies above the users' folders", "AUTH-8");
            else
                _required.Add((sender, log.Changed(text.Path, 1, "***", $"no account has this name: {sender} must authenticate as sender (auth.required_senders); there is no password here", "AUTH-15")));
            return;
        }
        var account = accounts[number];
        var fault = PasswordRules.Fault(password, recoverable);
        accounts[number] = account with { Row = account.Row with { SmtpAuth = true, Password = account.Row.Password ?? (fault is null ? password : null) } };
        if (account.Row.Password is { } known)
            log.Add(new Finding(text.Path, 1, "***", known == password ? FindingOutcome.Imported : FindingOutcome.Ignored, known == password ? "the same password as in the file of accounts" : "the file of accounts has another password, which is taken", "AUTH-7"));
        else if (fault is not null)
            log.Fault(text.Path, 1, 0, "***", $"{fault}: {place.Address} has no password until one is set", "AUTH-7");
        else
        {
            log.Changed(text.Path, 1, "***", "becomes the account's password, kept as a hash", "AUTH-7");
            var told = log[account.Finding].Reason.Replace(AccountsFile.NoPasswordYet, $"its password is that of {text.Path}", StringComparison.Ordinal);
            log.Replace(account.Finding, FindingOutcome.Changed, told, "AUTH-7");
        }
    }

    private void Table((string? Text, IReadOnlyList<int> Findings) read, MailboxPlace place, Func<PlannedTables, string, PlannedTables> change)
    {
        if (read.Text is not null)
            Change(place, read.Findings, tables => change(tables, read.Text));
    }

    private void Change(MailboxPlace place, int finding, Func<PlannedTables, PlannedTables> change) => Change(place, [finding], change);

    private void Change(MailboxPlace place, IReadOnlyList<int> findings, Func<PlannedTables, PlannedTables> change)
    {
        var mine = _tables.GetValueOrDefault(place.Key) ?? new PlannedTables(place.Address);
        _tables[place.Key] = change(mine) with { Findings = [.. mine.Findings, .. findings] };
    }
}
