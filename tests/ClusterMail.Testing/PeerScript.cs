using System.Security.Cryptography.X509Certificates;

namespace ClusterMail.Testing;

/// <summary>How a <see cref="ScriptedPeer"/> behaves. What the script does not say is done as a friendly server would.</summary>
public sealed record PeerScript
{
    /// <summary>Keywords after EHLO.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = ["PIPELINING", "SIZE 0", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];

    /// <summary>
    /// The answer to a step, or null for the friendly one. Lines are separated by <c>\n</c>. <see cref="ScriptedPeer.Drop"/> closes, <see cref="ScriptedPeer.Silent"/>
    /// never answers; text before <see cref="ScriptedPeer.Drop"/> is sent first.
    /// </summary>
    public Func<PeerStep, string?> On { get; init; } = static _ => null;

    /// <summary>With it STARTTLS is offered.</summary>
    public X509Certificate2? Certificate { get; init; }
    public bool TlsOnConnect { get; init; }

    /// <summary>STARTTLS is answered 220 and then spoken to in clear, so that each handshake fails.</summary>
    public bool BreakHandshake { get; init; }

    /// <summary>Replies are held back until one of the commands that end a group (RFC 2920) came: a client that waits for each reply would wait for ever.</summary>
    public bool HoldReplies { get; init; }

    /// <summary>Closes after this many octets of content, without an answer.</summary>
    public int? DropAfterContent { get; init; }
}

/// <summary>One step a peer is asked to answer.</summary>
/// <param name="Session">0 for the first connection.</param>
/// <param name="Line">The command as it came; <c>(connect)</c> for the greeting, <c>(content)</c> for the final dot.</param>
/// <param name="Count">How many steps with the same verb came before in this session.</param>
public readonly record struct PeerStep(int Session, string Line, int Count)
{
    public string Verb => Line.Split(' ', 2)[0].ToUpperInvariant();
    public bool Is(string start) => Line.StartsWith(start, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What one connection brought.</summary>
public sealed class PeerSession
{
    private readonly object _gate = new();
    private readonly List<string> _commands = [];
    private readonly List<byte[]> _contents = [];

    public IReadOnlyList<string> Commands { get { lock (_gate) return [.. _commands]; } }

    /// <summary>Contents whose final dot came, as they were on the wire: dots doubled, without the final dot's line.</summary>
    public IReadOnlyList<byte[]> WireContents { get { lock (_gate) return [.. _contents]; } }

    /// <summary>Was the session in TLS at its end.</summary>
    public bool Secured { get; internal set; }

    /// <summary>Octets of a content whose final dot did not come.</summary>
    public int UnfinishedContent { get; internal set; }
    public bool Ended { get; internal set; }

    internal void Add(string command) { lock (_gate) _commands.Add(command); }
    internal void Add(byte[] content) { lock (_gate) _contents.Add(content); }
}
