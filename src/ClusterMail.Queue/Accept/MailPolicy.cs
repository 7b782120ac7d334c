using System.Collections.ObjectModel;
using System.Net;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Accept;

/// <summary>What sessions ask, answered by Policy on the settings in force when the transaction begins (ADMIN-24).</summary>
/// <param name="guard">Null: nobody is ever locked out.</param>
/// <param name="names">Asks for a client's confirmed name (CONF-18); null: never.</param>
public sealed class MailPolicy(SettingsWatch settings, LockoutGuard? guard = null, Func<IPAddress, Task<string?>>? names = null) : IMailPolicy
{
    public ReceiveOptions Options => settings.Current.Receive;

    /// <summary>PIPE-1: hidden addresses and session limits are the listener's own; nothing else is asked at connect today.</summary>
    public ValueTask<Verdict> ConnectAsync(ClientConnection client, CancellationToken cancel) => ValueTask.FromResult(Verdict.Accept("PIPE-1"));

    public bool IsLockedOut(ClientConnection client) => guard?.Connect(client.Remote.Address) == true;

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

    public ITransactionPolicy BeginTransaction() => new Transaction(settings.Current);

    private sealed class Transaction(NodeView view) : ITransactionPolicy
    {
        private AcceptancePipeline? _pipeline;
        private Action<string>? _told;

        public void Explain(Action<string> told) => _told = told;

        public ReceiveOptions Options => view.Receive;

        public ValueTask<Verdict> MailAsync(ClientConnection client, Envelope envelope, bool blank, CancellationToken cancel)
        {
            _pipeline = view.Policy.Begin(new ClientFacts(client.Remote.Address, client.Purpose == ListenerPurpose.Submission, Identity(client)) { AuthFailed = client.AuthFailures > 0 },
                _told is { } told ? new ToldSteps(told) : null);
            return ValueTask.FromResult(_pipeline.Mail(envelope.ReversePath, blank, envelope.DeclaredSize));
        }

        public async ValueTask<Verdict> RecipientAsync(ClientConnection client, Envelope envelope, ForwardPath recipient, CancellationToken cancel)
        {
            var verdict = _pipeline!.Recipient(recipient.Mailbox);
            return verdict.Accepted && await _pipeline.QuotaAsync(recipient.Mailbox, envelope.DeclaredSize, cancel) is { Accepted: false } full ? full : verdict;
        }

        public ForwardPath Resolve(ForwardPath recipient) =>
            recipient.Mailbox.Domain.Length == 0 ? recipient with { Mailbox = view.Policy.Resolve(recipient.Mailbox) } : recipient;

        public Verdict Data(ClientConnection client, Envelope envelope) => _pipeline!.Data();

        /// <summary>PIPE-18 comes with the filters.</summary>
        public ValueTask<Verdict> ContentAsync(ClientConnection client, Envelope envelope, ContentFacts facts, CancellationToken cancel) =>
            ValueTask.FromResult(_pipeline!.Content(facts));

        public Envelope Merge(Envelope envelope) => _pipeline!.Merge(envelope);

        private static Mailbox? Identity(ClientConnection client) => client.AuthenticatedAs is { } identity ? Mailbox.FromStored(identity) : null;
    }

    /// <summary>Passes each check on as a line instead of keeping it.</summary>
    private sealed class ToldSteps(Action<string> told) : Collection<PolicyStep>
    {
        protected override void InsertItem(int index, PolicyStep item) => told($"{item.Check}={item.Rule} {item.Result}");
    }
}
