using ClusterMail.Admin.Contract;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin.Tests;

/// <summary>The lines chapter 23 prints, character by character, and where held mail stands in the other logs.</summary>
public sealed class ApprovalLogTests
{
    private const string P3 = "YnVjaG9AY29ycC5leGFtcGxlLHNob25pbl9iQGNvcnAuZXhhbXBsZSxzaG9uaW5fYUBjb3JwLmV4YW1wbGUgICAg";
    private static readonly TimeZoneInfo Tokyo = TimeZoneInfo.CreateCustomTimeZone("JST", TimeSpan.FromHours(9), "JST", "JST");

    private static ApprovalLine Row(HoldState? state, string by = "bucho@corp.example") => new(new DateTimeOffset(2026, 11, 24, 1, 16, 19, TimeSpan.Zero), 500101, state, by)
    {
        Channel = "mail",
        ClientAddress = "192.0.2.80",
        ResultId = 500102,
        List = "bucho@corp.example,shonin_b@corp.example,shonin_a@corp.example",
        Requester = "user2@corp.example",
        Subject = "見積 \"A\"\r\nx",
        SecondsHeld = 77,
        Recipients = ["okyaku@client.example", "info@client.example"],
    };

    [Theory]
    [InlineData(0, $"[2026/11/24:10:16:19] [承認] 承認者=bucho@corp.example 承認メール=B0000500101@{P3}")]
    [InlineData(1, $"[2026/11/24:10:16:19] [承認] 承認者=bucho@corp.example (192.0.2.80) 承認メール=B0000500101@{P3} 送信先=okyaku@client.example info@client.example")]
    [InlineData(2, $"[2026/11/24:10:16:19] [承認] 承認者=bucho@corp.example (192.0.2.80) 承認メール=B0000500101@{P3} 送信先=okyaku@client.example info@client.example 経路=mail 依頼者=user2@corp.example 件名=\"見積 'A'  x\" 保留=77 結果ID=B0000500102")]
    public void APPROVE_303_a_line_of_the_approval_log_at_each_level(int level, string line) => Assert.Equal(line, new ApprovalLogFormat(Tokyo, level).Line(Row(HoldState.Approved)));

    [Theory]
    [InlineData(HoldState.Rejected, "shonin_a@corp.example", "却下", "却下")]
    [InlineData(HoldState.AdminReleased, "admin:taro", "承認", "管理者送信")]
    [InlineData(HoldState.AdminDiscarded, "admin:taro", "却下", "管理者破棄")]
    [InlineData(HoldState.Expired, "system", "却下", "期限切れ")]
    [InlineData(HoldState.Withdrawn, "user2@corp.example", null, "取消")]
    [InlineData(HoldState.Escalated, "system", null, "エスカレーション")]
    [InlineData(null, "kacho@corp.example", null, "投票")]
    public void APPROVE_306_the_lower_levels_know_two_results_and_level_2_all(HoldState? state, string by, string? low, string high)
    {
        var line = new ApprovalLogFormat(Tokyo, 1).Line(Row(state, by));
        if (low is null)
            Assert.Null(line);
        else
            Assert.StartsWith($"[2026/11/24:10:16:19] [{low}] 承認者={by} ", line, StringComparison.Ordinal);
        Assert.StartsWith($"[2026/11/24:10:16:19] [{high}] 承認者={by} ", new ApprovalLogFormat(Tokyo, 2).Line(Row(state, by)), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_306_a_proxy_is_who_decided_and_level_2_names_whom_he_stands_for() => Assert.Contains(
        "承認者=kacho@corp.example (192.0.2.80) ", new ApprovalLogFormat(Tokyo, 2).Line(Row(HoldState.Approved, "kacho@corp.example") with { Principal = "bucho@corp.example" })!.Replace(" 代理元=bucho@corp.example", "", StringComparison.Ordinal),
        StringComparison.Ordinal);

    private static async Task<string[]> LogAsync(AdminHost host, string log) =>
        (await host.Client.GetStringAsync(Routes.Fill(Routes.Log, log))).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public async Task APPROVE_311_and_APPROVE_313_inlog_shows_a_held_mail_with_its_approvers_and_a_rejection_from_who_decided_to_the_sender()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await ApprovalTests.HoldAsync(host);
        await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, "reject"), new HeldAct("bucho@corp.example"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult);
        var result = (await host.GetAsync(Routes.Fill(Routes.HeldMail, id), AdminJson.Default.HeldMail)).Decision!.ResultId;
        var lines = await LogAsync(host, LogNames.In);
        Assert.Matches($@"^<{id}@\S+> \[.*\] 192\.0\.2\.75 \[192\.0\.2\.75\] user2@corp\.example bucho@corp\.example shonin_b@corp\.example$", lines[0]);
        Assert.Matches($@"^<{result}@\S+> \[.*\] \S+ \[\S+\] bucho@corp\.example user2@corp\.example$", lines[1]);
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public async Task APPROVE_312_and_APPROVE_314_a_released_mail_was_received_under_the_new_number_and_left_under_the_old_one()
    {
        await using var host = await AdminHost.StartAsync();
        foreach (var (mail, name) in new (long, string)[] { (500102, "B0000500101"), (500103, "B0000500101-S0001"), (500104, "B0000500102-N0001"), (500105, "B0000500101-E001") })
            await host.Database.ExecuteAsync("""
                INSERT INTO history (mail_id, name, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply, client_address, helo)
                VALUES ($1, $2, now(), 1, 0, 1, 'delivered', 'n1', 'n1', 'user2@corp.example', 'okyaku@client.example', 'client.example', '250 ok', '192.0.2.80', '[192.0.2.80]')
                """, mail, name);
        Assert.StartsWith("<B0000500102@", (await LogAsync(host, LogNames.In))[0], StringComparison.Ordinal);
        Assert.Equal(["B0000500101", "B0000500101", "B0000500102", "B0000500101-E001"], (await LogAsync(host, LogNames.Out)).Select(line => line[..line.IndexOf('@', StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task APPROVE_320_the_approval_log_has_a_line_for_each_decision_and_none_while_the_history_is_off()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await ApprovalTests.HoldAsync(host);
        await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, "approve"), new HeldAct("bucho@corp.example"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult);
        var line = Assert.Single(await LogAsync(host, LogNames.Approval));
        Assert.Matches($@"^\[\d{{4}}/\d\d/\d\d:\d\d:\d\d:\d\d\] \[承認\] 承認者=bucho@corp\.example \(\S+\) 承認メール={id}@\S+ 送信先=okyaku@client\.example himitsu@client\.example$", line);
    }

    [Fact]
    public void APPROVE_310_and_APPROVE_315_inlog_and_outlog_are_those_of_the_worked_example()
    {
        var (format, at) = (new LogFormat("corp.example", Tokyo), new DateTimeOffset(2026, 11, 24, 1, 15, 2, TimeSpan.Zero));
        Assert.Equal("<B0000500101@corp.example> [24/Nov/2026:10:15:02] 192.0.2.75 [192.0.2.75] user2@corp.example bucho@corp.example shonin_b@corp.example shonin_a@corp.example",
            format.Inlog(new("B0000500101", at, "192.0.2.75", "[192.0.2.75]", "user2@corp.example", ["bucho@corp.example", "shonin_b@corp.example", "shonin_a@corp.example"])));
        Assert.Equal("B0000500101@corp.example sent on [24/Nov/2026:10:15:02] to corp.example from bucho@corp.example to user2@corp.example", format.Outlog(new("B0000500101", at, "bucho@corp.example", "user2@corp.example", "", default)));
    }

    [Fact]
    public async Task APPROVE_300_and_APPROVE_301_the_approval_log_is_one_of_the_logs_and_has_a_text_file_for_each_day_and_node()
    {
        await using var host = await AdminHost.StartAsync();
        await ApprovalTests.HoldAsync(host);
        foreach (var log in (string[])[LogNames.Approval, LogNames.In, LogNames.OutLocal, LogNames.Out, LogNames.Sender])
            Assert.Contains(log, LogNames.All);
        var files = (await host.GetAsync($"{Routes.Fill(Routes.LogFiles, LogNames.Approval)}?day=2026-11-24", AdminJson.Default.LogFiles)).Files;
        Assert.Equal("approval/node1/261124.txt", Assert.Single(files).Path);
        Assert.Equal("inlog/node1/261124.log", Assert.Single((await host.GetAsync($"{Routes.Fill(Routes.LogFiles, LogNames.In)}?day=2026-11-24", AdminJson.Default.LogFiles)).Files).Path);
    }

    [Fact]
    public async Task APPROVE_304_and_APPROVE_305_and_APPROVE_316_a_rejection_is_one_line_of_UTF_8_with_all_recipients_Bcc_too()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await ApprovalTests.HoldAsync(host);
        await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, "reject"), new HeldAct("shonin_b@corp.example"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult);
        using var answer = await host.Client.GetAsync(Routes.Fill(Routes.Log, LogNames.Approval));
        Assert.Equal("utf-8", answer.Content.Headers.ContentType!.CharSet);
        var line = Assert.Single((await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches($@"^\[.*\] \[却下\] 承認者=shonin_b@corp\.example \(\S+\) 承認メール={id}@\S+ 送信先=okyaku@client\.example himitsu@client\.example$", line);
    }

    [Fact]
    public async Task APPROVE_306_an_escalation_is_a_line_of_level_2_and_of_no_other()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await ApprovalTests.HoldAsync(host);
        var number = long.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture);
        await new HoldStore(host.Database.Source).AuditAsync(
            [new AuditLine(number, "{\"node\":\"node1\",\"type\":\"ESCALATED\",\"result\":\"OK\"}"), new AuditLine(number, "{\"node\":\"node1\",\"type\":\"ESCALATED\",\"result\":\"DUPLICATE\"}")], default);
        Assert.Empty(await LogAsync(host, LogNames.Approval));
        await host.SaveSettingsAsync(("approval.log_level", "2"));
        Assert.Contains("[エスカレーション] 承認者=system", Assert.Single(await LogAsync(host, LogNames.Approval)), StringComparison.Ordinal);
        await new AuditStore(host.Database.Source).ChainAsync(default);
        Assert.Single(await LogAsync(host, LogNames.Approval));
    }

    [Fact]
    public async Task APPROVE_321_a_rejected_mail_is_traced_to_its_end_and_has_no_line_in_outlog()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await ApprovalTests.HoldAsync(host);
        await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, "reject"), new HeldAct("bucho@corp.example", Text: "wrong price list"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult);
        var held = Assert.Single((await host.GetAsync($"{Routes.Trace}?q={id}", AdminJson.Default.TraceResult)).Held);
        Assert.Equal(("REJECTED", "wrong price list"), (held.Decision!.State, held.Decision.Comment));
        Assert.Empty(await LogAsync(host, LogNames.Out));
        var inlog = await LogAsync(host, LogNames.In);
        Assert.StartsWith($"<{held.Decision.ResultId}@", inlog[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_322_a_trace_by_HoldId_or_by_the_new_number_tells_the_whole_story()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await ApprovalTests.HoldAsync(host);
        await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, "approve"), new HeldAct("bucho@corp.example"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult);
        var held = Assert.Single((await host.GetAsync($"{Routes.Trace}?q={id}", AdminJson.Default.TraceResult)).Held);
        Assert.Equal(("APPROVED", "bucho@corp.example"), (held.Decision!.State, held.Decision.By));
        Assert.Equal(2, held.Events.Count);
        Assert.Equal(id, Assert.Single((await host.GetAsync($"{Routes.Trace}?q={held.Decision.ResultId}", AdminJson.Default.TraceResult)).Held).Mail.Id);
    }
}
