using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Bench.Micro;

/// <summary>
/// Mails that wait for their commit at the same moment, on a real PostgreSQL of its own. That server keeps its files in memory and does not wait for a disk: what is
/// measured is what the journal and the database do, not what a disk adds.
/// </summary>
public class GroupCommit : IAsyncDisposable
{
    private TestDatabase _database = null!;
    private LeaseKeeper _lease = null!;
    private NumberBlocks _numbers = null!;
    private AcceptJournal _journal = null!;
    private byte[] _content = [];

    /// <summary>Mails at once, as many as sessions that have sent their final dot.</summary>
    [Params(1, 20, 100)]
    public int Sessions { get; set; }

    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _content = [.. "Subject: commit\r\n\r\n"u8, .. System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(1500))), .. "\r\n"u8];
        _database = await TestDatabase.CreateAsync();
        _numbers = new NumberBlocks(new QueueStore(_database.Source), 10_000, NullLogger<NumberBlocks>.Instance);
        _lease = new LeaseKeeper(
            new NodeStore(_database.Source), new NodeRegistration("n1", "akka.tcp://clustermail@127.0.0.1:1", "http://127.0.0.1:1", "", "1", []),
            new LeaseOptions { Length = TimeSpan.FromSeconds(60) },
            epoch =>
            {
                var opened = EpochStore.Open(_database.ConnectionString, "bench-micro", epoch);
                return (opened.Queue, opened);
            },
            NullLogger<LeaseKeeper>.Instance);
        _lease.Start();
        await Until.TrueAsync(() => _lease.IsValid, TimeSpan.FromSeconds(30), "the lease");
        await _numbers.PrimeAsync(default);
        _journal = new AcceptJournal(_lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);
    }

    /// <summary>All of them on disk, as far as the server is asked; the figure is of all together.</summary>
    [Benchmark]
    public async Task Commit()
    {
        var committed = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => Task.Run(() => _journal.CommitAsync(Mail(), default))));
        if (committed.Any(mail => mail.Owner is null))
            throw new InvalidOperationException("a mail was not committed");
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        await _lease.DisposeAsync();
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private NewMail Mail() => new()
    {
        Id = _numbers.TryTake(out var number) ? number : throw new InvalidOperationException("no number"),
        ReversePath = "sender@example.jp",
        Content = new MemoryContent(_content),
        Recipients = [new NewRecipient(0, "r@example.net", "example.net", Owned: true)],
    };
}
