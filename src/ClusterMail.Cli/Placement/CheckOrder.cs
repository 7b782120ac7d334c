using System.Net;

namespace ClusterMail.Cli.Placement;

/// <summary>What to check, and with whom.</summary>
/// <param name="Sender">test1: its mail is held for a moment.</param>
/// <param name="Approver">test2: decides.</param>
/// <param name="Inside">test3: gets what is sent inside.</param>
/// <param name="Outside">An address outside; null: nothing is sent out, and forwarding is tried with <paramref name="Inside"/>.</param>
internal sealed record CheckOrder(string Preset, string Sender, string Approver, string Inside, string? Outside)
{
    /// <summary>Address of this machine from which a client's way around approval is tried; null: as the machine chooses.</summary>
    public IPAddress? Client { get; init; }

    /// <summary>How long one thing may take before it counts as failed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    public bool IsLocal => Preset == "local";
    public string Target => Outside ?? Inside;
    public string Domain => Sender[(Sender.LastIndexOf('@') + 1)..];
}
