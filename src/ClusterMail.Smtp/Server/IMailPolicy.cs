using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>What a session asks before it says yes. Implemented by Queue over Policy and the node's settings snapshot; must never block.</summary>
public interface IMailPolicy
{
    /// <summary>The newest options; read at connect. Later changes reach the session at its next transaction.</summary>
    ReceiveOptions Options { get; }

    /// <summary>PIPE-1, PIPE-2: may this client speak at all? Asked once, after PROXY header and before the greeting.</summary>
    ValueTask<Verdict> ConnectAsync(ClientConnection client, CancellationToken cancel);

    /// <summary>Begins a transaction on the newest settings version, which it keeps to its end (ADMIN-24).</summary>
    ITransactionPolicy BeginTransaction();
}

/// <summary>The checks of one transaction, PIPE-3 to PIPE-18, on one settings version.</summary>
public interface ITransactionPolicy
{
    ReceiveOptions Options { get; }

    /// <summary>PIPE-3 to PIPE-8. <paramref name="blank"/>: nothing at all stood after <c>FROM:</c> (RECV-25).</summary>
    ValueTask<Verdict> MailAsync(ClientConnection client, Envelope envelope, bool blank, CancellationToken cancel);

    /// <summary>Where a recipient's mail really goes: the bare <c>postmaster</c> gets a domain (RFC 5321 §4.5.1).</summary>
    ForwardPath Resolve(ForwardPath recipient) => recipient;

    /// <summary>PIPE-10 to PIPE-13, for one recipient; the count (PIPE-9) is the session's own.</summary>
    ValueTask<Verdict> RecipientAsync(ClientConnection client, Envelope envelope, ForwardPath recipient, CancellationToken cancel);

    /// <summary>PIPE-17, PIPE-18; hop count and size (PIPE-16) are the session's own.</summary>
    ValueTask<Verdict> ContentAsync(ClientConnection client, Envelope envelope, ContentFacts facts, CancellationToken cancel);
}
