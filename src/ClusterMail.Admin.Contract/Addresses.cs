namespace ClusterMail.Admin.Contract;

/// <summary><c>address status</c>: service addresses and who holds them (CLU-23).</summary>
public sealed record AddressList(IReadOnlyList<AddressEntry> Addresses, IReadOnlyList<AddressNodeEntry> Nodes);

/// <param name="Address">Without its prefix, as the other verbs take it.</param>
/// <param name="Holder">Null: nobody.</param>
/// <param name="Wished">Node the coordinator wants; null: no node is able to.</param>
/// <param name="Order">Who takes it when those before are not ready.</param>
/// <param name="MovedTo">Node an administrator moved it to; null: none.</param>
/// <param name="LeaseSeconds">Time left of the holder's lease; negative when it is over, null while nobody holds it.</param>
/// <param name="Since">Of the last change of holder.</param>
/// <param name="Reason">Of that change.</param>
/// <param name="SilentTo">Nodes that get no greeting there.</param>
public sealed record AddressEntry(
    string Address, int PrefixLength, string Interface, string? Holder, string? Wished, IReadOnlyList<string> Preferred, IReadOnlyList<string> Order, string? MovedTo, double? LeaseSeconds,
    DateTimeOffset Since, string Reason, IReadOnlyList<string> SilentTo);

/// <param name="ReadySeconds">Ready without a break for so long; 60 s are needed to get an address back.</param>
/// <param name="Reason">Why it is not ready; null: it is.</param>
/// <param name="Unable">Addresses it cannot hold; its program log says why.</param>
public sealed record AddressNodeEntry(string Node, bool Ready, double ReadySeconds, string? Reason, IReadOnlyList<string> Unable);

/// <summary>Moves a service address.</summary>
/// <param name="Node">The node that is to hold it while it is ready, or <c>auto</c>: whoever the coordinator chooses.</param>
public sealed record AddressMove(string Address, string Node)
{
    /// <summary>Ends what a move began.</summary>
    public const string Auto = "auto";
}

/// <param name="Holder">Who has it at this moment; the move takes some seconds more.</param>
/// <param name="Message">One line for the terminal.</param>
public sealed record AddressMoved(string Address, string? Holder, string Message);
