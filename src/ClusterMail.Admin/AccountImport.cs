using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>
/// One part of a file of accounts (IMP-1 to IMP-7): read, judged line by line, hashed on all processors, written in one transaction. Passwords of rows that exist already, or for
/// which there is no room, are not hashed: a broken-off import that is run again is soon where it was.
/// </summary>
internal sealed class AccountImport(AccountDesk desk)
{
    /// <summary>Octets of a part.</summary>
    public const int LargestPart = 4 * 1024 * 1024;

    private sealed record Line(int Number, AccountFileRow? Row, AccountImportLine? Fate);

    /// <param name="place">The domain in whose context it runs (IMP-3).</param>
    /// <param name="part">Whole lines, CRLF or LF.</param>
    /// <param name="update">Accounts that exist get the row's values (IMP-4).</param>
    /// <param name="dryRun">Tells what would become of each line, and writes nothing.</param>
    public async Task<AccountImportResult> RunAsync(
        AccountTerms terms, AccountPlace place, ReadOnlyMemory<byte> part, int first, AccountFileEncoding encoding, bool update, bool dryRun, Author by, CancellationToken cancel)
    {
        var lines = Read(terms, place, part.Span, first, encoding);
        var rows = lines.Where(line => line.Row is not null).ToArray();
        var existing = await desk.Store.ExistingAsync(place.Domain, [.. rows.Select(line => line.Row!.Name)], cancel);
        var room = place.MaxAccounts == 0 ? long.MaxValue : Math.Max(0, place.MaxAccounts - await desk.Store.CountAsync(place.Domain, cancel));
        var fates = new Dictionary<int, AccountImportLine>();
        var wanted = new List<Line>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in rows)
        {
            var outcome = !seen.Add(line.Row!.Name) ? CreateOutcome.Exists
                : existing.Contains(line.Row.Name.ToLowerInvariant()) ? (update ? CreateOutcome.Updated : CreateOutcome.Exists)
                : room-- > 0 ? CreateOutcome.Created : CreateOutcome.OverLimit;
            fates[line.Number] = Fate(line, place, outcome);
            if (outcome is CreateOutcome.Created or CreateOutcome.Updated)
                wanted.Add(line);
        }
        if (!dryRun && wanted.Count > 0)
            await WriteAsync(terms, place, wanted, update, by, fates, cancel);
        return new AccountImportResult([.. lines.Select(line => line.Fate ?? fates[line.Number])]);
    }

    private async Task WriteAsync(
        AccountTerms terms, AccountPlace place, List<Line> wanted, bool update, Author by, Dictionary<int, AccountImportLine> fates, CancellationToken cancel)
    {
        var accounts = await Task.WhenAll(wanted.Select(async line => New(line.Row!, line.Row!.Password is { } password
            ? await desk.MakeAsync(terms, password, AccountIndex.Key(line.Row.Name, place.Domain), cancel) : null)));
        var outcomes = await desk.Store.CreateAsync(place.Domain, accounts, place.MaxAccounts, update, by, cancel);
        foreach (var (line, outcome) in wanted.Zip(outcomes))
            fates[line.Number] = Fate(line, place, outcome);
    }

    private static NewAccount New(AccountFileRow row, StoredCredentials? credentials) => new(row.Name)
    {
        FullName = row.FullName,
        Home = row.Home,
        BoxLimit = row.BoxLimit,
        SmtpAuth = row.SmtpAuth,
        Apop = row.Apop,
        Pop3 = row.Pop3,
        Imap4 = row.Imap4,
        Credentials = credentials,
    };

    private List<Line> Read(AccountTerms terms, AccountPlace place, ReadOnlySpan<byte> part, int first, AccountFileEncoding encoding)
    {
        var lines = new List<Line>();
        for (var number = first; !part.IsEmpty; number++)
        {
            // No character of either encoding has an octet that looks like LF within it.
            var end = part.IndexOf((byte)'\n');
            var line = end < 0 ? part : part[..end];
            part = end < 0 ? [] : part[(end + 1)..];
            if (!line.IsEmpty && line[^1] == '\r')
                line = line[..^1];
            if (number == 1 && line.StartsWith("\uFEFF"u8))
                line = line[3..];
            if (!line.IsEmpty)
                lines.Add(Judge(terms, place, number, line, encoding));
        }
        return lines;
    }

    private Line Judge(AccountTerms terms, AccountPlace place, int number, ReadOnlySpan<byte> octets, AccountFileEncoding encoding)
    {
        if (octets.Length > AccountFile.LongestLine)
            return Refused(number, "", $"longer than {AccountFile.LongestLine} octets", "IMP-1");
        if (AccountFile.Decode(octets, encoding) is not { } text)
            return Refused(number, "", $"holds octets that are no {(encoding == AccountFileEncoding.Utf8 ? "UTF-8" : "Shift_JIS")}", "IMP-7");
        var (row, column, rule, complaint) = AccountFile.Parse(text);
        if (row is null)
            return Refused(number, "", column == 0 ? complaint! : $"column {column}: {complaint}", rule);
        if (row.Password is { } password && PasswordRules.Fault(password, terms.Recoverable) is { } fault)
            return Refused(number, $"{row.Name}@{place.Domain}", fault, "AUTH-7");
        if (row.Password is not null && desk.KeyMissing(terms) is not null)
            return Refused(number, $"{row.Name}@{place.Domain}", "compat.auth.recoverable_store is on, but this node has no password-key-file", "AUTH-7");
        return new Line(number, row, null);
    }

    private static Line Refused(int number, string address, string reason, string rule) =>
        new(number, null, new AccountImportLine(number, address, ImportOutcomes.Refused, reason, rule));

    private static AccountImportLine Fate(Line line, AccountPlace place, CreateOutcome outcome)
    {
        var address = $"{line.Row!.Name}@{place.Domain}";
        var moved = AccountIndex.Key(line.Row.Name, line.Row.Domain) == AccountIndex.Key(line.Row.Name, place.Domain) ? null : $"its domain column says '{Requests.Printable(line.Row.Domain, 80)}'";
        var none = line.Row.Password is null ? "it has no password until one is set" : null;
        return outcome switch
        {
            CreateOutcome.Created when (moved, none) is (null, null) => new(line.Number, address, ImportOutcomes.Created),
            CreateOutcome.Created => new(line.Number, address, ImportOutcomes.Created, string.Join("; ", ((string?[])[moved, none]).OfType<string>()), moved is null ? "IMP-6" : "IMP-3"),
            CreateOutcome.Updated => new(line.Number, address, ImportOutcomes.Updated, none is null ? null : "its password stays", none is null ? null : "IMP-6"),
            CreateOutcome.OverLimit => new(line.Number, address, ImportOutcomes.Refused, $"{place.Domain} has {place.MaxAccounts} accounts, as many as it may have", "DOM-2"),
            _ => new(line.Number, address, ImportOutcomes.Skipped, "the account exists, and stays as it is", "IMP-4"),
        };
    }
}
