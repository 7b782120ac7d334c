using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>What one session has come to: who the client is by now, which settings hold, and the mail under way.</summary>
internal sealed class SessionState(ClientConnection client, SessionRecord record, SessionServices services) : IDisposable
{
    private readonly long _startedAt = services.Time.GetTimestamp();
    private Task<string?>? _naming;

    public ClientConnection Client { get; set; } = client;

    /// <summary>Those in force when the mail began; between mails those of the last one (ADMIN-24).</summary>
    public ReceiveOptions Options { get; set; } = services.Policy.Options;
    public Transaction Transaction { get; set; } = Transaction.Start;

    /// <summary>Judges the mail under way.</summary>
    public ITransactionPolicy? Policy { get; set; }

    /// <summary>The content under way.</summary>
    public ContentArrival? Arrival { get; private set; }

    public bool CanStartTls => Client.TlsVersion is null && services.Certificates?.Current is not null;

    public bool IsOverdue => services.Time.GetElapsedTime(_startedAt) > Options.SessionTimeout;

    /// <summary>The client has said who it is, or has to say it again: the log follows.</summary>
    public void Introduce(ClientConnection client) => record.Client = Client = client;

    /// <summary>Asks for the name of the client's address while it talks; waited for when its answer is written (HDR-1).</summary>
    public void AskName() => _naming = Options.ReverseDns ? services.Policy.NameAsync(Client) : null;

    public async ValueTask LearnNameAsync()
    {
        if (_naming is not { } naming)
            return;
        _naming = null;
        Client = Client with { Name = await naming };
    }

    /// <summary>Makes room for the content of the mail under way, and allots its number.</summary>
    /// <returns>Why it cannot be taken.</returns>
    public Reply? BeginArrival(bool dotStuffed)
    {
        if (services.Budget.Spool >= Options.MaxSpool)
            return ServerReplies.SpoolFull;
        if (!services.Acceptor.TryAllot(out var id))
            return ServerReplies.Trouble;
        record.Numbered(id);
        var (options, speaker, envelope, now) = (Options, Client, Transaction.Begun!, services.Time.GetLocalNow());
        var content = new ContentBuffer(options, services.Budget, services.Spool, facts => TopHeaders.Make(options, speaker, envelope, id, now, facts));
        Arrival = new ContentArrival(id, content, new DataReader(content, dotStuffed));
        return null;
    }

    /// <summary>The mail under way is over, whatever became of it.</summary>
    public void Forget(Transaction next)
    {
        Arrival?.Dispose();
        Arrival = null;
        Transaction = next;
        record.EndTransaction();
    }

    public void Dispose() => Arrival?.Dispose();
}
