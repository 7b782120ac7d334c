using System.Text.RegularExpressions;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>Trace and log exports over mail that two nodes handled.</summary>
public sealed partial class StoryTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static string Printed(long number) => new MessageId(number).ToString();

    private static async Task<AdminHost> HostAsync(TimeZoneInfo? zone = null)
    {
        var host = await AdminHost.StartAsync(zone);
        await host.SendAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("net.host_name", "mx.example.jp")]), Json.SettingsChange, Json.SettingsSaved);
        return host;
    }

    /// <summary>Accepted by n1: one delivered by n1, one tried by n1 then failed by n2, one still waiting.</summary>
    private static async Task<long> ThreeFatesAsync(Scene scene)
    {
        var n1 = await scene.NodeAsync("n1");
        var n2 = await scene.NodeAsync("n2");
        var mail = await scene.MailAsync(n1, "u@example.jp", true, "a@example.net", "b@example.org", "c@example.com");
        await scene.EndAsync(n1, mail, 0, RecipientState.Delivered, "250 2.0.0 Ok");
        await scene.EndAsync(n1, mail, 1, RecipientState.Waiting, "451 4.3.0 Later", FailureClass.LineError);
        await scene.EndAsync(n1, mail, 2, RecipientState.Waiting, "421 Busy", FailureClass.LineError, TimeSpan.FromHours(1));
        Assert.Single(await scene.Queue.ClaimAsync(n2, 10, 10, [], default));
        await scene.EndAsync(n2, mail, 1, RecipientState.Failed, "550 User Unknown", FailureClass.Refused);
        return mail;
    }

    [Theory]
    [InlineData(null)]
    [InlineData("B@Example.org")]
    [InlineData("u@example.jp")]
    public async Task LOG_14_a_trace_by_number_or_address_tells_from_connect_to_outcome_over_all_nodes(string? address)
    {
        await using var host = await HostAsync();
        var mail = await ThreeFatesAsync(new Scene(host));

        var result = await host.GetAsync($"{Routes.Trace}?q={Uri.EscapeDataString(address ?? $"<{Printed(mail)}@mx.example.jp>")}", Json.TraceResult);

        var trace = Assert.Single(result.Mails);
        Assert.Equal((Printed(mail), "u@example.jp"), (trace.Id, trace.Sender));
        Assert.Equal(["delivered", "failed", "waiting"], trace.Recipients.Select(r => r.State));
        Assert.Equal(("accepted", "n1"), (trace.Steps[0].What, trace.Steps[0].Node));
        Assert.Contains("192.0.2.75 (client.example.net), TLS 1.3", trace.Steps[0].Text, StringComparison.Ordinal);
        Assert.Equal(("failed", "n2", "b@example.org"), (trace.Steps[^1].What, trace.Steps[^1].Node, trace.Steps[^1].Recipient));
        Assert.Contains("550 User Unknown", trace.Steps[^1].Text, StringComparison.Ordinal);
        Assert.Equal(2, trace.Steps.Count(s => s.What == "attempt"));
        Assert.Equal(["MAIL FROM:<x>", "550 User Unknown"], trace.Steps[^1].Lines);
    }

    [Fact]
    public async Task MSGID_5_a_trace_shows_the_mails_derived_from_a_number()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", true, "a@example.net");
        var number = await scene.Queue.AllotNumbersAsync(1, default);
        var notice = new NewMail
        {
            Id = new MessageId(number),
            ReversePath = "",
            Content = new MemoryContent("x\r\n"u8.ToArray()),
            Recipients = [new NewRecipient(0, "u@example.jp", "example.jp", true)],
        };
        await scene.Queue.AcceptAsync(node, [notice], default);
        // Its printed name, as the notice of a failed recipient gets it.
        await host.Database.ExecuteAsync("UPDATE mail SET name = $1 WHERE id = $2", $"{Printed(mail)}-E001", number);
        await scene.EndAsync(node, number, 0, RecipientState.Delivered, "250 Ok");
        foreach (var query in (string[])[Printed(mail), $"{Printed(mail)}-E001"])
        {
            var mails = (await host.GetAsync($"{Routes.Trace}?q={query}", Json.TraceResult)).Mails;
            var derived = mails.Single(m => m.Id == $"{Printed(mail)}-E001");
            Assert.Equal((Printed(mail), "notice"), (derived.About, derived.Steps[0].What));
        }
        Assert.Equal(2, (await host.GetAsync($"{Routes.Trace}?q={Printed(mail)}", Json.TraceResult)).Mails.Count);
    }

    [Fact]
    public async Task LOG_14_what_was_refused_before_it_got_a_number_is_found_by_address_and_by_client()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        await scene.ReceiveAsync("n2", [], new ReceiveRow
        {
            At = DateTimeOffset.UtcNow,
            ConnectedAt = DateTimeOffset.UtcNow.AddSeconds(-1),
            LocalPort = 25,
            Session = "S1-9",
            ClientAddress = "203.0.113.7",
            Helo = "out.example.net",
            Sender = "Taro@example.jp",
            Recipients = ["Y@example.org"],
            Reply = "550 5.1.1 Please mail to a valid e-mail address.",
            Rule = "RELAY-60",
            Dialogue = [(DateTimeOffset.UtcNow, "RECV <- RCPT TO:<Y@example.org>")],
        });
        foreach (var query in (string[])["taro@example.jp", "y@Example.org", "203.0.113.7"])
        {
            var refusal = Assert.Single((await host.GetAsync($"{Routes.Trace}?q={query}", Json.TraceResult)).Refusals);
            Assert.Equal(("n2", "S1-9", "RELAY-60"), (refusal.Node, refusal.Session, refusal.Rule));
            Assert.Equal(["RECV <- RCPT TO:<Y@example.org>"], refusal.Lines);
        }
        Assert.Empty((await host.GetAsync($"{Routes.Trace}?q=203.0.113.8", Json.TraceResult)).Refusals);
    }

    [Fact]
    public async Task LOG_14_a_trace_begins_with_the_connect_and_shows_what_was_refused_of_the_mail()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", true, "a@example.net");
        var now = DateTimeOffset.UtcNow;
        await scene.ReceiveAsync("n1",
            [new(now.AddSeconds(-3), null, null, 25, "S1-1", "192.0.2.75"), new(now, now.AddSeconds(-3), mail, 25, "S1-1", "192.0.2.75")],
            new ReceiveRow
            {
                At = now,
                ConnectedAt = now.AddSeconds(-3),
                Mail = mail,
                Kind = ReceiveKind.Accepted,
                Session = "S1-1",
                ClientAddress = "192.0.2.75",
                LocalPort = 25,
                Sender = "u@example.jp",
                Reply = "550 5.1.1 User unknown",
                Rule = "RELAY-30",
                Dialogue = [(now.AddSeconds(-2), "RECV <- RCPT TO:<nobody@example.jp>")],
            });
        await scene.EndAsync(node, mail, 0, RecipientState.Delivered, "250 Ok");
        var trace = Assert.Single((await host.GetAsync($"{Routes.Trace}?q={Printed(mail)}", Json.TraceResult)).Mails);
        Assert.Equal(["connect", "dialogue", "accepted", "delivered"], trace.Steps.Select(s => s.What));
        Assert.Equal("192.0.2.75 to port 25, session S1-1", trace.Steps[0].Text);
        Assert.Equal(["RECV <- RCPT TO:<nobody@example.jp>"], trace.Steps[1].Lines);
        Assert.Contains("RELAY-30", trace.Steps[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MSGID_5_a_chain_of_derived_mails_is_found_from_each_of_its_links()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", true, "a@example.net");
        var other = await scene.MailAsync(node, "u@example.jp", true, "a@example.net");
        foreach (var (suffix, to) in ((string, string)[])[("-T001", "f@example.net"), ("-T001-R0001-EP001", "admin@example.jp"), ("-E001", "u@example.jp")])
        {
            var number = await scene.Queue.AllotNumbersAsync(1, default);
            await scene.Queue.AcceptAsync(node, [new NewMail
            {
                Id = new MessageId(number), Name = Printed(mail) + suffix, ReversePath = "", Content = new MemoryContent("x\r\n"u8.ToArray()),
                Recipients = [new NewRecipient(0, to, "example.net", true)],
            }], default);
            if (suffix != "-E001")
                await scene.EndAsync(node, number, 0, RecipientState.Delivered, "250 Ok");
        }
        Assert.Equal(
            [Printed(mail), $"{Printed(mail)}-T001", $"{Printed(mail)}-T001-R0001-EP001", $"{Printed(mail)}-E001"],
            (await host.GetAsync($"{Routes.Trace}?q={Printed(mail)}", Json.TraceResult)).Mails.Select(m => m.Id));
        Assert.Equal(
            [$"{Printed(mail)}-T001", $"{Printed(mail)}-T001-R0001-EP001"],
            (await host.GetAsync($"{Routes.Trace}?q={Printed(mail)}-T001", Json.TraceResult)).Mails.Select(m => m.Id));
        Assert.Single((await host.GetAsync($"{Routes.Trace}?q={Printed(other)}", Json.TraceResult)).Mails);
    }

    [Fact]
    public async Task EX_LOG_3_one_inlog_line_with_all_recipients_whether_they_wait_or_have_ended()
    {
        await using var host = await HostAsync();
        var mail = await ThreeFatesAsync(new Scene(host));
        var line = (await LogAsync(host, LogNames.In)).Single();
        Assert.Equal($"<{Printed(mail)}@mx.example.jp> [stamp] 192.0.2.75 client.example.net u@example.jp a@example.net b@example.org c@example.com", Unstamped(line));
    }

    [Fact]
    public async Task LOG_23_LOG_24_what_was_delivered_is_in_outlog_and_what_failed_in_faillog()
    {
        await using var host = await HostAsync();
        var mail = await ThreeFatesAsync(new Scene(host));
        Assert.Equal([$"{Printed(mail)}@mx.example.jp sent on [stamp] to example.net from u@example.jp to a@example.net"], (await LogAsync(host, LogNames.Out)).Select(Unstamped));
        Assert.Equal([$"{Printed(mail)}@mx.example.jp send fail on [stamp] from u@example.jp to b@example.org [550 User Unknown]"], (await LogAsync(host, LogNames.Fail)).Select(Unstamped));
        Assert.All(await LogAsync(host, LogNames.Sender), line => Assert.StartsWith($"[{Printed(mail)}", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task EX_LOG_6_the_merged_export_is_sorted_by_time_and_a_nodes_own_is_its_part()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var n1 = await scene.NodeAsync("n1");
        var n2 = await scene.NodeAsync("n2");
        var mails = new List<string>();
        for (var i = 0; i < 4; i++)
            mails.Add(Printed(await scene.MailAsync(i % 2 == 0 ? n1 : n2, "u@example.jp", false, "a@example.net")));
        Assert.Equal(mails, (await LogAsync(host, LogNames.In)).Select(l => l[1..12]));
        Assert.Equal([mails[0], mails[2]], (await LogAsync(host, LogNames.In, "&node=n1")).Select(l => l[1..12]));
        Assert.Equal([mails[1], mails[3]], (await LogAsync(host, LogNames.In, "&node=n2")).Select(l => l[1..12]));
    }

    [Fact]
    public async Task LOG_10_a_day_is_a_day_of_local_time()
    {
        // 14 hours ahead, so that some hours of each local day lie in another day of UTC whenever this test runs.
        var ahead = TimeZoneInfo.CreateCustomTimeZone("ahead", TimeSpan.FromHours(14), "ahead", "ahead");
        await using var host = await HostAsync(ahead);
        var scene = new Scene(host);
        var mail = await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net");
        var midnight = new DateTime(2026, 3, 4, 10, 0, 0, DateTimeKind.Utc);
        foreach (var (utc, day) in ((DateTime, string)[])[(midnight.AddSeconds(-1), "2026-03-04"), (midnight, "2026-03-05")])
        {
            await host.Database.ExecuteAsync("UPDATE mail SET accepted_at = $1 WHERE id = $2", utc, mail);
            Assert.Single(await LogAsync(host, LogNames.In, day: day));
        }
        Assert.Empty(await LogAsync(host, LogNames.In, day: "2026-03-04"));
        Assert.Contains("[05/Mar/2026:00:00:00]", (await LogAsync(host, LogNames.In, day: "2026-03-05")).Single(), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> LogAsync(AdminHost host, string log, string more = "", string? day = null)
    {
        var text = await host.Client.GetStringAsync($"{Routes.Fill(Routes.Log, log)}?{(day is null ? "" : $"day={day}")}{more}");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Unstamped(string line) => Stamp().Replace(line, "[stamp]");

    [GeneratedRegex(@"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\]")]
    private static partial Regex Stamp();
}
