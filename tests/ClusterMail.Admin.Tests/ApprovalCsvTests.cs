using ClusterMail.Admin.Contract;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin.Tests;

/// <summary>履歴のCSV出力, and the overview of all policies.</summary>
public sealed class ApprovalCsvTests
{
    private static readonly TimeZoneInfo Tokyo = TimeZoneInfo.CreateCustomTimeZone("JST", TimeSpan.FromHours(9), "JST", "JST");

    private static readonly ApprovalExportRow Row = new()
    {
        Hold = 500101,
        Submission = 500101,
        Result = 500102,
        ReceivedAt = new DateTimeOffset(2026, 11, 24, 1, 15, 2, TimeSpan.Zero),
        DecidedAt = new DateTimeOffset(2026, 11, 24, 1, 16, 19, TimeSpan.Zero),
        State = HoldState.Approved,
        Requester = "user2@corp.example",
        DecidedBy = "kacho@corp.example",
        Principal = "bucho@corp.example",
        Channel = "mail",
        ClientAddress = "192.0.2.80",
        Subject = "見積",
        Size = 77,
        Attachments = ["a.pdf", "b.xls"],
        Places = ["account user2@corp.example v3 line 2"],
        Reasons = ["Keyword:見積", "Attachment"],
        Comment = "fine",
        DeliveredAt = new DateTimeOffset(2026, 11, 24, 1, 16, 20, TimeSpan.Zero),
        Results = ["okyaku@client.example delivered: 250 ok"],
        Approvers = ["kacho@corp.example", "jomu@corp.example"],
        Recipients = ["okyaku@client.example", "himitsu@client.example"],
        BlindRecipients = ["himitsu@client.example"],
    };

    private static string Line(ApprovalExportRow row) => new ApprovalCsv(_ => Tokyo).Line(row);

    [Fact]
    public void APPROVE_334_a_line_has_the_columns_of_the_header_in_local_time_with_offset()
    {
        Assert.Equal(
            "B0000500101,B0000500101,B0000500102,2026-11-24T10:15:02+09:00,2026-11-24T10:16:19+09:00,77,APPROVED,user2@corp.example,kacho@corp.example; jomu@corp.example,kacho@corp.example,bucho@corp.example,mail,192.0.2.80,"
            + "okyaku@client.example; himitsu@client.example,himitsu@client.example,見積,77,a.pdf; b.xls,account user2@corp.example v3 line 2,見積,fine,2026-11-24T10:16:20+09:00,okyaku@client.example delivered: 250 ok\r\n",
            Line(Row));
        Assert.Equal(ApprovalCsv.Header.Count(c => c == ','), Line(Row).Count(c => c == ','));
    }

    [Theory]
    [InlineData("=HYPERLINK(x)", "'=HYPERLINK(x)")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM", "'@SUM")]
    [InlineData("  =1+1", "'  =1+1")]
    [InlineData("\t=1+1", "' =1+1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"x\"", "\"say \"\"x\"\"\"")]
    [InlineData("two\r\nlines", "two  lines")]
    [InlineData("=\"a\",b", "\"'=\"\"a\"\",b\"")]
    [InlineData("plain", "plain")]
    public void APPROVE_334_no_subject_becomes_a_formula_or_breaks_a_line(string subject, string cell) =>
        Assert.Contains($",himitsu@client.example,{cell},77,", Line(Row with { Subject = subject }), StringComparison.Ordinal);

    [Fact]
    public async Task APPROVE_334_the_export_has_a_mark_a_header_and_a_line_for_each_group_and_is_audited()
    {
        await using var host = await AdminHost.StartAsync();
        var open = await ApprovalTests.HoldAsync(host, subject: "=1+1");
        var decided = await ApprovalTests.HoldAsync(host);
        await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, decided, "approve"), new HeldAct("bucho@corp.example"), AdminJson.Default.HeldAct, AdminJson.Default.HeldActResult);
        await host.Database.ExecuteAsync("""
            INSERT INTO history (mail_id, name, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT d.result_id, 'x', now(), 1, 0, 1, 'delivered', 'n1', 'n1', 'user2@corp.example', 'okyaku@client.example', 'client.example', '250 ok' FROM hold_decision d
            """);
        var octets = await host.Client.GetByteArrayAsync(Routes.ApprovalExport);
        Assert.Equal([0xEF, 0xBB, 0xBF], octets[..3]);
        var lines = System.Text.Encoding.UTF8.GetString(octets[3..]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ApprovalCsv.Header.TrimEnd(), lines[0]);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith($"{open},{open},,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",HELD,user2@corp.example,bucho@corp.example; shonin_b@corp.example,,,,,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",'=1+1,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",APPROVED,", lines[2], StringComparison.Ordinal);
        Assert.EndsWith(",okyaku@client.example delivered: 250 ok", lines[2], StringComparison.Ordinal);
        Assert.Contains("HISTORY_EXPORTED", await host.Database.ScalarAsync<string>("SELECT string_agg(record, '') FROM audit_entry"), StringComparison.Ordinal);
        Assert.Equal("APPROVE-334", (await host.RefusedAsync($"{Routes.ApprovalExport}?day=yesterday")).Rule);
    }

    [Fact]
    public async Task APPROVE_93_one_page_says_who_is_covered_who_approves_who_is_missing_and_who_has_much_to_do()
    {
        await using var host = await AdminHost.StartAsync();
        await host.SaveSettingsAsync(("domain.table", "corp.example local"), ("destination.rules", "*@rival.example,-1\n*,0"));
        await host.Database.ExecuteAsync("""
            INSERT INTO account (changed, domain, name, suspended, destinations)
            SELECT next_directory_version(), 'corp.example', n, n = 'yasumi', CASE n WHEN 'user2' THEN E'*@corp.example:0\n*:1::bucho@corp.example,gone@corp.example\n*:2::yasumi@corp.example' ELSE '' END
            FROM unnest(ARRAY['user2', 'bucho', 'yasumi']) AS n;
            INSERT INTO approval_proxy (approver, proxy, set_by) VALUES ('bucho@corp.example', 'user2@corp.example', 'bucho')
            """);
        for (var i = 0; i < 3; i++)
            await ApprovalTests.HoldAsync(host);
        var overview = await host.GetAsync($"{Routes.ApprovalOverview}?waiting=3", AdminJson.Default.ApprovalOverview);
        Assert.Equal([("system", "", 0, 1, 1), ("account", "user2@corp.example", 2, 0, 1)], overview.Policies.Select(policy => (policy.Level, policy.Owner, policy.Holds, policy.Refuses, policy.Sends)));
        var own = overview.Policies[1];
        Assert.Equal(["bucho@corp.example", "gone@corp.example", "yasumi@corp.example"], own.Approvers);
        Assert.Equal(["gone@corp.example", "yasumi@corp.example"], own.Missing);
        Assert.Equal([3], own.WithoutApprover);
        Assert.Equal("user2@corp.example", Assert.Single(overview.Proxies).Proxy);
        Assert.Equal([("bucho@corp.example", 3L), ("shonin_b@corp.example", 3L)], overview.Busy.Select(one => (one.Address, one.Waiting)));
        Assert.Empty((await host.GetAsync($"{Routes.ApprovalOverview}?waiting=4", AdminJson.Default.ApprovalOverview)).Busy);
    }
}
