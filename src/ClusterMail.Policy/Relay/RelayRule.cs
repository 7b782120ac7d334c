namespace ClusterMail.Policy.Relay;

/// <summary>One line of the relay list.</summary>
/// <param name="Line">Line of the text, from 1.</param>
/// <param name="ByClient">The pattern names clients (IP), not senders.</param>
/// <param name="Everyone">An IP pattern so wide that matching it says nothing about the client.</param>
public sealed record RelayRule(int Line, string Pattern, bool ByClient, bool Everyone, RelayAction Action, NoRelayOption Option)
{
    private readonly string _decided = $"{TableOf(Action)} line {Line}";

    /// <summary>A line of an account's own list (RELAY-40).</summary>
    public bool Personal { get; init; }

    /// <summary>Printed as the deciding rule: <c>RELAY-33 line 4</c>. Made once here, because a verdict is made per recipient.</summary>
    public string Decided => Personal ? $"RELAY-40 line {Line}" : _decided;

    private static string TableOf(RelayAction action) => action switch
    {
        RelayAction.True => "RELAY-32",
        RelayAction.False => "RELAY-33",
        RelayAction.NoRelay => "RELAY-34",
        RelayAction.Only => "RELAY-35",
        _ => "RELAY-31",
    };
}
