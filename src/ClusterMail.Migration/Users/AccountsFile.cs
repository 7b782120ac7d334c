using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Users;

/// <summary>An export of accounts (アカウントのエクスポート, IMP-1): <c>DOMAIN.idx</c>, <c>DOMAIN.txt</c>, or any text whose lines have its 8 or 10 columns.</summary>
/// <param name="recoverable">Passwords may be as short as the original's (AUTH-7).</param>
internal sealed class AccountsFile(FindingLog log, bool recoverable)
{
    /// <summary>Said of a row without a password, until one is found elsewhere.</summary>
    public const string NoPasswordYet = "it has no password until one is set";

    private const int PasswordColumn = 1;

    /// <summary>Lines looked at to know the kind of a file.</summary>
    private const int Sample = 20;

    /// <summary>Every line of the beginning has the columns of a row.</summary>
    public static bool IsOne(TextFile text)
    {
        var lines = text.Lines.Where(line => line.IsReadable && line.Text.Length > 0).Take(Sample).ToArray();
        return lines.Length > 0 && lines.Count(line => Columns(line.Text) is 8 or 10) > lines.Length / 2;
    }

    /// <summary>The domain a file is of by its name: <c>example.jp.idx</c>; null: its rows say (IMP-3).</summary>
    public static string? DomainOf(SourceFile file) =>
        DomainName.Normalize(file.Stem) is var name && OperatedDomains.Parse($"{name} local").Domains.Contains(name) ? name : null;

    /// <summary>Domains its rows name.</summary>
    public static IEnumerable<string> DomainsIn(TextFile text) =>
        text.Lines.Where(line => line.IsReadable && Columns(line.Text) is 8 or 10).Select(line => DomainName.Normalize(line.Text.Split('\t')[3].Trim())).Where(domain => domain.Length > 0).Distinct();

    /// <summary>Rows that can be created, in the order of the file.</summary>
    /// <param name="domains">Operated domains that are imported.</param>
    /// <param name="seen">Keys of accounts of the files before.</param>
    public IReadOnlyList<PlannedAccount> Read(TextFile text, IReadOnlySet<string> domains, ISet<string> seen)
    {
        var context = DomainOf(text.File);
        var accounts = new List<PlannedAccount>();
        foreach (var line in text.Lines)
        {
            if (!line.IsReadable)
                log.Fault(text.Path, line.Number, line.BadColumn, "", line.Complaint, "IMP-7");
            else if (line.Text.Length == 0)
                log.Ignored(text.Path, line.Number, "", "blank line");
            else if (Row(text.Path, line, context, domains, seen) is { } account)
                accounts.Add(account);
        }
        return accounts;
    }

    private PlannedAccount? Row(string file, TextLine line, string? context, IReadOnlySet<string> domains, ISet<string> seen)
    {
        var shown = Masked(line.Text);
        var (row, column, rule, complaint) = AccountFile.Parse(line.Text);
        if (row is null)
        {
            log.Fault(file, line.Number, Place(line.Text, column), shown, column == 0 ? complaint! : $"column {column} of the row: {complaint}", rule);
            return null;
        }
        var domain = context ?? DomainName.Normalize(row.Domain);
        if (!domains.Contains(domain))
        {
            log.Ignored(file, line.Number, shown, $"{Finding.Shown(domain)} is no operated domain of this import (--domain)", "DOM-1");
            return null;
        }
        if (!seen.Add(AccountIndex.Key(row.Name, domain)))
        {
            log.Ignored(file, line.Number, shown, $"{row.Name}@{domain} stands above already", "IMP-4");
            return null;
        }
        return Taken(file, line.Number, shown, row, domain);
    }

    private PlannedAccount Taken(string file, int line, string shown, AccountFileRow row, string domain)
    {
        var elsewhere = DomainName.Normalize(row.Domain) == domain ? null : $"its domain column says '{Finding.Shown(row.Domain)}', its file {domain}";
        // An export of Windows accounts has five asterisks for a password it does not know.
        var unknown = row.Password is { } stars && stars.All(c => c == '*') ? "the export has no password" : null;
        var fault = unknown is null && row.Password is { } password && PasswordRules.Fault(password, recoverable) is { } wrong ? $"{wrong}: not taken" : null;
        var note = string.Join("; ", ((string?[])[elsewhere, unknown ?? fault, row.Password is null || unknown is not null || fault is not null ? NoPasswordYet : null]).OfType<string>());
        var taken = row with { Password = unknown is null && fault is null ? row.Password : null, Domain = domain };
        var finding = note.Length == 0 ? log.Imported(file, line, shown, "account", "IMP-1") : log.Changed(file, line, shown, note, fault is not null ? "AUTH-7" : taken.Password is null ? "IMP-6" : "IMP-3");
        return new PlannedAccount(domain, taken, finding);
    }

    private static int Columns(string line) => line.AsSpan().Count('\t') + 1;

    private static string Masked(string line)
    {
        var columns = line.Split('\t');
        if (columns.Length > PasswordColumn && columns[PasswordColumn] is not ("" or AccountFile.NoPassword))
            columns[PasswordColumn] = "***";
        return string.Join('\t', columns);
    }

    /// <summary>Character of the line, from 1, at which a column of the row begins.</summary>
    private static int Place(string line, int column) => column < 2 ? column : line.Split('\t').Take(column - 1).Sum(text => text.Length + 1) + 1;
}
