using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>What a session asks before it says yes. Implemented by Queue over Policy and the node's settings snapshot; must never block.</summary>
public interface IMailPolicy
{
    /// <summary>The newest options; read at connect. Later changes reach the session at its next transaction.</summary>
    ReceiveOptions Options { get; }

    /// <summary>
    /// LOCK-1: counts a connection, and says whether its address is locked out; then it is closed without a word, before any TLS. Asked after the PROXY header,
    /// for the client behind it.
    /// </summary>
    bool IsLockedOut(ClientConnection client) => false;

    /// <summary>The answer to VRFY or EXPN (VRFY-2); null: not answered (VRFY-1).</summary>
    Reply? Verify(ClientConnection client, string argument, bool expand) => null;

    /// <summary>PIPE-1, PIPE-2: may this client speak at all? Asked once, after PROXY header and before the greeting.</summary>
    ValueTask<Verdict> ConnectAsync(ClientConnection client, CancellationToken cancel);

    /// <summary>The client's confirmed name (CONF-18). Bounded in time; never throws; null when there is none. Asked only with <see cref="ReceiveOptions.ReverseDns"/>.</summary>
    Task<string?> NameAsync(ClientConnection client) => Task.FromResult<string?>(null);

    /// <summary>Begins a transaction on the newest settings version, which it keeps to its end (ADMIN-24).</summary>
    ITransactionPolicy BeginTransaction();
}

/// <summary>The checks of one transaction, PIPE-3 to PIPE-18, on one settings version.</summary>
public interface ITransactionPolicy
{
    ReceiveOptions Options { get; }

    /// <summary>Somebody watches: each check from here on is to be told with its rule and result (ADMIN-42). Not called otherwise.</summary>
    void Explain(Action<string> told) { }

    /// <summary>PIPE-3 to PIPE-8. <paramref name="blank"/>: nothing at all stood after <c>FROM:</c> (RECV-25).</summary>
    ValueTask<Verdict> MailAsync(ClientConnection client, Envelope envelope, bool blank, CancellationToken cancel);

    /// <summary>Where a recipient's mail really goes: the bare <c>postmaster</c> gets a domain (RFC 5321 §4.5.1).</summary>
    ForwardPath Resolve(ForwardPath recipient) => recipient;

    /// <summary>PIPE-10 to PIPE-13, for one recipient; the count (PIPE-9) is the session's own.</summary>
    ValueTask<Verdict> RecipientAsync(ClientConnection client, Envelope envelope, ForwardPath recipient, CancellationToken cancel);

    /// <summary>PIPE-14: asked once, before the first octet of content is taken.</summary>
    Verdict Data(ClientConnection client, Envelope envelope) => Verdict.Accept("PIPE-14");

    /// <summary>PIPE-17, PIPE-18; hop count and size (PIPE-16) are the session's own.</summary>
    ValueTask<Verdict> ContentAsync(ClientConnection client, Envelope envelope, ContentFacts facts, CancellationToken cancel);

    /// <summary>
    /// PIPE-18: the last check, with the content itself, our headers on top. May give it back with other headers; of an accepted mail the content that comes back
    /// is stored. Must not throw for trouble; unknown trouble is a 4xx verdict. A refused content stays the caller's.
    /// </summary>
    ValueTask<JudgedContent> JudgeAsync(ArrivedContent arrived, CancellationToken cancel) => ValueTask.FromResult(new JudgedContent(Verdict.Accept("PIPE-18"), arrived.Content));

    /// <summary>What <see cref="JudgeAsync"/> accepted has been answered. Must neither block nor throw.</summary>
    /// <param name="accepted">With 250.</param>
    void Answered(bool accepted) { }

    /// <summary>PIPE-21: what is stored of the recipients accepted, once every check has passed.</summary>
    Envelope Merge(Envelope envelope) => envelope;
}
