using System.Diagnostics;
using System.Net;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Node.Addresses;

/// <summary>Whether this node may be counted upon for service addresses, and for which (CLU-23a). Of one actor; not safe for several threads.</summary>
/// <param name="rights">What is missing of them; null: nothing.</param>
internal sealed class Fitness(IpWatcherParts parts, string? rights)
{
    /// <summary>An address that could not be put up, or gave no greeting, is left to others so long.</summary>
    private static readonly TimeSpan Penalty = TimeSpan.FromSeconds(60);

    /// <summary>Name of this node's own greeting among the probes; no address and no node is called so.</summary>
    private const string Own = "";

    private readonly Dictionary<string, (long Since, string Why)> _penalties = new(StringComparer.Ordinal);
    private readonly Probes _probes = new();
    private int _turn;

    /// <summary>Null: nobody has looked yet.</summary>
    public MachineAddresses? Machine { get; set; }

    /// <summary>Why this node is not ready to hold anything; empty: it is.</summary>
    public string NotReady => parts.NotReady() is [var reason, ..] ? reason : _probes.Trouble(Own) is { } trouble ? $"its own greeting fails: {trouble}" : "";

    /// <summary>Why this node cannot hold this address; null: it can.</summary>
    public string? Objection(ServiceAddress service)
    {
        if (rights is not null || Machine is null)
            return rights ?? "not looked yet";
        if (_penalties.TryGetValue(service.Name, out var penalty) && Stopwatch.GetElapsedTime(penalty.Since) < Penalty)
            return penalty.Why;
        return ProbeTargets.Of(parts.Listeners(), service.Address) is null ? $"nothing of this node listens on {service.Name}: see the setting listen" : Machine.Objection(service);
    }

    public void Penalize(string address, string why) => _penalties[address] = (Stopwatch.GetTimestamp(), why);

    public AddressReport Report(long epoch, string notReady, IReadOnlyList<ServiceAddress> wanted) => new(
        parts.Node, epoch, ProbeTargets.Told(parts.Listeners(), parts.Reachable, parts.Denied(), Addresses(wanted)), notReady,
        [.. wanted.Where(service => Objection(service) is not null).Select(service => service.Name)], [.. _probes.Silent.Where(name => name != Own)]);

    /// <summary>Asks for greetings: this node's own, those of the addresses it holds, and some of the others'.</summary>
    public Task<IReadOnlyList<(string Name, string? Trouble)>> AskAsync(IReadOnlyList<ServiceAddress> wanted, IReadOnlyCollection<ServiceAddress> held, AddressBeat known)
    {
        var listeners = parts.Listeners();
        var targets = new List<(string Name, IPEndPoint Server, bool MayBeSilent)>();
        if (ProbeTargets.Own(listeners, Machine?.All ?? [], parts.Denied(), Addresses(wanted)) is { } own)
            targets.Add((Own, own, false));
        else
            _probes.Forget(Own);
        foreach (var service in held)
            if (ProbeTargets.Of(listeners, service.Address) is { } server)
                targets.Add((service.Name, server, false));
        targets.AddRange(ProbeTargets.Others(parts.Node, known, wanted, listeners, _probes.Failing, _turn++).Select(one => (one.Name, one.Server, true)));
        _probes.Keep(wanted.Select(service => service.Name).Concat(known.Nodes.Select(node => node.Name)).Append(Own).ToHashSet(StringComparer.Ordinal));
        return Probes.AskAsync(targets);
    }

    public void Note(IReadOnlyList<(string Name, string? Trouble)> answers)
    {
        foreach (var (name, trouble) in answers)
            _probes.Note(name, trouble);
    }

    /// <summary>What is wrong with the greeting of an address this node holds, once it is believed; null: nothing.</summary>
    public string? TroubleAt(string address) => _probes.Trouble(address);

    /// <summary>Who holds it changed: what was counted was about another.</summary>
    public void Forget(string address) => _probes.Forget(address);

    private static IPAddress[] Addresses(IReadOnlyList<ServiceAddress> wanted) => [.. wanted.Select(service => service.Address)];
}
