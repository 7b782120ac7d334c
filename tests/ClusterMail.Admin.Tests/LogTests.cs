using System.Text.RegularExpressions;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>The logs as an administrator gets them: which line is where, of which node and day, and when a log is off.</summary>
public sealed partial class LogTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static string Printed(long number) => new MessageId(number).ToString();

    private static Task SetAsync(AdminHost host, string name, string? value) =>
        host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new(name, value)]), Json.SettingsChange, Json.SettingsSaved);

    private static async Task<AdminHost> HostAsync()
    {
        var host = await AdminHost.StartAsync();
        await SetAsync(host, "net.host_name", "mx.example.jp");
        return host;
    }

    private static async Task<IReadOnlyList<string>> LogAsync(AdminHost host, string log, string query = "")
    {
        var text = await host.Client.GetStringAsync($"{Routes.Fill(Routes.Log, log)}?{query}");
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Stamp().Replace(line, "[stamp]"))];
    }

    private static SessionRow Connect(string session = "S1-1") => new(DateTimeOffset.UtcNow.AddSeconds(-1), null, null, 25, session, "203.0.113.7");

    private static ReceiveRow Refused(ReceiveKind kind = ReceiveKind.Aborted) => new()
    {
        At = DateTimeOffset.UtcNow,
        ConnectedAt = DateTimeOffset.UtcNow.AddSeconds(-1),
        LocalPort = 25,
        Kind = kind,
        Session = "S1-1",
        ClientAddress = "203.0.113.7",
        Helo = "out.example.net",
        Sender = "taro@example.jp",
        Recipients = ["y@example.org"],
        Reply = "550 5.1.1 Please mail to a valid e-mail address.",
        Rule = "RELAY-60",
        Dialogue = [(DateTimeOffset.UtcNow, "RECV <- RCPT TO:<y@example.org>"), (DateTimeOffset.UtcNow, "SEND -> 550 5.1.1 Please mail to a valid e-mail address.")],
    };

    [Fact]
    public async Task EX_LOG_1_LOG_1_LOG_2_LOG_5_a_local_mail_is_two_lines_in_acceptlog_and_one_in_inlog_and_outlocallog()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        await scene.ReceiveAsync("n1", [Connect()]);
        var mail = await scene.MailAsync(node, "a@example.net", true, "taro@example.jp");
        await scene.ReceiveAsync("n1", [new(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, mail, 25, "S1-1", "192.0.2.75")]);
        await scene.EndAsync(node, mail, 0, RecipientState.Delivered, "250 2.1.5 Delivered to the mailbox", rule: "ROUTE-1 row 2, ACCT-1");
        Assert.Equal(
            [
                "[stamp], (mx.example.jp), [203.0.113.7]:25, Client accept now.",
                $"[stamp], (mx.example.jp), client.example.net [192.0.2.75], a@example.net,<{Printed(mail)}>,ok",
            ],
            await LogAsync(host, LogNames.Accept));
        Assert.Equal([$"<{Printed(mail)}@mx.example.jp> [stamp] 192.0.2.75 client.example.net a@example.net taro@example.jp"], await LogAsync(host, LogNames.In));
        Assert.Equal([$"{Printed(mail)}@mx.example.jp sent on [stamp] to example.jp from a@example.net to taro@example.jp"], await LogAsync(host, LogNames.OutLocal));
        Assert.Empty(await LogAsync(host, LogNames.Out));
    }

    [Fact]
    public async Task EX_LOG_2_LOG_3_a_refusal_is_an_abort_in_acceptlog_the_550_in_receivelog_and_nothing_in_inlog()
    {
        await using var host = await HostAsync();
        await new Scene(host).ReceiveAsync("n1", [Connect()], Refused());
        Assert.Equal(
            ["[stamp], (mx.example.jp), [203.0.113.7]:25, Client accept now.", "[stamp], (mx.example.jp), out.example.net [203.0.113.7], taro@example.jp,<>,abort"],
            await LogAsync(host, LogNames.Accept));
        Assert.Equal(
            ["[stamp] [S1-1] RECV <- RCPT TO:<y@example.org>", "[stamp] [S1-1] SEND -> 550 5.1.1 Please mail to a valid e-mail address."],
            await LogAsync(host, LogNames.Receive));
        Assert.Empty(await LogAsync(host, LogNames.In));
    }

    [Fact]
    public async Task EX_LOG_3_LOG_4_three_recipients_are_one_line_in_inlog_two_in_outlog_and_one_in_outlocallog_with_the_same_number()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", true, "a@example.net", "b@example.net", "taro@example.jp");
        await scene.EndAsync(node, mail, 0, RecipientState.Delivered, "250 ok");
        await scene.EndAsync(node, mail, 1, RecipientState.Delivered, "250 ok");
        await scene.EndAsync(node, mail, 2, RecipientState.Delivered, "250 ok", rule: "ROUTE-1 row 1, row 2, ACCT-1");
        Assert.Equal([$"<{Printed(mail)}@mx.example.jp> [stamp] 192.0.2.75 client.example.net u@example.jp a@example.net b@example.net taro@example.jp"], await LogAsync(host, LogNames.In));
        Assert.Equal(
            [$"{Printed(mail)}@mx.example.jp sent on [stamp] to example.net from u@example.jp to a@example.net", $"{Printed(mail)}@mx.example.jp sent on [stamp] to example.net from u@example.jp to b@example.net"],
            await LogAsync(host, LogNames.Out));
        Assert.Equal([$"{Printed(mail)}@mx.example.jp sent on [stamp] to example.jp from u@example.jp to taro@example.jp"], await LogAsync(host, LogNames.OutLocal));
    }

    [Fact]
    public async Task EX_LOG_4_LOG_7_a_final_failure_is_one_line_in_faillog_and_its_error_mail_one_in_outlocallog()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "taro@example.jp", true, "x@example.net");
        await scene.EndAsync(node, mail, 0, RecipientState.Failed, "550 User Unknown", FailureClass.Refused);
        var number = await scene.Queue.AllotNumbersAsync(1, default);
        await scene.Queue.AcceptAsync(node, [new NewMail
        {
            Id = new MessageId(number), Name = $"{Printed(mail)}-E001", ReversePath = "", Content = new MemoryContent("x\r\n"u8.ToArray()),
            Recipients = [new NewRecipient(0, "taro@example.jp", "[local]", true)],
        }], default);
        await scene.EndAsync(node, number, 0, RecipientState.Delivered, "250 ok", rule: "ROUTE-1 row 2, ACCT-1");
        Assert.Equal([$"{Printed(mail)}@mx.example.jp send fail on [stamp] from taro@example.jp to x@example.net [550 User Unknown]"], await LogAsync(host, LogNames.Fail));
        Assert.Equal([$"{Printed(mail)}-E001@mx.example.jp sent on [stamp] to example.jp from <> to taro@example.jp"], await LogAsync(host, LogNames.OutLocal));
        Assert.DoesNotContain(await LogAsync(host, LogNames.In), line => line.Contains("-E001", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EX_LOG_5_a_block_list_hit_is_in_acceptlog_and_not_in_receivelog()
    {
        await using var host = await HostAsync();
        await new Scene(host).ReceiveAsync("n1", [Connect()], Refused(ReceiveKind.Listed) with { Dialogue = [], Sender = null, Helo = "" });
        Assert.Equal("[stamp], (mx.example.jp), - [203.0.113.7], -,<>,It was in the ORDB IP.", (await LogAsync(host, LogNames.Accept))[1]);
        Assert.Empty(await LogAsync(host, LogNames.Receive));
    }

    [Fact]
    public async Task LOG_6_LOG_26_senderlog_tells_the_retry_decision_of_an_attempt_that_did_not_end_it()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var mail = await scene.MailAsync(node, "u@example.jp", true, "b@example.org");
        await scene.EndAsync(node, mail, 0, RecipientState.Waiting, "451 4.3.0 Later", FailureClass.LineError, TimeSpan.FromHours(1));
        var lines = await LogAsync(host, LogNames.Sender);
        Assert.Equal($"[{Printed(mail)}] [example.org] GetTryServer:()", lines[0]);
        Assert.EndsWith("/120=(0)", lines[1], StringComparison.Ordinal);
        Assert.Equal($"[{Printed(mail)}] Route: ROUTE-1 row 6", lines[2]);
        Assert.Equal($"[{Printed(mail)}] ConnectHost:mx1.example.net [192.0.2.9]:25 TLS 1.3", lines[3]);
        Assert.Equal($"[{Printed(mail)}] Result: line error [stamp] [451 4.3.0 Later], next try [stamp]", lines[^1]);
    }

    [Theory]
    [InlineData(LogNames.Accept, "false")]
    [InlineData(LogNames.In, "false")]
    [InlineData(LogNames.Out, "false")]
    [InlineData(LogNames.Sender, "off")]
    public async Task LOG_15_LOG_18_GAP_19_a_log_is_on_by_default_and_while_it_is_off_it_has_no_lines(string log, string off)
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        async Task<string> DeliverAsync()
        {
            var mail = await scene.MailAsync(node, "u@example.jp", true, "a@example.net");
            await scene.EndAsync(node, mail, 0, RecipientState.Delivered, "250 ok");
            return Printed(mail);
        }
        var before = await DeliverAsync();
        await SetAsync(host, $"log.{log}", off);
        var meanwhile = await DeliverAsync();
        await SetAsync(host, $"log.{log}", null);
        var after = await DeliverAsync();
        var lines = string.Join('\n', await LogAsync(host, log));
        Assert.Contains(before, lines, StringComparison.Ordinal);
        Assert.DoesNotContain(meanwhile, lines, StringComparison.Ordinal);
        Assert.Contains(after, lines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LOG_10_LOG_11_LOG_16_each_node_has_a_file_for_each_day()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        await scene.NodeAsync("n1");
        await scene.NodeAsync("n2");
        var files = await host.GetAsync($"{Routes.Fill(Routes.LogFiles, LogNames.In)}?from=2014-06-09&to=2014-06-10", Json.LogFiles);
        Assert.Equal(["inlog/n1/140609.log", "inlog/n2/140609.log", "inlog/n1/140610.log", "inlog/n2/140610.log"], files.Files.Select(file => file.Path));
        Assert.Equal("inlog/n2/140609.log", Assert.Single((await host.GetAsync($"{Routes.Fill(Routes.LogFiles, LogNames.In)}?day=2014-06-09&node=n2", Json.LogFiles)).Files).Path);
    }

    [Fact]
    public async Task LOG_12_the_zone_of_the_logs_is_a_setting_and_decides_what_a_day_is()
    {
        await using var host = await HostAsync();
        await SetAsync(host, "log.time_zone", "Asia/Tokyo");
        var scene = new Scene(host);
        var mail = await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net");
        await host.Database.ExecuteAsync("UPDATE mail SET accepted_at = '2026-02-28 23:59:59+00' WHERE id = $1", mail);
        var text = await host.Client.GetStringAsync($"{Routes.Fill(Routes.Log, LogNames.In)}?day=2026-03-01");
        Assert.Contains(" [01/Mar/2026:08:59:59] ", text, StringComparison.Ordinal);
        Assert.Empty(await LogAsync(host, LogNames.In, "day=2026-02-28"));
    }

    [Fact]
    public async Task LOG_12_a_zone_that_is_none_is_refused()
    {
        await using var host = await HostAsync();
        var problem = await host.RefusedAsync(HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("log.time_zone", "Asia/Atlantis")]), Json.SettingsChange);
        Assert.Contains("Asia/Tokyo", problem.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from=2026-01-02&to=2026-01-01")]
    [InlineData("day=yesterday")]
    [InlineData("day=2026-01-01&from=2026-01-01")]
    [InlineData("to=2026-01-01")]
    public async Task LOG_16_a_span_that_is_none_is_refused(string query)
    {
        await using var host = await HostAsync();
        Assert.Equal(400, (await host.RefusedAsync($"{Routes.Fill(Routes.Log, LogNames.In)}?{query}")).Status);
    }

    [Fact]
    public async Task LOG_16_followed_a_log_goes_on_with_what_comes_and_prints_nothing_twice()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        var node = await scene.NodeAsync("n1");
        var first = await scene.MailAsync(node, "u@example.jp", false, "a@example.net");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var body = await host.Client.GetStreamAsync($"{Routes.Fill(Routes.Log, LogNames.In)}?follow=true", limit.Token);
        using var lines = new StreamReader(body);
        Assert.StartsWith($"<{Printed(first)}@", await lines.ReadLineAsync(limit.Token), StringComparison.Ordinal);
        var second = await scene.MailAsync(node, "u@example.jp", false, "a@example.net");
        Assert.StartsWith($"<{Printed(second)}@", await lines.ReadLineAsync(limit.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LOG_8_viruslog_is_a_quarantine_and_no_log()
    {
        await using var host = await HostAsync();
        Assert.Equal(404, (await host.RefusedAsync(Routes.Fill(Routes.Log, "viruslog"))).Status);
    }

    [Fact]
    public async Task LOG_13_logs_show_the_envelope_and_never_a_header()
    {
        await using var host = await HostAsync();
        var scene = new Scene(host);
        await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net");
        foreach (var log in LogNames.All)
            Assert.DoesNotContain(await LogAsync(host, log), line => line.Contains("Subject", StringComparison.Ordinal) || line.Contains("body", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\]")]
    private static partial Regex Stamp();
}
