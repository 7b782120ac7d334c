using System.Collections.Frozen;
using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Policies;

/// <summary>What one operated domain has of its own (APPROVE-50, APPROVE-59).</summary>
/// <param name="Timing">Deadlines where its senders' lines say nothing.</param>
/// <param name="Fallback">Asked when nobody is left; empty: as <c>approval.fallback</c> says.</param>
public sealed record ApprovalDomain(LineTiming Timing, ImmutableArray<Mailbox> Fallback);

/// <summary>
/// The setting <c>approval.domains</c>, one domain a line with the options of a policy line: <c>example.jp fallback=bucho@example.jp remind=12h expire=3d
/// onexpire=reject</c>; <c>'</c> or <c>#</c> in front makes a comment.
/// </summary>
public sealed class ApprovalDomains
{
    private const string Setting = "approval.domains";
    private readonly FrozenDictionary<string, ApprovalDomain> _byName;

    private ApprovalDomains(IReadOnlyDictionary<string, ApprovalDomain> byName) => _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);

    public static ApprovalDomains None { get; } = new(new Dictionary<string, ApprovalDomain>());

    /// <summary>Null: the domain has nothing of its own.</summary>
    public ApprovalDomain? Find(string domain) => _byName.GetValueOrDefault(DomainName.Normalize(domain));

    public static (ApprovalDomains Domains, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var (domains, errors, number) = (new Dictionary<string, ApprovalDomain>(StringComparer.Ordinal), new List<SettingError>(), 0);
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0][0] is '\'' or '#')
                continue;
            var name = DomainName.Normalize(words[0]);
            if (!OperatedDomains.IsDomain(name))
                errors.Add(new SettingError(Setting, number, 1, "APPROVE-59", $"'{words[0]}' is no domain"));
            else if (!domains.TryAdd(name, Read(line, words, number, errors)))
                errors.Add(new SettingError(Setting, number, 1, "APPROVE-59", $"{name} stands above already"));
        }
        return (new ApprovalDomains(domains), errors);
    }

    private static ApprovalDomain Read(string line, string[] words, int number, List<SettingError> errors)
    {
        var (fallback, options) = (ImmutableArray<Mailbox>.Empty, LineOptions.Default);
        var reader = new OptionReader((field, rule, message) => errors.Add(new SettingError(Setting, number, field.Column, rule, message)));
        foreach (var word in words.Skip(1))
        {
            var column = line.IndexOf(word, words[0].Length, StringComparison.Ordinal);
            if (!word.StartsWith("fallback=", StringComparison.OrdinalIgnoreCase))
                options = reader.Option(options, new Field(word, column));
            else if (word["fallback=".Length..].Split(',').Select(AddressRules.Address).ToList() is var addresses && addresses.TrueForAll(address => address is not null))
                fallback = [.. addresses.OfType<Mailbox>()];
            else
                errors.Add(new SettingError(Setting, number, column + 1, "APPROVE-50", "fallback= needs addresses separated by commas"));
        }
        if (options != LineOptions.Default with { Timing = options.Timing })
            errors.Add(new SettingError(Setting, number, 0, "APPROVE-59", "a domain has fallback=, remind=, escalate=, to=, expire= and onexpire= only"));
        return new ApprovalDomain(options.Timing, fallback);
    }
}
