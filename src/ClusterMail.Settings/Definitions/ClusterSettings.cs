namespace ClusterMail.Settings;

/// <summary>Which node does what (chapter 09).</summary>
internal static class ClusterSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Choice("cluster.receive_mode", "all", ["all", "leader"], "CLU-25", "", "Nodes that receive: all, or the leader only."),
        Define.Choice("cluster.deliver_mode", "all", ["all", "leader"], "CONF-56, CLU-11, CLU-25", "LogicalIP", "Nodes that deliver: all, or the leader only."),
        Define.Choice("database.require_synchronous_standby", "off", ["off", "warn", "refuse"], "CLU-31", "",
            "While no synchronous standby of the database is connected: off says nothing, warn tells it as event, figure and in cluster status, refuse takes no mail (451)."),
        Define.List(ShardWeights.Setting, "CLU-28", "",
            "With several databases, how much of the new mail each takes: NAME=0 to 100, main is the main one. Not named: 100. 0: none, and what it has is delivered."),
        Define.List("cluster.leader_preference", "CONF-55, CLU-26", "Balance", "Nodes in the order in which they should be leader."),
        Define.Table("cluster.service_addresses", "", "CONF-55, CLU-23, CLU-23a", "IPWCS",
            "Service addresses, one per line: address/prefix interface [node ...], nodes in the order of preference. Each is kept on one ready node. Needs CAP_NET_ADMIN and CAP_NET_RAW; Linux only. Empty: none."),
    ];
}
