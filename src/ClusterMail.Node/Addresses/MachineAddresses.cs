using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Node.Addresses;

/// <summary>Interfaces of this machine with their addresses, as <c>ip -j addr show</c> tells them.</summary>
public sealed class MachineAddresses
{
    private readonly IReadOnlyList<Link> _links;

    private MachineAddresses(IReadOnlyList<Link> links) => _links = links;

    /// <param name="Hardware">Null: an interface without one, on which nobody can be told anything.</param>
    public sealed record Link(string Name, int Index, PhysicalAddress? Hardware, IReadOnlyList<Standing> Addresses);

    /// <param name="ValidFor">What is left of its life; null: for ever.</param>
    public sealed record Standing(IPAddress Address, TimeSpan? ValidFor);

    public static MachineAddresses None { get; } = new([]);

    /// <exception cref="IOException">This is not what <c>ip</c> writes.</exception>
    public static MachineAddresses Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            // An interface that goes while it is looked at leaves an empty object.
            return new MachineAddresses([.. document.RootElement.EnumerateArray().Where(link => link.TryGetProperty("ifname", out _)).Select(ParseLink)]);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new IOException($"ip -j addr show: {broken.Message}", broken);
        }
    }

    private static Link ParseLink(JsonElement link) => new(
        link.GetProperty("ifname").GetString()!, link.GetProperty("ifindex").GetInt32(),
        link.TryGetProperty("address", out var hardware) && link.GetProperty("link_type").GetString() == "ether" ? PhysicalAddress.Parse(hardware.GetString()) : null,
        [.. link.GetProperty("addr_info").EnumerateArray().Where(one => one.TryGetProperty("local", out _)).Select(ParseStanding)]);

    private static Standing ParseStanding(JsonElement one)
    {
        var seconds = one.TryGetProperty("valid_life_time", out var left) ? left.GetInt64() : uint.MaxValue;
        return new Standing(IPAddress.Parse(one.GetProperty("local").GetString()!), seconds == uint.MaxValue ? null : TimeSpan.FromSeconds(seconds));
    }

    public Link? Find(string name) => _links.FirstOrDefault(link => link.Name == name);

    /// <summary>Every address there is.</summary>
    public IEnumerable<IPAddress> All => _links.SelectMany(link => link.Addresses).Select(one => one.Address);

    /// <summary>Why this machine cannot hold an address, as a sentence without its subject; null: it can.</summary>
    public string? Objection(ServiceAddress service)
    {
        if (Find(service.Interface) is not { } link)
            return $"there is no interface {service.Interface} on this machine: correct cluster.service_addresses, or name the interfaces alike on all nodes";
        if (link.Hardware is null)
            return $"{service.Interface} is no Ethernet: neighbours cannot be told";
        return _links.FirstOrDefault(other => other.Addresses.Any(one => one.Address.Equals(service.Address) && !IsOurs(one))) is { } taken
            ? $"{service.Name} stands on {taken.Name} by the machine's own network configuration: take it out there"
            : null;
    }

    /// <summary>An earlier life of this node left it behind.</summary>
    public bool HasLeftOver(ServiceAddress service) => Find(service.Interface)?.Addresses.Any(one => one.Address.Equals(service.Address) && IsOurs(one)) == true;

    // Nobody else gives an address a life of seconds.
    private static bool IsOurs(Standing one) => one.ValidFor is { } left && left <= AddressStore.Lease;
}
