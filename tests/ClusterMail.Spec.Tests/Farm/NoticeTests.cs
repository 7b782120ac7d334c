using ClusterMail.Testing.Processes;
using MimeKit;
using Npgsql;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Reports as their readers see them (BOUNCE-1 to BOUNCE-9, RFC 3461, RFC 3464).</summary>
[Collection(nameof(FarmCollection))]
public class NoticeTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task BOUNCE_8_an_error_mail_tells_a_person_and_a_program_which_recipient_failed_and_why()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" && !heard.Line.Contains("<good@", StringComparison.Ordinal) ? "550 5.1.1 User\0 unknown" : null;
        await SendAsync($"author@{home}", "", $"one@{domain}", $"good@{domain}", $"two@{domain}");
        var arrived = await errors.OneAsync(_ => true, Soon);
        Assert.Equal("", arrived.ReversePath);                                                      // BOUNCE-1
        Assert.Equal([$"author@{home}"], arrived.ForwardPaths);
        using var content = new MemoryStream(arrived.Content);
        using var mail = await MimeMessage.LoadAsync(content);
        Assert.Equal("Delivery failure", mail.Subject);
        Assert.Equal($"postmaster@{FarmFixture.HostName}", Assert.IsType<MailboxAddress>(mail.From[0]).Address);
        Assert.Matches("^B[0-9]{10,}-E001@mx.example.jp$", mail.MessageId);                         // BOUNCE-7
        var report = Assert.IsType<MultipartReport>(mail.Body);
        Assert.Equal("delivery-status", report.ReportType);
        var text = Assert.IsType<TextPart>(report[0]).Text;
        Assert.Contains($"<one@{domain}>", text, StringComparison.Ordinal);
        Assert.Contains($"<two@{domain}>", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"good@{domain}", text, StringComparison.Ordinal);
        Assert.Contains("User? unknown", text, StringComparison.Ordinal);
        Assert.Contains("配送できませんでした", text, StringComparison.Ordinal);
        var groups = Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups;
        Assert.Equal(3, groups.Count);
        Assert.All(groups.Skip(1), group => Assert.Equal(("failed", "5.1.1"), (group["Action"], group["Status"])));
        Assert.Contains("Subject: report", Assert.IsType<MessagePart>(report[2]).Message!.Headers.ToString() + arrived.Text, StringComparison.Ordinal);
        Assert.True(await Until.StaysAsync(() => errors.Count == 1, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task BOUNCE_3_and_BOUNCE_7_with_the_switch_on_the_administrator_gets_a_copy_of_his_own()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 User unknown" : null;
        await WithAdministratorAsync(async (copies, administrator) =>
        {
            await SendAsync($"author@{home}", "", $"one@{domain}", $"two@{domain}");
            var copy = await copies.OneAsync(_ => true, Soon);
            var original = await errors.OneAsync(_ => true, Soon);
            Assert.Equal([administrator], copy.ForwardPaths);
            Assert.Equal("", copy.ReversePath);
            Assert.Matches("^B[0-9]{10,}-E001@mx.example.jp$", original.MessageId);
            Assert.Equal(original.MessageId.Replace("-E001@", "-EP001@", StringComparison.Ordinal), copy.MessageId);
            Assert.Contains($"one@{domain}", copy.Text, StringComparison.Ordinal);
            Assert.Contains($"two@{domain}", copy.Text, StringComparison.Ordinal);
            Assert.True(await Until.StaysAsync(() => copies.Count == 1 && errors.Count == 1, TimeSpan.FromSeconds(2)), "one report each");
        });
    }

    [Fact]
    public async Task BOUNCE_4_of_a_failed_mail_without_sender_only_the_administrator_hears()
    {
        var (sink, domain) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 User unknown" : null;
        await WithAdministratorAsync(async (copies, administrator) =>
        {
            await SendAsync("", "", $"lost@{domain}");
            var copy = await copies.OneAsync(_ => true, Soon);
            Assert.Equal([administrator], copy.ForwardPaths);
            Assert.Matches("^B[0-9]{10,}-EP001@mx.example.jp$", copy.MessageId);
            Assert.Contains($"lost@{domain}", copy.Text, StringComparison.Ordinal);
            Assert.True(await Until.StaysAsync(() => copies.Count == 1 && sink.Count == 0, TimeSpan.FromSeconds(2)), "one report");
        });
    }

    [Fact]
    public async Task BOUNCE_5_a_report_that_cannot_be_brought_to_the_administrator_makes_no_further_one()
    {
        var (sink, domain) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 User unknown" : null;
        await WithAdministratorAsync(async (copies, administrator) =>
        {
            copies.Script = heard => heard.Verb == "RCPT" ? "550 5.1.1 No administrator here" : null;
            await SendAsync("", "", $"lost@{domain}");
            await Until.TrueAsync(async () => (await farm.Farm.RunAsync("log", "faillog")).Contains($"from <> to {administrator} [550 5.1.1 No administrator here]", StringComparison.Ordinal),
                Soon, "the copy in faillog");
            Assert.True(await Until.StaysAsync(() => copies.Events.Count(heard => heard.Verb == "RCPT") == 1, TimeSpan.FromSeconds(3)), "a report about a report");
        });
    }

    [Fact]
    public async Task BOUNCE_9_a_sender_who_asked_for_it_is_told_of_the_delay_once()
    {
        var (sink, domain) = farm.TakeSink();
        var (errors, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" ? "451 4.3.0 Later" : null;
        await SendAsync($"author@{home}", " NOTIFY=DELAY", $"slow@{domain}");
        await using var database = NpgsqlDataSource.Create(farm.Farm.Cluster.Database);
        await using var shift = database.CreateCommand(
            $"UPDATE recipient SET started_at = started_at - interval '5 hours', queued_at = queued_at - interval '5 hours', next_try = now() WHERE forward_path = 'slow@{domain}' AND state = 'waiting'");
        await Until.TrueAsync(async () => await shift.ExecuteNonQueryAsync() == 1, Soon, "the recipient waiting");
        var notice = await errors.OneAsync(_ => true, Soon);
        Assert.Contains("Action: delayed", notice.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Will-Retry-Until:", notice.Text, StringComparison.OrdinalIgnoreCase);
        await using var again = database.CreateCommand($"UPDATE recipient SET next_try = now() WHERE forward_path = 'slow@{domain}' AND state = 'waiting'");
        var attempts = sink.Events.Count(heard => heard.Verb == "RCPT");
        await Until.TrueAsync(async () => await again.ExecuteNonQueryAsync() == 1, Soon, "the recipient waiting again");
        await Until.TrueAsync(() => sink.Events.Count(heard => heard.Verb == "RCPT") > attempts, Soon, "a further attempt");
        Assert.True(await Until.StaysAsync(() => errors.Count == 1, TimeSpan.FromSeconds(1)));
        await using var clean = database.CreateCommand($"UPDATE recipient SET next_try = now() + interval '1 day' WHERE forward_path = 'slow@{domain}' AND state = 'waiting'");
        await clean.ExecuteNonQueryAsync();
    }

    [Fact]
    public async Task EX_LOG_3_and_EX_LOG_4_the_logs_show_the_same_number_for_every_part_of_a_mail_and_its_error_mail()
    {
        var (sink, domain) = farm.TakeSink();
        var (_, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains("<bad@", StringComparison.Ordinal) ? "550 5.1.1 User unknown" : null;
        await SendAsync($"author@{home}", "", $"a@{domain}", $"b@{domain}", $"bad@{domain}");
        var outlog = "";
        await Until.TrueAsync(async () => (outlog = await farm.Farm.RunAsync("log", "outlog")).Contains($"to author@{home}", StringComparison.Ordinal), Soon, "the error mail in outlog");
        var line = (await farm.Farm.RunAsync("log", "inlog")).Split('\n').Single(line => line.Contains($"author@{home}", StringComparison.Ordinal));
        Assert.EndsWith($" author@{home} a@{domain} b@{domain} bad@{domain}", line, StringComparison.Ordinal);
        Assert.Matches("^<B[0-9]{10,}@mx.example.jp> \\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8}\\] +127.0.0.1 +client.test ", line);
        var number = line[1..line.IndexOf('@', StringComparison.Ordinal)];
        Assert.Equal(2, outlog.Split('\n').Count(sent => sent.StartsWith($"{number}@mx.example.jp sent on ", StringComparison.Ordinal)));
        Assert.Contains(outlog.Split('\n'), sent => sent.StartsWith($"{number}-E001@mx.example.jp sent on ", StringComparison.Ordinal)
            && sent.EndsWith($" to {home} from <> to author@{home}", StringComparison.Ordinal));
        var failed = (await farm.Farm.RunAsync("log", "faillog")).Split('\n').Where(failed => failed.StartsWith(number, StringComparison.Ordinal)).ToArray();
        Assert.EndsWith($" from author@{home} to bad@{domain} [550 5.1.1 User unknown]", Assert.Single(failed), StringComparison.Ordinal);
        Assert.Contains($"[{number}]", await farm.Farm.RunAsync("log", "senderlog"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EX_LOG_2_a_mail_refused_at_RCPT_is_in_no_inlog()
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver, FarmFixture.Stranger);
        await client.SayAsync("EHLO client.test");
        Assert.Equal("550 5.1.1 Please mail to a valid e-mail address.", await client.MailAsync("refused@example.net", ["victim@outside.test"], "x"));
        Assert.DoesNotContain("refused@example.net", await farm.Farm.RunAsync("log", "inlog"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_the_bare_postmaster_is_taken_from_strangers_and_gets_the_first_operated_domain()
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver, FarmFixture.Stranger);
        await client.SayAsync("EHLO client.test");
        var id = $"{Guid.NewGuid():N}@example.net";
        Assert.Equal("250 2.0.0 Message received ok.", await client.MailAsync("a@example.net", ["Postmaster"], $"Message-ID: <{id}>\r\n\r\nhelp"));
        Assert.Equal(["postmaster@example.jp"], (await farm.Operated.OneAsync(mail => mail.MessageId == id, Soon)).ForwardPaths);
    }

    /// <summary>Copies go to an administrator with a sink of his own while <paramref name="test"/> runs.</summary>
    private async Task WithAdministratorAsync(Func<RecordingSink, string, Task> test)
    {
        var (copies, office) = farm.TakeSink();
        var administrator = $"admin@{office}";
        await farm.Farm.SetAsync(new Dictionary<string, string> { ["admin.address"] = administrator, ["bounce.copy_to_admin"] = "true" });
        try
        {
            await test(copies, administrator);
        }
        finally
        {
            await farm.Farm.SetAsync(new Dictionary<string, string> { ["admin.address"] = "", ["bounce.copy_to_admin"] = "false" });
        }
    }

    private async Task SendAsync(string from, string parameters, params IReadOnlyList<string> to)
    {
        using var client = await SmtpConversation.OpenAsync(farm.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync($"MAIL FROM:<{from}>");
        foreach (var recipient in to)
            Assert.StartsWith("250", await client.SayAsync($"RCPT TO:<{recipient}>{parameters}"), StringComparison.Ordinal);
        await client.SayAsync("DATA");
        await client.SendAsync("Subject: report\r\n\r\nbody\r\n");
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
    }
}
