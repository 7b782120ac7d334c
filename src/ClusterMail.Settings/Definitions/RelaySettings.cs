namespace ClusterMail.Settings;

/// <summary>Who may relay, and which domains are ours (chapter 02).</summary>
internal static class RelaySettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Table("relay.rules", "#<> default\n#blank false\n", "CONF-42, RELAY-1 to RELAY-29", "マシン毎の中継 (effect.dat)",
            "Who may relay: one rule a line, the first line that matches decides."),
        Define.Table("domain.table", "", "DOM-1, FALL-7, RELAY-37", "ドメイン管理",
            "Operated domains, one a line: domain relay passes every address on by its route; domain local keeps accounts, routed has accounts without mailboxes, mixed some of both, with max_accounts=, shared_with=, address=, zone=, delivery=, login=."),
        Define.Switch("compat.relay.trust_envelope_sender", false, "RELAY-60", "",
            "A local sender in MAIL FROM alone gives the right to relay, as in the original. This makes an open relay.", original: true),
        Define.Switch("compat.relay.envelope_true", false, "RELAY-61", "",
            "Action true on a sender pattern acts as true, not as default.", original: true),
        Define.Switch("compat.relay.wide_true", false, "RELAY-62", "", "Action true is allowed for every client at once.", original: true),
    ];
}
