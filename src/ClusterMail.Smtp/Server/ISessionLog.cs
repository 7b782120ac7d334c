using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// Who keeps the receiver's logs (LOG-1, LOG-3). Implemented by Queue. Must neither block nor throw: a mail is never delayed or lost for its log
/// (ADMIN-56). For a mail that passes a session calls <see cref="Accepted"/> and nothing else.
/// </summary>
public interface ISessionLog
{
    /// <summary>How much is wanted now; read again for each transaction (LOG-15).</summary>
    ReceiveLogging Wanted { get; }

    /// <summary>Whoever watches sessions live now (ADMIN-42); null, which is the usual case: nobody.</summary>
    ISessionWatch? Watch { get; }

    /// <summary>A client has connected (LOG-20, first line).</summary>
    void Connected(ClientConnection client, DateTimeOffset at);

    /// <summary>A mail was answered 250 (LOG-20, second line).</summary>
    void Accepted(ClientConnection client, DateTimeOffset connectedAt, DateTimeOffset at, MessageId id);

    /// <summary>A transaction was refused or broken off, or its dialogue is wanted all the same.</summary>
    void Told(TransactionReport report);
}

/// <summary>Sees every line of every session while somebody watches. Must neither block nor throw.</summary>
public interface ISessionWatch
{
    void Saw(ClientConnection client, DateTimeOffset at, string line);

    /// <summary>The session is over.</summary>
    void Left(ClientConnection client);
}

/// <summary>What of the receiver's logs is kept.</summary>
[Flags]
public enum ReceiveLogging : byte
{
    None = 0,

    /// <summary>acceptlog (LOG-1).</summary>
    Connections = 1,

    /// <summary>receivelog, of what was refused or broken off (LOG-18).</summary>
    Refusals = 2,

    /// <summary>receivelog, of every transaction (LOG-3).</summary>
    Everything = 4,
}

/// <summary>Keeps nothing.</summary>
internal sealed class NoSessionLog : ISessionLog
{
    public static NoSessionLog Instance { get; } = new();

    public ReceiveLogging Wanted => ReceiveLogging.None;
    public ISessionWatch? Watch => null;
    public void Connected(ClientConnection client, DateTimeOffset at) { }
    public void Accepted(ClientConnection client, DateTimeOffset connectedAt, DateTimeOffset at, MessageId id) { }
    public void Told(TransactionReport report) { }
}
