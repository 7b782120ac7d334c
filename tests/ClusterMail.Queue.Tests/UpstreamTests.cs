using System.Security.Cryptography;
using System.Text;
using ClusterMail.Queue.Cluster;
using ClusterMail.Routing;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using MimeKit;

namespace ClusterMail.Queue.Tests;

/// <summary>Login of each account at a provider (chapter 24 §3), from the queue to a scripted provider.</summary>
public sealed class UpstreamTests : RoutedNode
{
    private const string Taro = "taro@example.jp";
    private const string Hanako = "hanako@example.jp";
    private const string Kanri = "kanri@example.jp";

    private static string Line(ScriptedPeer provider, string login = "per-user") => $"*,127.0.0.1,{provider.Port},{login}";

    private static string Plain(string user, string secret) => $"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{secret}"))}";

    /// <summary>Offers PLAIN in TLS; takes what <paramref name="judge"/> says of name and secret.</summary>
    private static PeerScript Provider(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, Func<string, string, bool> judge, Func<PeerStep, string?>? more = null) => new()
    {
        Certificate = certificate,
        Capabilities = ["PIPELINING", "AUTH PLAIN"],
        On = step => step.Is("AUTH PLAIN ") && Encoding.UTF8.GetString(Convert.FromBase64String(step.Line[11..])).Split('\0') is [_, var user, var secret]
            ? judge(user, secret) ? "235 2.7.0 ok" : "535 5.7.8 Authentication failed"
            : more?.Invoke(step),
    };

    private async Task StartAsync(ScriptedPeer provider, params (string Name, string Value)[] more)
    {
        await StartAsync([("domain.table", "example.jp local"), ("admin.address", Kanri), ("route.forward_all", "true"), ("route.table", Line(provider)), .. more]);
        foreach (var address in (string[])[Taro, Hanako, Kanri])
            await Scene.AddAccountAsync(address);
        await SetUpstreamAsync(Taro, "one", "t-yamada");
        await SetUpstreamAsync(Hanako, "two");
        await SetUpstreamAsync(Kanri, "three");
    }

    private Task SendAsync(string from, params string[] to) => SendAsync(Scene.Mail(owned: false, to) with { ReversePath = from });

    /// <summary>A notice of approval, as its name says.</summary>
    private Task NoticeAsync(string from, string to)
    {
        var mail = Scene.Mail(owned: false, to);
        return SendAsync(mail with { ReversePath = from, Name = $"{mail.Id}-N0001" });
    }

    private async Task AgainAsync()
    {
        await Scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now() WHERE state = 'waiting'");
        WakeUp();
    }

    private Task DeliveredAsync(int count) => Scene.ReachesAsync(count, "history WHERE outcome = 'delivered'");

    /// <summary>Login and MAIL FROM of each mail the provider took, sorted.</summary>
    private static IReadOnlyList<string> Taken(ScriptedPeer provider) => [.. provider.Sessions.SelectMany(session =>
    {
        var login = session.Commands.FirstOrDefault(command => command.StartsWith("AUTH PLAIN ", StringComparison.Ordinal)) is { } auth
            ? Encoding.UTF8.GetString(Convert.FromBase64String(auth[11..])).Split('\0')[1] : "nobody";
        return session.Commands.Where(command => command.StartsWith("MAIL", StringComparison.Ordinal)).Select(command => $"{login}: <{command.Split('<', '>')[1]}>");
    }).Order(StringComparer.Ordinal)];

    private static int Logins(ScriptedPeer provider) => provider.Sessions.Sum(session => session.Commands.Count(command => command.StartsWith("AUTH ", StringComparison.Ordinal)));

    [Fact]
    public async Task APPROVE_421_APPROVE_424_APPROVE_425_each_mail_goes_with_the_login_of_whose_it_is()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (user, secret) => (user, secret) is ("t-yamada", "one") or (Hanako, "two") or (Kanri, "three")));
        await StartAsync(provider);
        foreach (var from in (string[])[Taro, Hanako, Taro])
            await SendAsync(from, "y@example.org");
        // An error mail to one of ours; one to a stranger; mail of a stranger, passed on.
        await SendAsync("", Hanako);
        await SendAsync("", "y@example.org");
        await SendAsync("stranger@example.net", "y@example.org");
        await DeliveredAsync(6);

        Assert.Equal(
            [$"{Hanako}: <>", $"{Hanako}: <{Hanako}>", $"{Kanri}: <>", $"{Kanri}: <stranger@example.net>", $"t-yamada: <{Taro}>", $"t-yamada: <{Taro}>"], Taken(provider));
        Assert.All(provider.Sessions, session => Assert.True(session.Secured));
        // One session never serves two logins.
        Assert.Equal(provider.Sessions.Count(session => session.Commands.Any(command => command.StartsWith("AUTH", StringComparison.Ordinal))), Logins(provider));
    }

    [Fact]
    public async Task APPROVE_426_a_refused_login_defers_tells_once_and_is_left_alone_for_fifteen_minutes_by_the_whole_farm()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (user, _) => user != "t-yamada"));
        await StartAsync(provider);
        for (var tried = 1; tried <= 3; tried++)
        {
            if (tried == 1)
                await SendAsync(Taro, "y@example.org");
            else
                await AgainAsync();
            await Scene.ReachesAsync(1, $"recipient WHERE state = 'waiting' AND attempt = {tried} AND last_reply LIKE '535 5.7.8 %'");
            await Scene.ReachesAsync(1, $"upstream_state WHERE failures = {tried}");
        }
        Assert.Equal(3, Logins(provider));

        await AgainAsync();
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND attempt = 4 AND last_reply LIKE '454 4.7.0 %not tried for 15 minutes%'");
        // Another node asks the same truth.
        var elsewhere = await Logins("n2").BeginAsync(Protocol.Mailbox.FromStored(Taro), LoginKind.PerUser, default);
        Assert.Null(elsewhere.Grant);
        Assert.Contains("not tried", elsewhere.Refusal!.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, Logins(provider));
        // What is not his goes on; nothing of his has bounced.
        await SendAsync(Hanako, "y@example.org");
        await DeliveredAsync(1);
        Assert.Equal(0, await Scene.CountAsync("history WHERE outcome = 'failed'"));
        Assert.Equal(1, await Scene.CountAsync("event WHERE kind = 'upstream-login-refused' AND data ->> 'address' = 'taro@example.jp'"));

        await Scene.Database.ExecuteAsync("UPDATE upstream_state SET blocked_until = clock_timestamp()");
        await AgainAsync();
        await Scene.ReachesAsync(1, "upstream_state WHERE failures = 4 AND blocked_until > clock_timestamp() + interval '14 minutes'");
        Assert.Equal(1, await Scene.CountAsync("event WHERE kind = 'upstream-login-refused'"));
    }

    [Fact]
    public async Task APPROVE_426_user_and_administrator_are_told_once_and_the_users_mail_goes_with_the_postmasters_login()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (user, _) => user != "t-yamada"));
        await StartAsync(provider);
        await SendAsync(Taro, "y@example.org");
        await Scene.ReachesAsync(1, "upstream_state WHERE failures = 1 AND told_at IS NULL");
        var mail = new UpstreamMail(Scene.Database.Source);
        Task<int> TellAsync() => mail.TellAsync(Scene.Epoch.Epoch, refused => RefusedLoginMails.Compose(Scene.Numbers, Scene.Settings.Current, refused), default);
        Assert.Equal((1, 0), (await TellAsync(), await TellAsync()));
        WakeUp();
        await Scene.ReachesAsync(2, "history WHERE outcome = 'delivered' AND reverse_path = '' AND forward_path IN ('taro@example.jp', 'kanri@example.jp')");
        Assert.Equal([$"{Kanri}: <>", $"{Kanri}: <>"], Taken(provider));
        var told = provider.Sessions.SelectMany(session => session.WireContents).Select(content => MimeMessage.Load(new MemoryStream(content))).ToList();
        Assert.All(told, one => Assert.Contains("535 5.7.8 Authentication failed", one.TextBody, StringComparison.Ordinal));
        Assert.All(told, one => Assert.Contains("拒否されました", one.TextBody, StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_426_a_notice_whose_own_login_fails_is_sent_with_the_postmasters_and_other_mail_is_not()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (user, _) => user != "t-yamada"));
        await StartAsync(provider);
        await NoticeAsync(Taro, Hanako);
        await DeliveredAsync(1);
        Assert.Equal([$"{Kanri}: <{Kanri}>"], Taken(provider));
        await SendAsync(Taro, Hanako);
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND last_reply LIKE '535 %'");
        // With a login that works a notice goes in its sender's own name.
        await NoticeAsync(Hanako, Taro);
        await DeliveredAsync(2);
        Assert.Equal([$"{Hanako}: <{Hanako}>", $"{Kanri}: <{Kanri}>"], Taken(provider));
    }

    [Fact]
    public async Task APPROVE_428_a_password_changed_at_the_provider_while_mail_waits_is_mended_without_losing_it()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        var password = "one";
        await using var provider = ScriptedPeer.Start(Provider(certificate, (_, secret) => secret == password));
        await StartAsync(provider);
        await SendAsync(Taro, "y@example.org");
        await DeliveredAsync(1);
        password = "changed";
        // The session that stands carries on; a new one does not.
        await Until.TrueAsync(() => provider.Sessions.All(session => session.Ended), QueueScene.Patience, "the idle session closed");
        await SendAsync(Taro, "z@example.org");
        await Scene.ReachesAsync(1, "upstream_state WHERE failures = 1");
        // What is known of the login is on disk before what became of the mail.
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND last_reply LIKE '535 5.7.8 %'");
        await Scene.Database.ExecuteAsync("UPDATE upstream_state SET failures = 3, blocked_until = clock_timestamp() + interval '15 minutes'");
        await SetUpstreamAsync(Taro, "changed", "t-yamada");
        // A new secret is nobody's old failure.
        await AgainAsync();
        await DeliveredAsync(2);
        await Scene.ReachesAsync(1, "upstream_state s JOIN upstream_login l USING (account_id) WHERE proven AND failures = 0 AND secret_of = l.changed_at");
    }

    [Theory]
    [InlineData("AUTH LOGIN", "dC15YW1hZGE=|b25l")]
    [InlineData("AUTH CRAM-MD5", null)]
    public async Task APPROVE_421_APPROVE_428_a_provider_that_offers_one_method_only_is_logged_in_to_by_it(string offered, string? said)
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        var challenge = "<1896.697170952@provider.example>"u8.ToArray();
        var answer = said?.Split('|') ?? [Convert.ToBase64String(Encoding.UTF8.GetBytes($"t-yamada {Convert.ToHexStringLower(HMACMD5.HashData("one"u8, challenge))}"))];
        await using var provider = ScriptedPeer.Start(new PeerScript
        {
            Certificate = certificate,
            Capabilities = [offered],
            On = step => step.Is("AUTH LOGIN") ? "334 VXNlcm5hbWU6" : step.Is("AUTH CRAM") ? $"334 {Convert.ToBase64String(challenge)}"
                : step.Line == answer[^1] ? "235 2.7.0 ok" : step.Line == answer[0] ? "334 UGFzc3dvcmQ6" : null,
        });
        await StartAsync(provider);
        await SendAsync(Taro, "y@example.org");
        await DeliveredAsync(1);
    }

    [Fact]
    public async Task APPROVE_423_APPROVE_428_without_AUTH_or_without_TLS_the_mail_waits_and_the_secret_is_not_shown()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var mute = ScriptedPeer.Start(new PeerScript { Certificate = certificate, Capabilities = ["PIPELINING"] });
        await using var refusing = ScriptedPeer.Start(new PeerScript { Certificate = certificate, Capabilities = ["AUTH PLAIN LOGIN CRAM-MD5"], On = step => step.Is("STARTTLS") ? "454 4.7.0 TLS not available" : null });
        await using var clear = ScriptedPeer.Start(new PeerScript { Capabilities = ["AUTH PLAIN"], On = step => step.Is("AUTH") ? "235 2.7.0 ok" : null });
        await StartAsync(mute);
        await Scene.SaveAsync(("domain.table", "example.jp local"), ("admin.address", Kanri), ("route.forward_all", "true"), ("route.table",
            $"mute.example,127.0.0.1,{mute.Port},per-user\ntls.example,127.0.0.1,{refusing.Port},per-user\nplain.example,127.0.0.1,{clear.Port},per-user\nallowed.example,127.0.0.1,{clear.Port},per-user;tls=clear"));
        foreach (var domain in (string[])["mute", "tls", "plain"])
            await SendAsync(Taro, $"y@{domain}.example");
        await Scene.ReachesAsync(1, "recipient WHERE forward_path = 'y@mute.example' AND last_reply LIKE '454 4.7.0 Host offers no authentication%'");
        await Scene.ReachesAsync(1, "recipient WHERE forward_path = 'y@tls.example' AND last_reply LIKE '454 4.7.5 TLS not possible%'");
        await Scene.ReachesAsync(1, "recipient WHERE forward_path = 'y@plain.example' AND last_reply LIKE '454 4.7.5 TLS not possible%'");
        Assert.DoesNotContain(new[] { mute, refusing, clear }.SelectMany(peer => peer.Sessions).SelectMany(session => session.Commands), command => command.StartsWith("AUTH", StringComparison.Ordinal));
        // Nobody was told that his password is wrong.
        Assert.Equal(0, await Scene.CountAsync("upstream_state WHERE failures > 0"));

        await SendAsync(Hanako, "y@allowed.example");
        await DeliveredAsync(1);
        Assert.Contains(Plain(Hanako, "two"), clear.Sessions.SelectMany(session => session.Commands));
    }

    [Fact]
    public async Task APPROVE_428_a_provider_whose_port_is_closed_is_no_fault_of_the_login()
    {
        var closed = ScriptedPeer.Start();
        var line = Line(closed);
        await closed.DisposeAsync();
        await using var any = ScriptedPeer.Start();
        await StartAsync(any, ("delivery.port", "25"));
        await Scene.SaveAsync(("domain.table", "example.jp local"), ("admin.address", Kanri), ("route.forward_all", "true"), ("route.table", line));
        await SendAsync(Taro, "y@example.org");
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND class = 3");
        await Scene.ReachesAsync(1, "upstream_state WHERE failures = 0 AND trying_until IS NULL");
    }

    [Fact]
    public async Task APPROVE_424_an_account_without_a_login_waits_and_says_what_is_missing()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (_, _) => true));
        await StartAsync(provider);
        await Scene.AddAccountAsync("new@example.jp");
        await SendAsync("new@example.jp", "y@example.org");
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND last_reply LIKE '454 4.7.0 new@example.jp has no login upstream%'");
        Assert.Equal(0, Logins(provider));
    }

    [Fact]
    public async Task APPROVE_406_APPROVE_427_all_recipients_go_in_one_transaction_or_in_as_many_as_the_provider_takes()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (_, _) => true));
        await StartAsync(provider);
        string[] many = [.. Enumerable.Range(0, 150).Select(number => $"r{number}@d{number % 7}.example")];
        await SendAsync(Taro, many);
        await DeliveredAsync(150);
        Assert.Equal([$"t-yamada: <{Taro}>"], Taken(provider));

        await Scene.SaveAsync([("domain.table", "example.jp local"), ("admin.address", Kanri), ("route.forward_all", "true"), ("route.table", Line(provider)), ("upstream.max_rcpt", "60")]);
        await SendAsync(Hanako, many);
        await DeliveredAsync(300);
        Assert.Equal([60, 60, 30], RecipientsOf(provider, Hanako));
    }

    private static IReadOnlyList<int> RecipientsOf(ScriptedPeer provider, string sender)
    {
        var counts = new List<int>();
        foreach (var session in provider.Sessions)
        {
            var mine = false;
            foreach (var command in session.Commands)
            {
                if (command.StartsWith("MAIL", StringComparison.Ordinal) && (mine = command.Contains(sender, StringComparison.Ordinal)))
                    counts.Add(0);
                else if (mine && command.StartsWith("RCPT", StringComparison.Ordinal))
                    counts[^1]++;
            }
        }
        return counts;
    }

    [Fact]
    public async Task APPROVE_427_no_more_mails_of_one_account_go_within_an_hour_than_its_provider_takes()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (_, _) => true));
        await StartAsync(provider, ("upstream.max_per_hour", "2"));
        for (var sent = 0; sent < 4; sent++)
            await SendAsync(Taro, $"y{sent}@example.org");
        await SendAsync(Hanako, "y@example.org");
        await DeliveredAsync(3);
        await Scene.ReachesAsync(2, "recipient r JOIN mail m ON m.id = r.mail_id WHERE m.reverse_path = 'taro@example.jp' AND state = 'queued' AND attempt = 0 AND next_try > now() + interval '50 minutes'");
        Assert.Equal([$"{Hanako}: <{Hanako}>", $"t-yamada: <{Taro}>", $"t-yamada: <{Taro}>"], Taken(provider));
        // Another node counts on from there; an hour later they may go.
        var store = new UpstreamStore(Scene.Database.Source);
        var account = await Scene.Database.ScalarAsync<long>("SELECT id FROM account WHERE name = 'taro'");
        Assert.InRange(await store.TurnAsync(account, 2, default), TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(61));
        await Scene.Database.ExecuteAsync("UPDATE upstream_use SET minute = minute - interval '61 minutes'");
        Assert.Equal(TimeSpan.Zero, await store.TurnAsync(account, 2, default));
    }

    [Fact]
    public async Task APPROVE_427_two_nodes_at_once_do_not_send_more_than_one()
    {
        await using var provider = ScriptedPeer.Start();
        await StartAsync(provider);
        var account = await Scene.Database.ScalarAsync<long>("SELECT id FROM account WHERE name = 'taro'");
        var waits = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => new UpstreamStore(Scene.Database.Source).TurnAsync(account, 7, default)));
        Assert.Equal(7, waits.Count(wait => wait == TimeSpan.Zero));
    }

    [Fact]
    public async Task APPROVE_426_a_login_that_was_never_taken_is_tried_by_one_node_at_a_time()
    {
        await using var provider = ScriptedPeer.Start();
        await StartAsync(provider);
        var taro = Protocol.Mailbox.FromStored(Taro);
        var first = await Logins("n1").BeginAsync(taro, LoginKind.PerUser, default);
        var second = Logins("n2").BeginAsync(taro, LoginKind.PerUser, default);
        await Logins("n1").EndAsync(first.Grant!, "provider: 535 5.7.8 no");
        await Logins("n1").EndAsync((await second).Grant!, "provider: 535 5.7.8 no");
        var third = await Logins("n1").BeginAsync(taro, LoginKind.PerUser, default);
        await Logins("n1").EndAsync(third.Grant!, "provider: 535 5.7.8 no");
        Assert.Null((await Logins("n2").BeginAsync(taro, LoginKind.PerUser, default)).Grant);
        Assert.Equal(3, await Scene.Database.ScalarAsync<int>("SELECT failures FROM upstream_state"));
    }

    [Fact]
    public async Task DELIV_2_APPROVE_425_a_provider_counts_as_one_next_hop_however_many_log_in_there()
    {
        using var certificate = PeerCertificate.For("127.0.0.1");
        await using var provider = ScriptedPeer.Start(Provider(certificate, (_, _) => true));
        Connections = 1;
        await StartAsync(provider);
        for (var round = 0; round < 4; round++)
            foreach (var from in (string[])[Taro, Hanako, Kanri])
                await SendAsync(from, "y@example.org");
        await DeliveredAsync(12);
        Assert.Equal(12, Taken(provider).Count);
        Assert.Equal(1, provider.MostOpen);
    }
}
