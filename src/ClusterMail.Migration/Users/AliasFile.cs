using ClusterMail.Accounts;
using ClusterMail.Migration.Source;
using ClusterMail.Protocol;

namespace ClusterMail.Migration.Users;

/// <summary>Aliases (エイリアス設定): the original's text of them, alias TAB real address, or the form used here, <c>alias -> real[,0|1]</c>.</summary>
internal sealed class AliasFile(FindingLog log)
{
    /// <summary>alias.txt, aliases.dat and the like: the original lets people name the file they keep them in.</summary>
    public static bool IsOne(SourceFile file) => file.Name.StartsWith("alias", StringComparison.OrdinalIgnoreCase);

    /// <param name="seen">Aliases of the files before.</param>
    public IReadOnlyList<PlannedAlias> Read(TextFile text, IDictionary<string, Alias> seen)
    {
        var aliases = new List<PlannedAlias>();
        foreach (var line in text.Lines)
        {
            if (!line.IsReadable)
                log.Fault(text.Path, line.Number, line.BadColumn, "", line.Complaint, "IMP-7");
            else if (line.Text.Length == 0 || line.Text[0] is '\'' or ' ')
                log.Ignored(text.Path, line.Number, line.Text, "comment or blank line");
            else if (Line(text.Path, line, seen) is { } alias)
                aliases.Add(alias);
        }
        return aliases;
    }

    /// <summary>ALIAS-11 for all together: those that lead in a circle are left out, until none is left that does.</summary>
    /// <param name="isAccount">A chain ends where there is an account.</param>
    public IReadOnlyList<PlannedAlias> Judge(IReadOnlyList<PlannedAlias> aliases, Func<Mailbox, bool> isAccount)
    {
        var left = aliases.ToList();
        while (AliasTable.Judge([.. left.Select(planned => planned.Alias)], isAccount) is { Count: > 0 } faults)
            foreach (var fault in faults)
                if (left.Find(planned => planned.Alias == fault.Alias) is { } wrong)
                {
                    left.Remove(wrong);
                    log.Replace(wrong.Finding, FindingOutcome.Ignored, fault.Complaint, fault.Rule, isFault: true);
                }
        return left;
    }

    private PlannedAlias? Line(string file, TextLine line, IDictionary<string, Alias> seen)
    {
        var words = line.Text.Split('\t', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var (alias, column, rule, complaint) = AliasTable.ParseLine(!line.Text.Contains("->", StringComparison.Ordinal) && words.Length == 2 ? $"{words[0]} -> {words[1]}" : line.Text);
        if (alias is null)
        {
            log.Fault(file, line.Number, words.Length == 2 ? 1 : column, line.Text, complaint!, rule);
            return null;
        }
        var key = AccountIndex.Key(alias.Name.LocalPart, alias.Name.Domain);
        if (seen.TryGetValue(key, out var other))
        {
            if (other == alias)
                log.Ignored(file, line.Number, line.Text, "stands above already", "ALIAS-6");
            else
                log.Fault(file, line.Number, 1, line.Text, $"{alias.Name} leads to {other.Real} above: an alias has one target; use a list or a forward for several", "ALIAS-6");
            return null;
        }
        seen[key] = alias;
        return new PlannedAlias(alias, alias.Name.LocalPart == "*" && alias.Real.LocalPart != "*"
            ? log.Changed(file, line.Number, line.Text, "takes mail for every invented address of its domain; as sender such an address is trusted only with SMTP AUTH or from a listed client", "RELAY-60")
            : log.Imported(file, line.Number, line.Text, "alias", "ALIAS-1"));
    }
}
