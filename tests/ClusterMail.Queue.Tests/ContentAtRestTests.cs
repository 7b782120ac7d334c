using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Schedule;
using ClusterMail.Store.Content;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>A node whose key of contents is lost (DELIV-11): mail stays, nothing is bounced, nothing is taken, and nothing is written in clear instead.</summary>
public sealed class ContentAtRestTests
{
    private static readonly Reply NoUser = new(550, new EnhancedStatus(5, 1, 1), "User unknown");
    private readonly ContentKey _key = new([.. Enumerable.Range(0, 32).Select(n => (byte)n)]);
    private readonly List<ContentKey> _keys = [];
    private ContentKeys Keys => field ??= new ContentKeys(() => true, _keys);

    private async Task<QueueScene> StartAsync()
    {
        _keys.Add(_key);
        return await QueueScene.StartAsync(Keys);
    }

    [Fact]
    public async Task DELIV_11_a_content_that_cannot_be_opened_costs_no_attempt_and_is_not_bounced()
    {
        await using var scene = await StartAsync();
        var work = await scene.OwnedAsync();
        _keys.Clear();
        var trouble = await Assert.ThrowsAsync<ContentClosedException>(() => work.Lease.Store.ReadContentAsync(work.Mail.Id.Number, 1000, default));
        scene.Recorder.GiveBack(work, trouble);
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "it is given back");
        Assert.Equal((1L, 0L, 1L), (await scene.CountAsync("recipient WHERE state = 'queued' AND attempt = 0 AND owner IS NULL"), await scene.CountAsync("history"), await scene.CountAsync("mail")));
    }

    [Fact]
    public async Task DELIV_11_a_failure_whose_report_cannot_be_stored_sealed_waits_for_the_key_and_is_reported_then()
    {
        await using var scene = await StartAsync();
        var work = await scene.OwnedAsync();
        _keys.Clear();
        scene.Recorder.FailUnreached(work, FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "it is given back");
        Assert.Equal((1L, 0L, 1L), (await scene.CountAsync("recipient WHERE attempt = 0"), await scene.CountAsync("history"), await scene.CountAsync("mail")));

        _keys.Add(_key);
        scene.Recorder.FailUnreached(await scene.OwnedAsync(), FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 2, QueueScene.Patience, "the failure is written");
        Assert.Equal((1L, 1L), (await scene.CountAsync("history WHERE outcome = 'failed'"), await scene.CountAsync("mail WHERE reverse_path = '' AND position('Hello'::bytea IN content) = 0")));
        Assert.Equal(0, await scene.CountAsync("mail WHERE sealed_with IS NULL"));
        var notice = await scene.Database.ScalarAsync<long>("SELECT id FROM mail WHERE reverse_path = ''");
        Assert.Contains("User unknown", System.Text.Encoding.UTF8.GetString((await scene.Epoch.Store.ReadContentAsync(notice, 1 << 20, default))!.Memory!.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DELIV_11_a_node_without_the_key_takes_no_mail()
    {
        await using var scene = await StartAsync();
        await using var journal = new AcceptJournal(scene.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);
        var acceptor = new MailAcceptor(journal, scene.Numbers, scene.Lease, scene.Window, new BlockedDestinations(), (_, to) => QueueScene.To(to.Domain), static _ => { }, keys: Keys);
        Assert.Null(acceptor.Unavailable);
        _keys.Clear();
        Assert.Equal(451, acceptor.Unavailable!.Code);
    }
}
