using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

/// <summary>Mail of a shard for a mailbox, which is in the main database.</summary>
public sealed class ShardMailboxTests
{
    [Fact]
    public async Task P2_a_mail_carried_into_its_mailbox_again_because_its_outcome_was_not_written_is_there_once()
    {
        await using var main = await QueueScene.StartAsync();
        await using var east = await QueueScene.StartAsync();
        await main.AddAccountAsync("taro@example.jp");
        await main.AddAccountAsync("jiro@example.jp");
        var boxes = new MailboxStore(main.Database.Source);
        var delivery = new ShardMailboxes(new MailboxImport(main.Database.Source, main.Queue), new Quota(() => main.Settings.Current, boxes), east.Recorder);
        var work = await WorkAsync(main, east, "taro@example.jp", "jiro@example.jp");
        // The mailboxes have it and the shard does not know: whoever claims it next does it all again.
        await east.Database.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        delivery.Deliver(work);
        await Until.TrueAsync(() => east.Written == 2, QueueScene.Patience, "the outcome refused");
        Assert.Equal((2, 2, 0), (await main.CountAsync("mailbox_message"), await east.CountAsync("recipient"), await east.CountAsync("history")));
        await east.Database.ExecuteAsync("DROP TRIGGER refuse ON history");
        delivery.Deliver(new Work { Mail = work.Mail, Route = work.Route, Recipients = work.Recipients, Ways = work.Ways, Content = new ContentShare(null, 0, 1, east.Window), Lease = work.Lease });
        await east.ReachesAsync(2, "history WHERE outcome = 'delivered' AND destination = '[local]'");
        Assert.Equal((2, 0), (await main.CountAsync("mailbox_message"), await east.CountAsync("mailbox_message")));
        Assert.Equal(1, await main.CountAsync("mailbox_piece WHERE convert_from(data, 'UTF8') LIKE 'Return-Path: <sender@example.jp>%' AND content_id = (SELECT min(content_id) FROM mailbox_message)"));
    }

    private static async Task<Work> WorkAsync(QueueScene main, QueueScene east, params string[] addresses)
    {
        var work = await east.OwnedAsync(recipients: addresses);
        Route[] ways = [.. addresses.Select(address => Way(main.Settings.Current.Policy.Directory.Resolve(Mailbox.FromStored(address)).Account!))];
        return new Work { Mail = work.Mail, Route = ways[0], Recipients = work.Recipients, Ways = [.. ways], Content = new ContentShare(null, 0, 1, east.Window), Lease = work.Lease };
    }

    private static Route Way(Account account) => new() { Kind = RouteKind.Mailbox, Destination = Router.Local, Account = account, Rule = "ROUTE-1 row 2", Real = account.Address };
}
