using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Accept;

/// <summary>What sessions ask, answered by Policy on the settings in force when the transaction begins (ADMIN-24).</summary>
public sealed class MailPolicy(SettingsWatch settings) : IMailPolicy
{
    public ReceiveOptions Options => settings.Current.Receive;

    /// <summary>PIPE-1: hidden addresses and session limits are the listener's own; nothing else is asked at connect today.</summary>
    public ValueTask<Verdict> ConnectAsync(ClientConnection client, CancellationToken cancel) => ValueTask.FromResult(Verdict.Accept("PIPE-1"));

    public ITransactionPolicy BeginTransaction() => new Transaction(settings.Current);

    private sealed class Transaction(NodeView view) : ITransactionPolicy
    {
        private AcceptancePipeline? _pipeline;

        public ReceiveOptions Options => view.Receive;

        public ValueTask<Verdict> MailAsync(ClientConnection client, Envelope envelope, bool blank, CancellationToken cancel)
        {
            _pipeline = view.Policy.Begin(new ClientFacts(client.Remote.Address, client.Purpose == ListenerPurpose.Submission, client.AuthenticatedAs is not null));
            return ValueTask.FromResult(_pipeline.Mail(envelope.ReversePath, blank, envelope.DeclaredSize));
        }

        public ValueTask<Verdict> RecipientAsync(ClientConnection client, Envelope envelope, ForwardPath recipient, CancellationToken cancel) =>
            ValueTask.FromResult(_pipeline!.Recipient(recipient.Mailbox));

        public ForwardPath Resolve(ForwardPath recipient) =>
            recipient.Mailbox.Domain.Length == 0 ? recipient with { Mailbox = view.Policy.Resolve(recipient.Mailbox) } : recipient;

        /// <summary>PIPE-17 and PIPE-18 come with AUTH and the filters.</summary>
        public ValueTask<Verdict> ContentAsync(ClientConnection client, Envelope envelope, ContentFacts facts, CancellationToken cancel) =>
            ValueTask.FromResult(Verdict.Accept("PIPE-16"));
    }
}
