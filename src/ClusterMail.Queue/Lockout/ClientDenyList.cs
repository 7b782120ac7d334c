using System.Net;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Lockout;

/// <summary>Where filters put clients they want to see no more (RELAY-50).</summary>
public sealed class ClientDenyList(LockoutStore store, Func<NodeView> view)
{
    /// <summary>
    /// Denies a client for <c>relay.dynamic_deny_hours</c>, on all nodes within two seconds. False: it is one that is never denied, because a static line names it
    /// <c>true</c> or <c>default</c>, or it is a balancer or on <paramref name="exempt"/> (RELAY-51).
    /// </summary>
    public async Task<bool> AddAsync(IPAddress client, string filter, IReadOnlyList<IPNetwork> exempt, CancellationToken cancel)
    {
        var now = view();
        if (client.IsIPv4MappedToIPv6)
            client = client.MapToIPv4();
        if (now.Lockout.IsExempt(client) || exempt.Any(network => network.Contains(client)))
            return false;
        var hours = now.Settings.Integer("relay.dynamic_deny_hours");
        await store.DenyAsync(client.ToString(), filter, hours == 0 ? null : TimeSpan.FromHours(hours), cancel).ConfigureAwait(false);
        return true;
    }
}
