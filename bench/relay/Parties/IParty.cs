using System.Net;

namespace ClusterMail.Bench.Relay.Parties;

/// <summary>A server under measurement: takes mail at <see cref="EndPoint"/>, keeps it safe, and passes everything to the sink.</summary>
internal interface IParty : IAsyncDisposable
{
    string Name { get; }

    /// <summary>As the program says it.</summary>
    string Version { get; }

    /// <summary>What a client's 250 is worth when the machine loses its power.</summary>
    string Durability { get; }

    /// <summary>Every setting that differs from the defaults and matters for speed.</summary>
    IReadOnlyList<string> Settings { get; }

    IPEndPoint EndPoint { get; }

    ProcessTree Server { get; }

    /// <summary>Null where the server keeps its queue in files.</summary>
    ProcessTree? Database { get; }

    /// <summary>Nothing is queued or being delivered: a run starts then, and its CPU time ends then.</summary>
    Task<bool> IsEmptyAsync();

    /// <summary>Null where there is no database.</summary>
    Task<Counters?> CountersAsync();

    /// <summary>Null where the server does not tell.</summary>
    Task<NodeFigures?> FiguresAsync();
}

/// <summary>What a database has done so far.</summary>
/// <param name="Wal">Octets.</param>
/// <param name="Content">Octets of one of the last mails as it was stored, with its Received header; null before the first.</param>
internal sealed record Counters(long Commits, long Wal, long? Content);

/// <summary>What a node has counted so far.</summary>
/// <param name="Mails">Accepted.</param>
/// <param name="Check">Milliseconds of all mails together, from their content until nothing is left to do but to store it.</param>
/// <param name="Store">From then until the 250.</param>
/// <param name="Wait">Of that until the commit begins.</param>
/// <param name="Allocated">Octets on the managed heap.</param>
/// <param name="Paused">Seconds for which collections of garbage have stopped it.</param>
internal sealed record NodeFigures(double Mails, double Check, double Store, double Wait, double Allocated, double Paused);

/// <summary>What every party is given.</summary>
/// <param name="Sink">Everything goes there.</param>
/// <param name="Certificate">Shown by each party and by the sink; null: STARTTLS nowhere.</param>
/// <param name="TlsIn">STARTTLS is offered to the source.</param>
/// <param name="TlsOut">Nothing goes to the sink without TLS.</param>
internal sealed record Surroundings(IPEndPoint Sink, Testing.CertificateAuthority.Pair? Certificate, bool TlsIn, bool TlsOut, int Sessions);
