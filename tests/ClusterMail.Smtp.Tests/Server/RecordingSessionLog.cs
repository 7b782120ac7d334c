using System.Collections.Concurrent;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>Remembers what sessions told.</summary>
internal sealed class RecordingSessionLog : ISessionLog
{
    public ReceiveLogging Wanted { get; set; } = ReceiveLogging.Connections | ReceiveLogging.Refusals;
    public ISessionWatch? Watch { get; set; }
    public ConcurrentQueue<ClientConnection> Connects { get; } = new();
    public ConcurrentQueue<MessageId> Accepts { get; } = new();
    public ConcurrentQueue<TransactionReport> Reports { get; } = new();

    public void Connected(ClientConnection client, DateTimeOffset at) => Connects.Enqueue(client);
    public void Accepted(ClientConnection client, DateTimeOffset connectedAt, DateTimeOffset at, MessageId id) => Accepts.Enqueue(id);
    public void Told(TransactionReport report) => Reports.Enqueue(report);

    /// <summary>The only report; a session tells it just after its last reply.</summary>
    public async Task<TransactionReport> ReportAsync()
    {
        var patience = TimeSpan.FromSeconds(10);
        for (var since = System.Diagnostics.Stopwatch.StartNew(); Reports.IsEmpty && since.Elapsed < patience;)
            await Task.Yield();
        return Assert.Single(Reports);
    }
}
