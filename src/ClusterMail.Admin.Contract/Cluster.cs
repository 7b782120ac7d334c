using System.Text.Json.Serialization;

namespace ClusterMail.Admin.Contract;

[JsonConverter(typeof(JsonStringEnumConverter<SwitchWord>))]
public enum SwitchWord
{
    [JsonStringEnumMemberName("on")]
    On,

    [JsonStringEnumMemberName("off")]
    Off,

    [JsonStringEnumMemberName("draining")]
    Draining,
}

/// <summary><c>cluster status</c>.</summary>
/// <param name="Name">The node that answered.</param>
/// <param name="Leader">Node holding the leader role (CLU-25); null when nobody does now.</param>
/// <param name="OldestMail">Acceptance of the oldest mail still waiting; null: the queue is empty.</param>
/// <param name="DatabaseTime">Clock all leases are judged by.</param>
public sealed record ClusterStatus(
    string Name, string? Leader, long SettingsVersion, SwitchStatus Receive, SwitchStatus Deliver, long Waiting, DateTimeOffset? OldestMail,
    DateTimeOffset DatabaseTime, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<ClusterMember> Members)
{
    /// <summary>What somebody should look at: releases that do not work together (ADMIN-54), nodes behind with the settings (ADMIN-26).</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Null: the settings want none (<c>database.require_synchronous_standby = off</c>).</summary>
    public StandbyStatus? SynchronousStandby { get; init; }

    /// <summary>The databases of the queue, the main one first; empty: there is only that.</summary>
    public IReadOnlyList<ShardStatus> Shards { get; init => field = value ?? []; } = [];
}

/// <summary>A database of the queue.</summary>
/// <param name="Open">The answering node puts new mail into it.</param>
/// <param name="Weight">0 to 100, of <c>queue.shard_weights</c>; 0: takes no new mail.</param>
/// <param name="Waiting">Recipients in it; null: it does not answer.</param>
/// <param name="Fault">What is wrong with it; null: nothing is known to be.</param>
public sealed record ShardStatus(string Name, bool Open, int Weight, long? Waiting = null, DateTimeOffset? Oldest = null, string? Fault = null);

/// <param name="Required"><c>warn</c> or <c>refuse</c>.</param>
/// <param name="Connected">As the answering node saw it within the last 5 s.</param>
/// <param name="Reason">What it saw, in words.</param>
public sealed record StandbyStatus(string Required, bool Connected, string Reason);

/// <param name="Since">Null: never switched.</param>
public sealed record SwitchStatus(SwitchWord State, DateTimeOffset? Since, string? By);

/// <param name="State"><c>alive</c>, <c>expired</c> (lease ended, not yet fenced), <c>fenced</c> or <c>left</c>.</param>
/// <param name="LeaseSeconds">Time left of the lease; negative when it is over.</param>
/// <param name="Receive">What is in force on the node: the stricter of the cluster's and its own switch.</param>
/// <param name="Owned">Recipients it is delivering or has in its window.</param>
public sealed record NodeStatus(
    string Name, long Epoch, string State, double LeaseSeconds, IReadOnlyList<string> Roles, bool Member, SwitchWord Receive, SwitchWord Deliver, long Owned,
    string Version, string Smtp, string Admin, string Remoting, DateTimeOffset StartedAt)
{
    /// <summary>Of the settings, by which it works; null: it has not said yet.</summary>
    public long? SettingsVersion { get; init; }
}

/// <summary>A member as the answering node's cluster sees it.</summary>
/// <param name="Status">Joining, WeaklyUp, Up, Leaving, Exiting, Down.</param>
public sealed record ClusterMember(string Address, string Status, bool Reachable, IReadOnlyList<string> Roles);

/// <summary>Sets switches (ADMIN-32). Members left out stay as they are.</summary>
/// <param name="Node">Null: for the whole cluster.</param>
public sealed record SwitchRequest(string? Node = null, SwitchWord? Receive = null, SwitchWord? Deliver = null);

public sealed record LeaderStatus(string? Leader);

/// <summary>Answer of an act on a node.</summary>
/// <param name="Message">One line for the terminal.</param>
public sealed record NodeActResult(string Node, string Message);

/// <summary>Page of events, newest first. Query of <see cref="Routes.Events"/>: <c>since=</c> and <c>until=</c> (ISO 8601), <c>kind=</c>, <c>node=</c>, <c>limit=</c> (default 100, at most 1000), <c>before=</c> (an id, for the next page).</summary>
public sealed record EventPage(IReadOnlyList<EventRow> Events, long? Before);

/// <param name="Mail">Number of the mail it is about; null: none.</param>
public sealed record EventRow(long Id, DateTimeOffset At, string Kind, string? Node, string? Mail, string Text);
