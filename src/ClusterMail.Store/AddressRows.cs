namespace ClusterMail.Store;

/// <summary>A service address as the database has it (CLU-23).</summary>
/// <param name="Wished">Nodes in the order in which they may take it; the first is the coordinator's wish.</param>
/// <param name="Pinned">Node an administrator moved it to; null: none.</param>
/// <param name="Holder">Who took it last and has not given it back; null: nobody.</param>
/// <param name="Turn">Grows with each taking; 0: nobody ever had it.</param>
/// <param name="LeaseLeft">Until the end of the holder's lease; negative when it is over, null while nobody holds it.</param>
/// <param name="Age">Since the last change of holder, or since the row was made.</param>
/// <param name="Reason">Of that change.</param>
public sealed record AddressRow(string Address, IReadOnlyList<string> Wished, string? Pinned, string? Holder, long Turn, TimeSpan? LeaseLeft, TimeSpan Age, string Reason);

/// <summary>What a node last said of itself as a holder of addresses.</summary>
/// <param name="Ready">It said so within <see cref="AddressStore.Fresh"/>.</param>
/// <param name="ReadyFor">How long without a break; zero when it is not.</param>
/// <param name="Reason">Why not; empty when it is ready.</param>
/// <param name="Smtp"><c>address:port</c> where the others look for its greeting; empty: nowhere.</param>
/// <param name="Unable">Addresses it cannot put on its interface.</param>
/// <param name="Silent">Nodes and addresses that gave it no greeting.</param>
public sealed record AddressNode(string Name, string Smtp, bool Ready, TimeSpan ReadyFor, string Reason, IReadOnlyList<string> Unable, IReadOnlyList<string> Silent);

/// <summary>What a node says of itself.</summary>
/// <param name="Reason">Why it is not ready; empty: it is.</param>
public sealed record AddressReport(string Node, long Epoch, string Smtp, string Reason, IReadOnlyCollection<string> Unable, IReadOnlyCollection<string> Silent);

/// <param name="Renewed">Of the addresses asked for, those whose lease runs anew; the others are lost.</param>
public sealed record AddressBeat(IReadOnlyList<string> Renewed, IReadOnlyList<AddressRow> Addresses, IReadOnlyList<AddressNode> Nodes);
