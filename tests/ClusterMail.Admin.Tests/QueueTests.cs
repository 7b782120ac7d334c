using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

public sealed class QueueTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static string Printed(long number) => new MessageId(number).ToString();

    [Fact]
    public async Task QUEUE_6_the_summary_counts_per_destination()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        await scene.MailAsync(node, "u@example.jp", false, "a@big.example", "b@big.example", "c@small.example");
        var tried = await scene.MailAsync(node, "u@example.jp", true, "d@big.example");
        await scene.EndAsync(node, tried, 0, RecipientState.Waiting, "451 4.3.0 Later", FailureClass.LineError, TimeSpan.FromMinutes(2));

        var summary = await host.GetAsync(Routes.QueueSummary, Json.QueueSummary);

        Assert.Equal((2, 4, 2), (summary.Mails, summary.Recipients, summary.Destinations));
        Assert.Equal(["big.example", "small.example"], summary.Rows.Select(r => r.Destination));
        Assert.Equal((3, "451 4.3.0 Later", 10), (summary.Rows[0].Count, summary.Rows[0].LastReply, summary.Rows[0].Limit));
        Assert.Single((await host.GetAsync(Routes.QueueSummary + "?limit=1", Json.QueueSummary)).Rows);
    }

    [Fact]
    public async Task QUEUE_6_the_list_is_paged_without_gap_or_repeat()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        for (var mail = 0; mail < 5; mail++)
            await scene.MailAsync(node, "u@example.jp", false, $"a{mail}@example.net", $"b{mail}@example.org");
        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await host.GetAsync($"{Routes.Queue}?limit=3{(next is null ? "" : $"&after={next}")}", Json.QueuePage);
            seen.AddRange(page.Entries.Select(e => e.Recipient));
            next = page.Next;
        }
        while (next is not null);
        Assert.Equal(Enumerable.Range(0, 5).SelectMany(m => new[] { $"a{m}@example.net", $"b{m}@example.org" }), seen);
    }

    [Theory]
    [InlineData("destination=example.org", "b@example.org")]
    [InlineData("recipient=%40example.net", "a@example.net")]
    [InlineData("recipient=B%40Example.org", "b@example.org")]
    [InlineData("sender=v%40example.jp", "c@example.com")]
    [InlineData("state=delivering", "c@example.com")]
    [InlineData("node=n2", "c@example.com")]
    public async Task QUEUE_6_the_list_is_filtered(string query, string only)
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net", "b@example.org");
        await scene.MailAsync(await scene.NodeAsync("n2"), "v@example.jp", true, "c@example.com");
        Assert.Equal(only, Assert.Single((await host.GetAsync($"{Routes.Queue}?{query}", Json.QueuePage)).Entries).Recipient);
    }

    [Fact]
    public async Task QUEUE_6_QUEUE_4_why_names_owner_next_try_last_reply_limit_and_what_to_type()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", true, "a@example.net", "b@example.org");
        await scene.EndAsync(node, mail, 0, RecipientState.Waiting, "451 4.3.0 Later", FailureClass.LineError, TimeSpan.FromMinutes(2));

        var why = await host.GetAsync(Routes.Fill(Routes.QueueWhy, Printed(mail)), Json.QueueWhy);

        var waiting = why.Recipients[0];
        Assert.Equal(("waiting", 1, "451 4.3.0 Later", 10, null), (waiting.State, waiting.Attempts, waiting.LastReply, waiting.Limit, waiting.Node));
        Assert.NotNull(waiting.NextTry);
        Assert.Contains("Attempt 1 failed (line error, RETRY-2): 451 4.3.0 Later", waiting.Because, StringComparison.Ordinal);
        var delivering = why.Recipients[1];
        Assert.Equal(("delivering", "n1", SwitchWord.On), (delivering.State, delivering.Node, delivering.OwnerSwitch));
        Assert.Equal($"clustermail queue retry {Printed(mail)}", why.Next[0]);
    }

    [Fact]
    public async Task ADMIN_32_why_tells_of_the_switch_first_and_the_switch_is_in_the_status_with_who_and_since()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", false, "a@example.net");
        await host.SendAsync(HttpMethod.Post, Routes.Switches, new SwitchRequest(Deliver: SwitchWord.Off), Json.SwitchRequest, Json.NodeActResult, "hanako");

        var why = await host.GetAsync(Routes.Fill(Routes.QueueWhy, Printed(mail)), Json.QueueWhy);
        Assert.StartsWith("Delivery is off in the whole cluster since", Assert.Single(why.Recipients).Because, StringComparison.Ordinal);
        Assert.Equal("clustermail cluster switch deliver on", why.Next[0]);

        var status = await host.GetAsync(Routes.Cluster, Json.ClusterStatus);
        Assert.Equal((SwitchWord.Off, "hanako"), (status.Deliver.State, status.Deliver.By));
        Assert.NotNull(status.Deliver.Since);
        Assert.Equal((SwitchWord.On, SwitchWord.Off, "alive"), (status.Nodes[0].Receive, status.Nodes[0].Deliver, status.Nodes[0].State));
        Assert.Equal((1, "node1"), (status.Waiting, status.Leader));
        Assert.Equal(SwitchState.Off, (await scene.Nodes.RenewAsync(node, Scene.Lease, null, default)).Deliver);
    }

    [Fact]
    public async Task QUEUE_6_held_mail_stays_until_released_and_deleted_mail_is_in_the_trace()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        var mail = await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net", "b@example.org");
        var one = new QueueSelection { Ids = [Printed(mail)] };

        var held = await host.SendAsync(HttpMethod.Post, Routes.QueueHold, one, Json.QueueSelection, Json.QueueActResult);
        Assert.Equal(2, held.Changed);
        var why = await host.GetAsync(Routes.Fill(Routes.QueueWhy, Printed(mail)), Json.QueueWhy);
        Assert.Equal($"clustermail queue release {Printed(mail)}", why.Next[0]);
        Assert.Equal(2, (await host.SendAsync(HttpMethod.Post, Routes.QueueRelease, one, Json.QueueSelection, Json.QueueActResult)).Changed);

        var selection = new QueueSelection { Recipient = "B@example.org", Reason = "spam" };
        Assert.Equal(1, (await host.SendAsync(HttpMethod.Post, Routes.QueueDelete, selection, Json.QueueSelection, Json.QueueActResult, "hanako")).Changed);
        var trace = Assert.Single((await host.GetAsync($"{Routes.Trace}?q={Printed(mail)}", Json.TraceResult)).Mails);
        Assert.Equal(["queued", "deleted"], trace.Recipients.Select(r => r.State));
        Assert.Contains("hanako (spam)", trace.Recipients[1].Reply, StringComparison.Ordinal);
        var events = await host.GetAsync(Routes.Events + "?kind=queue-delete", Json.EventPage);
        Assert.Contains("hanako (spam)", Assert.Single(events.Events).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QUEUE_6_an_act_that_selects_nothing_in_particular_is_refused()
    {
        await using var host = await AdminHost.StartAsync();
        foreach (var route in (string[])[Routes.QueueRetry, Routes.QueueHold, Routes.QueueRelease, Routes.QueueBounce, Routes.QueueDelete])
            Assert.Equal(400, (await host.RefusedAsync(HttpMethod.Post, route, new QueueSelection(), Json.QueueSelection)).Status);
    }

    [Fact]
    public async Task QUEUE_2_QUEUE_7_a_queued_mail_is_exported_as_a_pair_and_a_pair_is_imported()
    {
        await using var host = await AdminHost.StartAsync();
        var scene = new Scene(host);
        await host.SendAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("net.host_name", "mx.example.jp")]), Json.SettingsChange, Json.SettingsSaved);
        var mail = await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net", "b@example.org");

        var pair = await host.GetAsync(Routes.Fill(Routes.QueueExport, Printed(mail)), Json.MailPair);

        Assert.Equal("Subject: x\r\n\r\nbody\r\n", Encoding.ASCII.GetString(pair.Message));
        Assert.Equal($"Message-ID: <{Printed(mail)}@mx.example.jp>\r\nReturn-path: u@example.jp\r\nRecipient: a@example.net\r\nRecipient: b@example.org\r\n", pair.Envelope);
        var imported = await host.SendAsync(HttpMethod.Post, Routes.QueueImport, pair, Json.MailPair, Json.ImportResult);
        Assert.Equal(("B0000000777", 2), (imported.Id, imported.Recipients));
        Assert.Equal(pair.Message, Assert.Single(host.Cluster.Imported).Content);
        Assert.Equal("u@example.jp", host.Cluster.Imported[0].Sender);
    }

    [Fact]
    public async Task QUEUE_6_a_mail_that_is_not_there_is_told_and_the_trace_named()
    {
        await using var host = await AdminHost.StartAsync();
        var problem = await host.RefusedAsync(Routes.Fill(Routes.QueueMail, "B0000000012"));
        Assert.Equal((404, "It may have ended: clustermail trace B0000000012"), (problem.Status, problem.Hint));
        Assert.Equal("MSGID-1", (await host.RefusedAsync(Routes.Fill(Routes.QueueMail, "nonsense"))).Rule);
    }

    [Fact]
    public async Task CLU_31_without_the_database_every_reading_is_a_503_that_says_so()
    {
        // Port 1 of the loopback: nobody listens there.
        await using var away = Database.Open("Host=127.0.0.1;Port=1;Username=nobody;Database=nothing;Timeout=2", "test");
        await using var host = await AdminHost.StartAsync(source: away);
        foreach (var path in (string[])[Routes.Queue, Routes.QueueSummary, Routes.Cluster, Routes.Settings, $"{Routes.Trace}?q=B0000000001", Routes.Fill(Routes.Log, LogNames.In)])
        {
            var problem = await host.RefusedAsync(path);
            Assert.Equal((503, "The database cannot be reached now."), (problem.Status, problem.Title));
        }
    }

    [Fact]
    public async Task QUEUE_6_a_state_that_is_none_is_refused_with_those_there_are()
    {
        await using var host = await AdminHost.StartAsync();
        foreach (var state in (string[])["delivered", "2", "queued,held", "nonsense"])
            Assert.Equal("QUEUE-6", (await host.RefusedAsync($"{Routes.Queue}?state={state}")).Rule);
    }

    [Fact]
    public async Task CLU_32_acts_on_a_node_reach_the_cluster_and_unknown_nodes_are_refused()
    {
        await using var host = await AdminHost.StartAsync();
        await new Scene(host).NodeAsync("n1");
        foreach (var route in (string[])[Routes.NodeDrain, Routes.NodeUndrain, Routes.NodeLeave, Routes.NodeDown])
        {
            using var answer = await host.Client.PostAsync(Routes.Fill(route, "n1"), null);
            Assert.True(answer.IsSuccessStatusCode);
            using var unknown = await host.Client.PostAsync(Routes.Fill(route, "n9"), null);
            Assert.Equal(System.Net.HttpStatusCode.NotFound, unknown.StatusCode);
        }
        Assert.Equal(["drain n1", "undrain n1", "leave n1", "down n1"], host.Cluster.Told);
    }

    [Fact]
    public async Task ADMIN_56_db_status_names_the_server_the_schema_and_the_tables()
    {
        await using var host = await AdminHost.StartAsync();
        var status = await host.GetAsync(Routes.Db, Json.DbStatus);
        Assert.True(status.Writable);
        Assert.Contains("0001_queue", status.Applied);
        Assert.Empty(status.Pending);
        Assert.Contains(status.Tables, t => t.Name == "recipient");
    }

    [Fact]
    public async Task CONF_19_explain_spf_passes_on_what_the_node_says_and_refuses_what_is_no_address()
    {
        await using var host = await AdminHost.StartAsync();
        var request = new ExplainSpfRequest("203.0.113.9", "mail.example.net", "taro@example.net");
        Assert.Equal("550 5.7.23", (await host.SendAsync(HttpMethod.Post, Routes.ExplainSpf, request, Json.ExplainSpfRequest, Json.ExplainSpfResult)).Enforced);
        Assert.Equal(400, (await host.RefusedAsync(HttpMethod.Post, Routes.ExplainSpf, request with { Ip = "2" }, Json.ExplainSpfRequest)).Status);
        Assert.Equal(400, (await host.RefusedAsync(HttpMethod.Post, Routes.ExplainSpf, request with { Helo = new string('x', 321) }, Json.ExplainSpfRequest)).Status);
    }

    [Fact]
    public async Task ADMIN_44_explain_passes_on_what_the_node_says_and_refuses_what_is_no_address()
    {
        await using var host = await AdminHost.StartAsync();
        var request = new ExplainRequest("203.0.113.9", "taro@example.jp", ["y@example.org"]);
        var result = await host.SendAsync(HttpMethod.Post, Routes.Explain, request, Json.ExplainRequest, Json.ExplainResult);
        Assert.Equal("RELAY-60", result.Recipients[0].Rules[0].Rule);
        Assert.Equal(400, (await host.RefusedAsync(HttpMethod.Post, Routes.Explain, request with { Ip = "nowhere" }, Json.ExplainRequest)).Status);
    }
}
