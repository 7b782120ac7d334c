namespace ClusterMail.Admin.Contract;

/// <summary>The tables one account has of its own (05 F, 05 G, 02 D), in the original's text formats.</summary>
public static class AccountTableNames
{
    /// <summary>usetime.dat: when it may send.</summary>
    public const string Hours = "hours";

    /// <summary>sender.dat: where it may mail to.</summary>
    public const string Destination = "destination";

    /// <summary>effect.dat: who may mail to it.</summary>
    public const string Relay = "relay";

    public static IReadOnlyList<string> All { get; } = [Hours, Destination, Relay];
}

/// <summary>A table as it was written, comments included.</summary>
/// <param name="File">What the original calls it: <c>usetime.dat</c>, <c>sender.dat</c>, <c>effect.dat</c>.</param>
/// <param name="Version">Of the account's last change, for <see cref="AccountTableChange.Base"/>.</param>
/// <param name="Text">Empty: the account has no such table, and nothing is restricted.</param>
/// <param name="ChangedAt">The account's last change, of whatever it was.</param>
public sealed record AccountTable(string Address, string Table, string File, long Version, string Text, DateTimeOffset ChangedAt, string ChangedBy);

/// <summary>PUT of a table, and its check.</summary>
/// <param name="Base">Only if the account was not changed since this version; null: whatever it is.</param>
public sealed record AccountTableChange(string Text, long? Base = null);

/// <param name="Version">The account's; after a check, or when nothing changed, the one it had.</param>
/// <param name="Before">The text that was there.</param>
/// <param name="Notes">What the administrator should know: DEST-5, RELAY-43.</param>
public sealed record AccountTableSaved(string Address, string Table, long Version, string Before, string After, IReadOnlyList<string> Notes);
