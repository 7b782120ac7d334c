using System.Net;
using System.Text;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

public sealed class MailboxTests
{
    private static async Task<long> AccountAsync(AdminHost host, string name, long limit) => await host.Database.ScalarAsync<long>(
        "INSERT INTO account (changed, domain, name, box_limit) VALUES (next_directory_version(), 'example.jp', $1, $2) RETURNING id", name, limit);

    private static async Task DeliverAsync(Scene scene, long epoch, long account)
    {
        var mail = await scene.MailAsync(epoch, "s@example.net", owned: true, "taro@example.jp");
        await scene.Queue.RecordAsync(epoch, [new Conclusion
        {
            Key = new(mail, 0), State = RecipientState.Delivered, Reply = "250", IntoMailbox = new MailboxPlace(account, "Return-Path: <s@example.net>\r\n"),
        }], [], default);
    }

    [Fact]
    public async Task QUOTA_2_ACCT_3_a_mailbox_is_always_there_and_tells_its_folders_messages_and_usage()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var taro = await AccountAsync(host, "Taro", 1000);
        var path = Routes.Fill(Routes.AccountMailbox, "taro@EXAMPLE.jp");
        Assert.Equivalent(new MailboxStatus("Taro@example.jp", "here", 1000, 0, 0, []), await host.GetAsync(path, AdminJson.Default.MailboxStatus));

        var epoch = await scene.NodeAsync("node1");
        await DeliverAsync(scene, epoch, taro);
        await DeliverAsync(scene, epoch, taro);
        var size = "Return-Path: <s@example.net>\r\nSubject: x\r\n\r\nbody\r\n".Length;
        var status = await host.GetAsync(path, AdminJson.Default.MailboxStatus);
        Assert.Equal((2 * size, 2, 1000), (status.Octets, status.Messages, status.Limit));
        Assert.Equal(("INBOX", 2, 3), (status.Folders.Single().Name, status.Folders.Single().Messages, status.Folders.Single().UidNext));
        Assert.Equal(404, (await host.RefusedAsync(Routes.Fill(Routes.AccountMailbox, "nobody@example.jp"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Stranger.GetAsync(Routes.Fill(Routes.AccountMessages, "taro@example.jp"))).StatusCode);
    }

    [Fact]
    public async Task DELIV_11_MIG_an_export_is_every_message_in_clear_with_its_head()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var taro = await AccountAsync(host, "taro", 0);
        var epoch = await scene.NodeAsync("node1");
        await DeliverAsync(scene, epoch, taro);
        await DeliverAsync(scene, epoch, taro);
        await host.Database.ExecuteAsync("UPDATE mailbox_message SET flags = 7 WHERE uid = 2");

        var octets = await host.Client.GetByteArrayAsync(Routes.Fill(Routes.AccountMessages, "taro@example.jp"));
        var position = 0;
        var heads = new List<ExportedMessage>();
        while (position < octets.Length)
        {
            var end = Array.IndexOf(octets, (byte)'\n', position);
            var head = JsonSerializer.Deserialize(octets.AsSpan(position, end - position), AdminJson.Default.ExportedMessage)!;
            Assert.Equal("Return-Path: <s@example.net>\r\nSubject: x\r\n\r\nbody\r\n", Encoding.ASCII.GetString(octets, end + 1, (int)head.Size));
            position = end + 1 + (int)head.Size;
            heads.Add(head);
        }
        Assert.Equal([("INBOX", 1, ""), ("INBOX", 2, "FRS")], heads.Select(head => (head.Folder, (int)head.Uid, head.Flags)));
    }

    [Fact]
    public async Task MXC_5_a_drop_is_told_to_the_nodes_in_order()
    {
        await using var host = await AdminHost.StartAsync();
        var drops = host.Service<RouteCacheStore>();
        foreach (var wanted in (RouteCacheDropRequest[])[new("Example.ORG."), new(All: true)])
            await host.SendAsync(HttpMethod.Post, Routes.RouteCacheDrop, wanted, AdminJson.Default.RouteCacheDropRequest, AdminJson.Default.RouteCacheDropped);
        Assert.Equal("MXC-5", (await host.RefusedAsync(HttpMethod.Post, Routes.RouteCacheDrop, new RouteCacheDropRequest(), AdminJson.Default.RouteCacheDropRequest)).Rule);
        var told = await drops.SinceAsync(0, default);
        Assert.Equal(["example.org", null], told.Select(drop => drop.Domain));
        Assert.Empty(await drops.SinceAsync(told[^1].Id, default));
    }
}
