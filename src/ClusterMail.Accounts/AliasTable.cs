using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Accounts;

/// <summary>
/// The alias table as text, <c>alias -> real[,0|1]</c>, one a line, <c>'</c> or a blank in front for a comment; and what must hold of it as a whole.
/// </summary>
public static class AliasTable
{
    /// <summary>Stands before line and column in complaints.</summary>
    public const string Name = "alias";

    /// <summary>Aliases the cluster takes: each node keeps them all, and each change is judged against all.</summary>
    public const int Most = 200_000;

    private const string Arrow = "->";

    /// <summary>Complaints an answer carries; a file of another kind has one in every line.</summary>
    private const int MostErrors = 100;

    /// <summary>Each line with its number. Faulty lines are left out and told, with their columns.</summary>
    public static (IReadOnlyList<(Alias Alias, int Line)> Aliases, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var aliases = new List<(Alias, int)>();
        var errors = new List<SettingError>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsEmpty || line[0] is '\'' or ' ' || errors.Count == MostErrors)
                continue;
            var (alias, column, rule, complaint) = ParseLine(line.ToString());
            if (alias is not null && !lines.TryAdd(Key(alias), number))
                (complaint, column, rule) = ($"{alias.Name} stands in line {lines[Key(alias)]} already: an alias has one target; use a list or a forward for several", 1, "ALIAS-6");
            if (complaint is null)
                aliases.Add((alias!, number));
            else
                errors.Add(new SettingError(Name, number, column, rule, complaint));
        }
        return (aliases, errors);
    }

    /// <summary>ALIAS-11 for a whole table with distinct names: no circle, no chain of more than ten steps. One fault for each alias that has one.</summary>
    /// <param name="isAccount">A chain ends where there is an account (ALIAS-10).</param>
    public static IReadOnlyList<AliasFault> Judge(IReadOnlyList<Alias> aliases, Func<Mailbox, bool> isAccount)
    {
        if (aliases.Count > Most)
            return [new(aliases[^1], "ALIAS-1", $"{aliases.Count} aliases; the cluster takes {Most}", [])];
        var index = new AliasIndex();
        foreach (var alias in aliases)
            index.Put(alias);
        return [.. aliases.Select(alias => Follow(alias, index, isAccount)).OfType<AliasFault>().Take(MostErrors)];
    }

    /// <summary>Where the alias leads, step by step. A <c>*</c> on the right is followed with a name that no exact alias has: a circle of that kind goes through for every name.</summary>
    private static AliasFault? Follow(Alias alias, AliasIndex index, Func<Mailbox, bool> isAccount)
    {
        const string anyName = "\u0001";
        var repeats = alias.Real.LocalPart == "*";
        var at = repeats ? alias.Real with { LocalPart = anyName } : alias.Real;
        var name = repeats && alias.Name.LocalPart == "*" ? alias.Name with { LocalPart = anyName } : alias.Name;
        if (at.SameAs(name))
            return null;
        var passed = new List<Mailbox> { name, at };
        while (!isAccount(at) && Next(at, index) is { } next && !next.SameAs(at))
        {
            var circle = passed.Any(before => before.SameAs(next));
            passed.Add(at = next);
            if (circle || passed.Count > MailDirectory.MaxSteps + 1)
                return new AliasFault(alias, "ALIAS-11", string.Concat(
                    circle ? $"{alias.Name} leads in a circle: " : $"{alias.Name} leads over more than {MailDirectory.MaxSteps} aliases: ", string.Join(" -> ", passed.Select(Shown))), passed);
        }
        return null;

        static string Shown(Mailbox mailbox) => mailbox.ToString().Replace(anyName, "*", StringComparison.Ordinal);
    }

    private static Mailbox? Next(Mailbox at, AliasIndex index) =>
        index.Exact(at) is { } exact ? exact.Real
        : index.Wildcard(at) is var (wildcard, took) ? wildcard.Real.LocalPart == "*" ? wildcard.Real with { LocalPart = took } : wildcard.Real
        : null;

    /// <summary>As text, by <see cref="Parse"/> to be read again.</summary>
    public static string Text(IEnumerable<Alias> aliases) => string.Concat(aliases.Select(alias => $"{alias}\n"));

    /// <summary>One line. The column is 1-based.</summary>
    public static (Alias? Alias, int Column, string Rule, string? Complaint) ParseLine(string line)
    {
        var arrow = line.IndexOf(Arrow, StringComparison.Ordinal);
        if (arrow < 0)
            return (null, 1, "ALIAS-1", "must read: alias -> real, and behind it ,0 or ,1 if wanted");
        var left = line[..arrow].Trim();
        var right = line[(arrow + Arrow.Length)..];
        var comma = right.LastIndexOf(',');
        var option = comma < 0 ? null : right[(comma + 1)..].Trim();
        var target = (comma < 0 ? right : right[..comma]).Trim();
        var targetColumn = arrow + Arrow.Length + 1 + (right.Length - right.TrimStart().Length);
        if (option is not (null or "0" or "1"))
            return (null, arrow + Arrow.Length + comma + 2, "ALIAS-4", $"',{option}' is no option: ,0 keeps the alias as recipient, ,1 replaces it");
        if (AddressRules.Address(left) is not { } name)
            return (null, 1, "ALIAS-2", $"'{left}' is no full address with a domain, local@example.jp");
        if (AddressRules.Address(target) is not { } real)
            return (null, targetColumn, "ALIAS-2", $"'{target}' is no full address with a domain, local@example.jp");
        if (real.LocalPart != "*" && real.LocalPart.Contains('*', StringComparison.Ordinal))
            return (null, targetColumn, "ALIAS-3", $"'{target}': a * on the right is the whole local part, and repeats what the * on the left matched");
        if (real.LocalPart == "*" && !name.LocalPart.Contains('*', StringComparison.Ordinal))
            return (null, targetColumn, "ALIAS-3", $"'{target}': a * on the right needs one on the left");
        return (new Alias(name with { Domain = DomainName.Normalize(name.Domain) }, real, option switch { "0" => AliasMode.Keep, "1" => AliasMode.Replace, _ => AliasMode.ByDomain }), 0, "", null);
    }

    private static string Key(Alias alias) => AccountIndex.Key(alias.Name.LocalPart, alias.Name.Domain);
}

/// <summary>Why a table must not stand as it is.</summary>
/// <param name="Passed">The addresses on the way; an account at one of them would end it.</param>
public sealed record AliasFault(Alias Alias, string Rule, string Complaint, IReadOnlyList<Mailbox> Passed);
