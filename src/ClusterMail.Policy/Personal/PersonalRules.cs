using System.Runtime.CompilerServices;
using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy.Hours;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Personal;

/// <summary>
/// The tables one account has of its own, parsed at their first use and kept as long as the account stays as it is. Its destination restriction is a level of
/// <see cref="PolicyBook"/>.
/// </summary>
public sealed class PersonalRules
{
    private static readonly ConditionalWeakTable<Account, PersonalRules> Parsed = [];
    private static readonly PersonalRules None = new(RelayList.Empty, null);

    private PersonalRules(RelayList relay, UsageHours? hours) => (Relay, Hours) = (relay, hours);

    /// <summary>Its effect.dat (RELAY-40); empty: everybody may write to it.</summary>
    public RelayList Relay { get; }

    /// <summary>Its usetime.dat (UTIME-1); null: no restriction.</summary>
    public UsageHours? Hours { get; }

    public static PersonalRules Of(Account account) =>
        account is { RelayRules: "", Hours: "" } ? None : Parsed.GetValue(account, static account => new PersonalRules(
            RelayList.ParsePersonal(account.RelayRules).List, UsageHours.Parse(account.Hours).Hours));

    /// <summary>Characters one of the texts may have: each node keeps those of all accounts in memory. 2,000 lines are more than anybody reads.</summary>
    public const int LongestText = 65_536;

    /// <summary>What is wrong with the three texts; those that are only warnings do not stand in the way of a save.</summary>
    public static IReadOnlyList<SettingError> Check(string relayRules, string destinations, string hours) =>
    [
        .. TooLong(relayRules, "effect.dat", "RELAY-40") ?? RelayList.ParsePersonal(relayRules).Errors,
        .. TooLong(destinations, "sender.dat", "DEST-1") ?? ApprovalTable.Parse(destinations).Errors,
        .. TooLong(hours, "usetime.dat", "UTIME-3") ?? UsageHours.Parse(hours).Errors,
    ];

    private static IReadOnlyList<SettingError>? TooLong(string text, string name, string rule) =>
        text.Length <= LongestText ? null : [new SettingError(name, 0, 0, rule, $"has {text.Length} characters; an account's table may have {LongestText}")];
}
