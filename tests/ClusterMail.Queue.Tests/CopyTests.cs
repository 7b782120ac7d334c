using System.Collections.Immutable;
using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Schedule;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>Copies for the record (COPY-1, COPY-2).</summary>
public sealed class CopyTests
{
    private static readonly Reply NoUser = new(550, new EnhancedStatus(5, 1, 1), "User unknown");

    private static async Task AcceptAsync(QueueScene scene, params string[] recipients)
    {
        await using var journal = new AcceptJournal(scene.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);
        var acceptor = new MailAcceptor(journal, scene.Numbers, scene.Lease, scene.Window, new BlockedDestinations(), (_, to) => QueueScene.To(to.Domain), static _ => { },
            () => scene.Settings.Current.Copies);
        var reply = await acceptor.AcceptAsync(new ReceivedMail(
            scene.Number(),
            new Protocol.Envelope(ReversePath.FromStored("s@example.jp")) { ForwardPaths = [.. recipients.Select(r => new ForwardPath(Mailbox.FromStored(r)) { Notify = Notify.Success })] },
            new MemoryContent("Subject: x\r\n\r\nx\r\n"u8.ToArray()), default,
            new ClientConnection { Remote = new IPEndPoint(IPAddress.Loopback, 1), Local = new IPEndPoint(IPAddress.Loopback, 25), Purpose = ListenerPurpose.Relay, SessionId = "1" }), default);
        Assert.Equal(250, reply.Code);
    }

    [Fact]
    public async Task COPY_1_every_accepted_mail_goes_to_each_listed_address_too()
    {
        await using var scene = await QueueScene.StartAsync(("receive.copy_to", "archive@record.example audit@record.example"));
        await AcceptAsync(scene, "a@one.example", "b@two.example");
        Assert.Equal(4, await scene.CountAsync("recipient"));
        Assert.Equal(2, await scene.CountAsync($"recipient WHERE destination = 'record.example' AND ordinal >= {RecipientKey.FirstCopy} AND notify = {(int)Notify.Never}"));
        Assert.Equal(2, await scene.CountAsync($"recipient WHERE ordinal < 2 AND notify = {(int)Notify.Success}"));
    }

    [Fact]
    public async Task COPY_1_whoever_is_a_recipient_already_gets_one()
    {
        await using var scene = await QueueScene.StartAsync(("receive.copy_to", "A@one.example"));
        await AcceptAsync(scene, "a@one.example");
        Assert.Equal(1, await scene.CountAsync("recipient"));
    }

    [Fact]
    public async Task COPY_2_a_copy_that_fails_is_told_to_the_administrator_and_to_nobody_else()
    {
        await using var scene = await QueueScene.StartAsync(("admin.address", "admin@example.jp"));
        var work = await scene.OwnedAsync(change: r => r with { Key = r.Key with { Ordinal = RecipientKey.FirstCopy }, Notify = Notify.Never }, recipients: "archive@record.example");
        await scene.Database.ExecuteAsync("UPDATE recipient SET ordinal = $1", RecipientKey.FirstCopy);
        scene.Recorder.FailUnreached(work, FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal("admin@example.jp", await scene.Database.ScalarAsync<string>("SELECT forward_path FROM recipient"));
        Assert.Equal($"{work.Mail.Id}-EP001", await scene.Database.ScalarAsync<string>("SELECT name FROM mail"));
    }

    [Fact]
    public async Task COPY_2_a_report_is_not_copied_and_a_copy_to_the_administrator_that_fails_makes_none()
    {
        await using var scene = await QueueScene.StartAsync(("admin.address", "admin@example.jp"), ("receive.copy_to", "archive@record.example"));
        var work = await scene.OwnedAsync(recipients: "x@example.net");
        scene.Recorder.FailUnreached(work, FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 1, QueueScene.Patience, "the outcome is written");
        Assert.Equal(["sender@example.jp"], await AllAsync(scene));
        var copy = await scene.OwnedAsync(change: r => r with { Key = r.Key with { Ordinal = RecipientKey.FirstCopy }, Notify = Notify.Never }, recipients: "admin@example.jp");
        await scene.Database.ExecuteAsync("UPDATE recipient SET ordinal = $1 WHERE mail_id = $2", RecipientKey.FirstCopy, copy.Mail.Id.Number);
        scene.Recorder.FailUnreached(copy, FailureClass.Refused, NoUser, "");
        await Until.TrueAsync(() => scene.Written == 2, QueueScene.Patience, "the second outcome is written");
        Assert.Equal(["sender@example.jp"], await AllAsync(scene));
    }

    [Theory]
    [InlineData("receive.copy_to", "archive", "COPY")]
    [InlineData("receive.header_template", "from %HELO% by %HOST%; %DATE%", "HDR-3")]
    [InlineData("receive.submission_clients", "printer", "HDR-4")]
    public void HDR_3_what_cannot_be_used_is_refused_when_it_is_saved(string name, string text, string rule)
    {
        var error = Assert.Single(Queue.Settings.SettingChecks.Validator.Check(name, text));
        Assert.False(error.IsWarning);
        Assert.Contains(rule, error.Rule, StringComparison.Ordinal);
    }

    private static async Task<ImmutableArray<string>> AllAsync(QueueScene scene) =>
        [.. await scene.Database.ScalarAsync<string[]>("SELECT array_agg(forward_path ORDER BY mail_id) FROM recipient")];
}
