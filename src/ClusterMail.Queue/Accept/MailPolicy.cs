using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Senders;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Accept;

/// <summary>What sessions ask, answered by Policy on the settings in force when the transaction begins (ADMIN-24).</summary>
/// <param name="guard">Null: nobody is ever locked out.</param>
/// <param name="names">Asks for a client's confirmed name (CONF-18); null: never.</param>
/// <param name="approval">Groups, proxies and keys of approval as they are now; null: there are none.</param>
/// <param name="waits">Whether a mail of this requester waits for a decision (APPROVE-436); null: nobody asks.</param>
/// <param name="senders">SPF, DKIM and DMARC (CONF-19); null: never.</param>
public sealed class MailPolicy(SettingsWatch settings, LockoutGuard? guard = null, Func<IPAddress, Task<string?>>? names = null, Func<ApprovalLists>? approval = null,
    SenderDoor? senders = null, Func<Mailbox, CancellationToken, ValueTask<bool>>? waits = null) : IMailPolicy
{
    public ReceiveOptions Options => settings.Current.Receive;

    /// <summary>PIPE-1: hidden addresses and session limits are the listener's own; nothing else is asked at connect today.</summary>
    public ValueTask<Verdict> ConnectAsync(ClientConnection client, CancellationToken cancel) => ValueTask.FromResult(Verdict.Accept("PIPE-1"));

    // The machine asking itself is the watch over its own greeting (CLU-23a) or somebody on it: a low limit of LOCK-1 must not make a node believe itself dead.
    public bool IsLockedOut(ClientConnection client) => !client.Remote.Address.Equals(client.Local.Address) && guard?.Connect(client.Remote.Address) == true;

    /// <summary>VRFY-2. Of an alias the account behind it; lists are expanded where lists are kept.</summary>
    public Reply? Verify(ClientConnection client, string argument, bool expand)
    {
        var view = settings.Current;
        if (!view.Settings.Switch("compat.smtp.vrfy"))
            return null;
        var asked = argument.Trim().Trim('<', '>');
        var account = Authenticator.Named(view.Policy.Directory, asked, client.Local.Address) is { } address ? view.Policy.Directory.Resolve(address).Account : null;
        if (account is null)
            return new Reply(550, new EnhancedStatus(5, 1, 1), $"<{asked}>... User unknown.");
        var name = account.FullName.Length == 0 ? "" : " " + account.FullName;
        return new Reply(250, new EnhancedStatus(2, 0, 0), $"<{account.Address}>{name}{(expand ? "" : " ... User ok")}");
    }

    public Task<string?> NameAsync(ClientConnection client) => names?.Invoke(client.Remote.Address) ?? Task.FromResult<string?>(null);

    public ITransactionPolicy BeginTransaction() => new MailTransaction(settings.Current, approval?.Invoke() ?? ApprovalLists.Empty, senders, waits);
}
