using ClusterMail.Settings;

namespace ClusterMail.Policy.Relay;

/// <summary>The three compat switches of chapter 02 F. All false: the safe profile.</summary>
/// <param name="TrustEnvelopeSender">RELAY-60: a local sender alone may relay.</param>
/// <param name="EnvelopeTrue">RELAY-61: <c>true</c> on a sender pattern acts as true.</param>
/// <param name="WideTrue">RELAY-62: <c>true</c> for everybody is allowed.</param>
public readonly record struct RelaySwitches(bool TrustEnvelopeSender, bool EnvelopeTrue, bool WideTrue)
{
    public static RelaySwitches Safe => default;
    public static RelaySwitches Original => new(true, true, true);

    public static RelaySwitches From(SettingSet set) => new(
        set.Switch("compat.relay.trust_envelope_sender"),
        set.Switch("compat.relay.envelope_true"),
        set.Switch("compat.relay.wide_true"));
}
