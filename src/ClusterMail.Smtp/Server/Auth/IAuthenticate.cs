namespace ClusterMail.Smtp.Server.Auth;

/// <summary>Who somebody is. Asked by AUTH; implemented by Queue over accounts and their passwords. Tells nobody whether an account exists; takes no exception as an answer.</summary>
public interface IAuthenticate
{
    /// <summary>PLAIN and LOGIN. Counts a failure against the client's address (LOCK-2).</summary>
    /// <param name="login">As the client wrote it: <c>account</c> or <c>account@domain</c> (AUTH-11).</param>
    ValueTask<AuthAnswer> PasswordAsync(ClientConnection client, string login, string password, CancellationToken cancel);

    /// <summary>What a SCRAM proof is checked against; for nobody one that nothing fits. Null: cannot be told now.</summary>
    ValueTask<ScramVerifier?> ScramAsync(ClientConnection client, string login, CancellationToken cancel);

    /// <summary>The password itself, for CRAM-MD5; null: no such account, or it is not kept.</summary>
    ValueTask<string?> RecoverAsync(ClientConnection client, string login, CancellationToken cancel);

    /// <summary>The end of an exchange in which the proof was checked here. Counts a failure too.</summary>
    ValueTask<AuthAnswer> ConcludeAsync(ClientConnection client, string login, bool proved, CancellationToken cancel);
}

/// <param name="Identity">Full address of the account; null: failed.</param>
/// <param name="Busy">Not judged: 454, try again.</param>
/// <param name="LockedOut">Failed, and once too often: the connection is to end.</param>
public readonly record struct AuthAnswer(string? Identity, bool Busy = false, bool LockedOut = false);

/// <summary>The server's half of SCRAM-SHA-256 for one account (RFC 5802 §3).</summary>
/// <param name="Proves">AuthMessage and proof: does it fit?</param>
/// <param name="Signature">ServerSignature of an AuthMessage.</param>
public sealed record ScramVerifier(int Iterations, byte[] Salt, Func<byte[], byte[], bool> Proves, Func<byte[], byte[]> Signature);
