using System.Collections.Immutable;

namespace ClusterMail.Protocol;

/// <summary>The envelope of one transaction (RFC 5321 §2.3.1): who is told of errors, who gets the mail, and what the sender asked for.</summary>
public sealed record Envelope(ReversePath ReversePath)
{
    public ImmutableArray<ForwardPath> ForwardPaths { get; init; } = [];

    /// <summary>SIZE= as declared, in octets; 0 when not declared (RFC 1870).</summary>
    public long DeclaredSize { get; init; }

    public BodyType Body { get; init; }

    /// <summary>The SMTPUTF8 parameter was given (RFC 6531 §3.4).</summary>
    public bool SmtpUtf8 { get; init; }

    public Ret Ret { get; init; }

    /// <summary>ENVID= as received, still xtext-encoded, at most 100 characters (RFC 3461 §4.4); null when not given.</summary>
    public string? EnvelopeId { get; init; }

    public Envelope With(ForwardPath recipient) => this with { ForwardPaths = ForwardPaths.Add(recipient) };
}
