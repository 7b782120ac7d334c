using System.Globalization;
using Akka.Actor;
using Akka.TestKit.Xunit;
using ClusterMail.Protocol;
using ClusterMail.Queue.Cluster;
using ClusterMail.Store;
using MimeKit;

namespace ClusterMail.Queue.Tests;

/// <summary>Who is told what, and how the mail looks (CLU-33).</summary>
public sealed class HeraldTests : TestKit
{
    private static readonly DateTimeOffset At = new(2026, 6, 1, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task CLU_33_an_event_is_a_mail_of_one_line_from_the_null_sender_that_nobody_answers()
    {
        await using var scene = await QueueScene.StartAsync(("net.host_name", "mx.example.jp"));
        using var message = await ComposeAsync(scene, [new EventRecord(1, At, "n2", "node-fenced", "n2 was fenced by n1", null)]);
        Assert.Equal("[mx.example.jp] node-fenced: n2", message.Subject);
        Assert.Equal(("postmaster@mx.example.jp", "admin@example.net"), (message.From.Mailboxes.Single().Address, message.To.Mailboxes.Single().Address));
        Assert.Equal("auto-generated", message.Headers["Auto-Submitted"]);
        Assert.EndsWith("  n2  node-fenced: n2 was fenced by n1", message.TextBody!.TrimEnd(), StringComparison.Ordinal);
        Assert.StartsWith(At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), message.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLU_33_several_events_are_one_mail_with_a_line_each_in_their_order_and_in_any_script()
    {
        await using var scene = await QueueScene.StartAsync();
        using var message = await ComposeAsync(scene, [
            new EventRecord(1, At, "n1", "leader", "the leader is n1", null), new EventRecord(2, At, "n1", "certificate", "証明書を読めません", null), new EventRecord(3, At, "n3", "leader", "the leader is n3", null)]);
        Assert.Equal("[n1.example.jp] 3 events", message.Subject);
        var lines = message.TextBody!.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["the leader is n1", "証明書を読めません", "the leader is n3"], lines.Select(line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]));
    }

    /// <summary>The routes of this farm hold for its own mail too.</summary>
    [Fact]
    public async Task CLU_33_the_mail_goes_the_way_of_its_address_and_makes_no_error_mail()
    {
        await using var scene = await QueueScene.StartAsync(("route.table", "example.net,192.0.2.9,2525"));
        var mail = Compose(scene, [new EventRecord(1, At, "n1", "leader", "x", null)]);
        var recipient = Assert.Single(mail.Recipients);
        Assert.Equal(("", "admin@example.net", Notify.Never, false), (mail.ReversePath, recipient.ForwardPath, recipient.Notify, recipient.Owned));
        Assert.Equal(scene.Settings.Current.Router.Decide(ReversePath.Null, Mailbox.FromStored("admin@example.net")).Destination, recipient.Destination);
    }

    [Theory]
    [InlineData("", "leader")]
    [InlineData("admin@example.net", "")]
    public async Task CLU_33_without_an_address_or_without_kinds_nobody_is_told(string address, string kinds)
    {
        await using var scene = await QueueScene.StartAsync(("admin.address", address), ("admin.event_mail", kinds));
        await new EventStore(scene.Database.Source).WriteAsync("n1", "leader", "news", null, default);
        var herald = Sys.ActorOf(HeraldActor.Props(new EventMail(scene.Database.Source), new UpstreamMail(scene.Database.Source), scene.Lease, scene.Numbers, () => scene.Settings.Current));
        herald.Tell(new HeraldActor.Look());
        // Behind the look in its mailbox: when this is answered, the look has been.
        await herald.Ask<ActorIdentity>(new Identify(null), QueueScene.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, await scene.CountAsync("event WHERE mailed_at IS NOT NULL"));
        await scene.SaveAsync(("admin.address", "admin@example.net"), ("admin.event_mail", "leader"));
        herald.Tell(new HeraldActor.Look());
        await scene.ReachesAsync(1, "mail");
        Assert.Equal(1, await scene.CountAsync("event WHERE mailed_at IS NOT NULL"));
    }

    private static NewMail Compose(QueueScene scene, IReadOnlyList<EventRecord> news) =>
        HeraldActor.Compose(scene.Number(), scene.Settings.Current, Mailbox.FromStored("admin@example.net"), news);

    private static async Task<MimeMessage> ComposeAsync(QueueScene scene, IReadOnlyList<EventRecord> news)
    {
        using var content = new MemoryStream(Compose(scene, news).Content.Memory!.Value.ToArray());
        return await MimeMessage.LoadAsync(content);
    }
}
