namespace ClusterMail.Protocol;

/// <summary>What was seen of a content while it passed: enough for the checks after the final dot without reading it again.</summary>
public readonly record struct ContentFacts
{
    /// <summary><c>Received:</c> headers the mail arrived with; ours is not counted (LIMIT-5, EX-RECV-7).</summary>
    public int ReceivedCount { get; init; }
    public bool HasDate { get; init; }
    public bool HasMessageId { get; init; }

    /// <summary>Some octet above 127: the next hop needs 8BITMIME, or we convert (RECV-26).</summary>
    public bool Has8Bit { get; init; }

    /// <summary>Some octet above 127 in the header block: the next hop needs SMTPUTF8 (RFC 6531 §3.6).</summary>
    public bool HasUtf8Header { get; init; }

    /// <summary>Octets of the header block, the empty line not counted; ours not counted.</summary>
    public int HeaderLength { get; init; }

    /// <summary><c>From:</c> headers; RFC 5322 §3.6 wants exactly one.</summary>
    public int FromHeaders { get; init; }

    /// <summary>Unfolded text of the first <c>From:</c> header, as UTF-8; null when there is none, or when it is longer than anybody's address is (TRUST-3).</summary>
    public string? From { get; init; }
}
