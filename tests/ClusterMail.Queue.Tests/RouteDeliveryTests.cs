using System.Text;
using ClusterMail.Store;
using ClusterMail.Testing;

namespace ClusterMail.Queue.Tests;

/// <summary>Whole ways, from the queue to the peer or the mailbox, as settings, accounts and aliases make them.</summary>
public sealed class RouteDeliveryTests : RoutedNode
{
    private static readonly string[] Login = ["PIPELINING", "AUTH PLAIN LOGIN"];

    private static string Gateway(string target, ScriptedPeer peer, string credential = "") => $"{target},127.0.0.1,{peer.Port}{(credential.Length > 0 ? "," + credential : "")}";

    private Task DeliveredAsync(int count) => Scene.ReachesAsync(count, "history WHERE outcome = 'delivered'");

    [Fact]
    public async Task EX_DELIV_1_EX_DELIV_7_one_mail_goes_into_a_mailbox_and_to_two_domains_each_in_its_own_way()
    {
        await using var org = ScriptedPeer.Start(new PeerScript { On = step => step.Is("RCPT TO:<b@") ? "550 5.1.1 User unknown" : null });
        await using var net = ScriptedPeer.Start();
        await StartAsync(("domain.table", "example.jp local"), ("route.table", $"{Gateway("example.org", org)}\n{Gateway("example.net", net)}"));
        await Scene.AddAccountAsync("taro@example.jp");

        await SendAsync(Scene.Mail(owned: false, "taro@example.jp", "a@example.org", "b@example.org", "c@example.net"));

        await Scene.ReachesAsync(4, "history");
        Assert.Equal("a@example.org delivered,b@example.org failed,c@example.net delivered,taro@example.jp delivered", await Scene.Database.ScalarAsync<string>(
            "SELECT string_agg(forward_path || ' ' || outcome, ',' ORDER BY forward_path COLLATE \"C\") FROM history"));
        Assert.Equal((1L, 1, 1), (await Scene.CountAsync("mailbox_message"), org.Sessions.Count, net.Sessions.Count));
        Assert.Single(org.Sessions[0].WireContents);
    }

    [Fact]
    public async Task ALIAS_7_ALIAS_12_the_wire_carries_what_the_alias_leaves_and_one_mail_serves_all_who_lead_there()
    {
        await using var branch = ScriptedPeer.Start();
        await StartAsync(("domain.table", "example.jp local"), ("route.table", Gateway("branch.example", branch)));
        await Scene.AddAliasAsync("info@example.jp", "desk@branch.example", mode: 0);
        await Scene.AddAliasAsync("kept@example.jp", "office@branch.example", mode: 1);
        await Scene.AddAliasAsync("also@example.jp", "office@branch.example", mode: 2);

        await SendAsync(Scene.Mail(owned: false, "info@example.jp", "kept@example.jp", "also@example.jp", "desk@branch.example"));

        await DeliveredAsync(4);
        Assert.Equal(["RCPT TO:<desk@branch.example> ORCPT=rfc822;info@example.jp", "RCPT TO:<kept@example.jp>"],
            branch.Sessions.Single().Commands.Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)));
        Assert.Equal("desk@branch.example,desk@branch.example,kept@example.jp,office@branch.example",
            await Scene.Database.ScalarAsync<string>("SELECT string_agg(forward_path, ',' ORDER BY forward_path) FROM history"));
    }

    [Fact]
    public async Task ROUTE_2_GWT_8_waiting_mail_goes_the_corrected_way_at_its_next_attempt()
    {
        await using var wrong = ScriptedPeer.Start(new PeerScript { On = step => step.Is("RCPT") ? "451 4.7.1 later" : null });
        await using var right = ScriptedPeer.Start();
        await StartAsync(("route.table", Gateway("example.org", wrong)));
        await SendAsync(Scene.Mail(owned: false, "y@example.org"));
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting'");

        await Scene.SaveAsync(("route.table", Gateway("example.org", right)));
        await Scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now()");
        WakeUp();
        await DeliveredAsync(1);
        Assert.Single(right.Sessions.Single().WireContents);
    }

    [Fact]
    public async Task GWT_10_GAP_14_a_gateway_that_does_not_answer_is_tried_again_and_its_mail_never_leaks_to_MX()
    {
        var dead = ScriptedPeer.Start();
        var table = Gateway("example.org", dead);
        await dead.DisposeAsync();
        // The domain itself would be reachable.
        await using var mx = ScriptedPeer.Start();
        await StartAsync(("route.table", table), ("dns.static_hosts", "example.org 127.0.0.1"), ("delivery.port", $"{mx.Port}"));
        await SendAsync(Scene.Mail(owned: false, "y@example.org"));
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND class = 3");
        Assert.Empty(mx.Sessions);
    }

    [Fact]
    public async Task OUT_2_after_a_cut_session_only_those_not_yet_delivered_are_retried()
    {
        var busy = 1;
        await using var peer = ScriptedPeer.Start(new PeerScript { On = step => step.Is("RCPT TO:<b@") && Interlocked.Exchange(ref busy, 0) == 1 ? "450 4.2.1 busy" : null });
        await StartAsync(("route.table", Gateway("example.org", peer)));
        await SendAsync(Scene.Mail(owned: false, "a@example.org", "b@example.org"));
        await DeliveredAsync(1);
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND forward_path = 'b@example.org'");
        await Scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now()");
        WakeUp();
        await DeliveredAsync(2);
        Assert.Equal(["RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "RCPT TO:<b@example.org>"],
            peer.Sessions.SelectMany(session => session.Commands).Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ROUTE_3_GAP_23_mail_for_an_account_that_has_gone_fails_at_once_with_an_error_mail_in_the_senders_box()
    {
        await StartAsync(("domain.table", "example.jp local"));
        await Scene.AddAccountAsync("taro@example.jp", limit: 1);
        await SendAsync(Scene.Mail(owned: false, "gone@example.jp") with { ReversePath = "taro@example.jp" });
        await Scene.ReachesAsync(1, "history WHERE outcome = 'failed' AND attempts <= 1 AND reply = '550 5.1.1 User unknown'");
        WakeUp();
        await Scene.ReachesAsync(1, "mailbox_message WHERE reverse_path = '' AND recipient = 'taro@example.jp'");
        Assert.Contains("550 5.1.1 User unknown", Encoding.UTF8.GetString(await Scene.Database.ScalarAsync<byte[]>("SELECT data FROM mailbox_piece")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_SCN_E1_a_gateway_with_a_credential_is_logged_in_to_after_STARTTLS()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(new PeerScript { Certificate = certificate, Capabilities = Login, On = step => step.Is("AUTH") ? "235 2.7.0 ok" : null });
        await StartAsync(("route.table", Gateway("*", provider, "provider")), ("route.credentials", "provider info@example.jp secret"));
        await SendAsync(Scene.Mail(owned: false, "y@example.org") with { ReversePath = "info@example.jp" });
        await DeliveredAsync(1);
        var session = provider.Sessions.Single();
        Assert.True(session.Secured);
        Assert.Equal($"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes("\0info@example.jp\0secret"))}", session.Commands[3]);
        Assert.StartsWith("MAIL FROM:<info@example.jp>", session.Commands[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task OUT_3_EX_SCN_E1_each_sender_logs_in_at_the_provider_with_his_own_name_and_password()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(new PeerScript { Certificate = certificate, Capabilities = Login, On = step => step.Is("AUTH") ? "235 2.7.0 ok" : null });
        await StartAsync(("domain.table", "example.jp local"), ("route.gateway", "127.0.0.1"), ("delivery.port", $"{provider.Port}"), ("route.gateway_credential", "own"), ("compat.auth.recoverable_store", "true"));
        foreach (var name in (string[])["info", "taro", "forgetful"])
            await Scene.AddAccountAsync($"{name}@example.jp");
        var passwords = new Dictionary<string, string> { ["info@example.jp"] = "one", ["taro@example.jp"] = "two" };
        foreach (var (address, password) in passwords)
            await SetOwnAsync(address, password);
        foreach (var name in (string[])["info", "taro", "info", "forgetful"])
            await SendAsync(Scene.Mail(owned: false, "y@example.org") with { ReversePath = $"{name}@example.jp" });

        await DeliveredAsync(3);
        // A session may have been opened and not be needed any more.
        foreach (var session in provider.Sessions.Where(session => session.Commands.Any(command => command.StartsWith("MAIL", StringComparison.Ordinal))))
        {
            var logins = session.Commands.Where(command => command.StartsWith("AUTH PLAIN ", StringComparison.Ordinal)).Select(command => Encoding.UTF8.GetString(Convert.FromBase64String(command[11..])));
            var senders = session.Commands.Where(command => command.StartsWith("MAIL", StringComparison.Ordinal)).Select(command => command.Split('<', '>')[1]).Distinct();
            Assert.Equal(senders.Select(sender => $"\0{sender}\0{passwords[sender]}"), logins);
        }
        // OUT-6: without a recoverable password nothing is tried, and nothing bounces before 8 h.
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND last_reply LIKE '454 4.7.0 %'");
    }

    [Fact]
    public async Task EX_SCN_E2_a_refused_login_marks_the_gateway_and_bounces_nothing()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(new PeerScript { Certificate = certificate, Capabilities = Login, On = step => step.Is("AUTH") ? "535 5.7.8 Authentication failed" : null });
        await StartAsync(("route.table", Gateway("*", provider, "provider")), ("route.credentials", "provider info@example.jp wrong"));
        await SendAsync(Scene.Mail(owned: false, "y@example.org") with { ReversePath = "info@example.jp" });
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND class = 1 AND last_reply LIKE '535 5.7.8 %'");
        await Scene.ReachesAsync(1, "event WHERE kind = 'gateway-faulty' AND text LIKE '%535 5.7.8%'");
        Assert.Equal(0, await Scene.CountAsync("history"));
    }
}
