using System.Net;
using System.Security.Cryptography;
using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin.Tests;

/// <summary>Held mail as an administrator gets it: lists, acts, proxies, policies, audit.</summary>
public sealed class ApprovalTests
{
    private const string Content = "From: user2@corp.example\r\nTo: okyaku@client.example\r\nSubject: test\r\n\r\nhello\r\n";
    private static readonly AdminJson Json = AdminJson.Default;

    /// <summary>A mail of user2 held for bucho, as a node accepts it; its number as printed.</summary>
    internal static async Task<string> HoldAsync(AdminHost host, string subject = "test", string approver = "bucho@corp.example")
    {
        var nodes = new NodeStore(host.Database.Source);
        var epoch = await nodes.RegisterAsync(new NodeRegistration("node1", "akka.tcp://clustermail@node1:1", "http://node1", "node1:25", "1", ["receive"]), TimeSpan.FromMinutes(5), default);
        var queue = new QueueStore(host.Database.Source);
        var number = await queue.AllotNumbersAsync(1, default);
        var octets = Encoding.UTF8.GetBytes(Content);
        await queue.AcceptAsync(epoch, [new NewMail
        {
            Id = new MessageId(number),
            ReversePath = "user2@corp.example",
            Content = new MemoryContent(octets),
            ClientAddress = "192.0.2.75",
            Helo = "[192.0.2.75]",
            Recipients = [],
            Held = new NewHeldMail
            {
                Sender = "user2@corp.example",
                Sha256 = SHA256.HashData(octets),
                Subject = subject,
                Recipients = ["okyaku@client.example", "himitsu@client.example"],
                Holds =
                [
                    new NewHold
                    {
                        Id = number,
                        Requester = "user2@corp.example",
                        Barred = ["user2@corp.example"],
                        Places = ["account user2@corp.example v1 line 2"],
                        Reasons = ["Destination"],
                        Recipients = [new HeldRecipient(0, "okyaku@client.example", Notify.Unspecified, null, false), new HeldRecipient(1, "himitsu@client.example", Notify.Unspecified, null, true)],
                        Approvers = [new HoldApprover(0, 0, approver), new HoldApprover(0, 1, "shonin_b@corp.example")],
                        List = $"{approver},shonin_b@corp.example",
                        Jobs = [new NewJob("request", approver)],
                    },
                ],
                Audit = [new AuditLine(number, $"{{\"node\":\"node1\",\"type\":\"HELD\",\"hold\":\"{new MessageId(number)}\"}}")],
            },
        }], default);
        return new MessageId(number).ToString();
    }

    private static Task<HeldActResult> ActAsync(AdminHost host, string id, string act, HeldAct body) =>
        host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, act), body, Json.HeldAct, Json.HeldActResult);

    private static Task<Problem> RefusedAsync(AdminHost host, string id, string act, HeldAct body) =>
        host.RefusedAsync(HttpMethod.Post, Routes.Fill(Routes.HeldAct, id, act), body, Json.HeldAct);

    [Fact]
    public async Task APPROVE_91_held_mails_are_listed_by_approver_sender_recipient_and_state()
    {
        await using var host = await AdminHost.StartAsync();
        var first = await HoldAsync(host);
        var second = await HoldAsync(host, approver: "jomu@corp.example");
        async Task<IEnumerable<string>> ListAsync(string query) => (await host.GetAsync($"{Routes.Held}?{query}", Json.HeldList)).Mails.Select(mail => mail.Id);
        Assert.Equal([first, second], await ListAsync(""));
        Assert.Equal([first], await ListAsync("approver=Bucho@corp.example"));
        Assert.Equal([first, second], await ListAsync("recipient=himitsu@client.example&sender=user2@corp.example"));
        Assert.Equal([second], await ListAsync($"after={first}"));
        Assert.Empty(await ListAsync("older=3600"));
        Assert.Empty(await ListAsync("state=final"));
        await ActAsync(host, first, "approve", new HeldAct("bucho@corp.example"));
        Assert.Equal([first], await ListAsync("state=approved"));
        Assert.Equal([second], await ListAsync("state=open"));
        Assert.Equal([first, second], await ListAsync("state=all&policy=account%20user2@corp.example"));
        Assert.Contains("no state", (await host.RefusedAsync($"{Routes.Held}?state=lost")).Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_515_and_514_warnings_copies_and_whose_word_a_mail_waits_for_are_shown_and_SENT_is_no_approval()
    {
        await using var host = await AdminHost.StartAsync();
        var (id, other) = (await HoldAsync(host), await HoldAsync(host, "another"));
        await host.Database.ExecuteAsync("UPDATE hold SET warnings = '{NewDomain:client.example}', sender_note = '至急', begin_at = now() WHERE id = $1", long.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture));
        await host.Database.ExecuteAsync("UPDATE hold_recipient SET added = 2 WHERE forward_path = 'himitsu@client.example'");
        var held = await host.GetAsync(Routes.Fill(Routes.HeldMail, id), Json.HeldMail);
        Assert.Equal(["NewDomain:client.example"], held.Warnings);
        Assert.Equal(("至急", HeldModes.Approval, true), (held.SenderNote, held.Mail.Mode, held.AsksAt is not null));
        Assert.Equal([new HeldCopy("himitsu@client.example", true)], held.Copies);
        Assert.Equal(["okyaku@client.example"], held.Mail.Recipients);

        var number = long.Parse(other[1..], System.Globalization.CultureInfo.InvariantCulture);
        await host.Database.ExecuteAsync("UPDATE hold SET self = true, on_expire = 'release' WHERE id = $1", number);
        await host.Database.ExecuteAsync("DELETE FROM hold_approver WHERE hold_id = $1", number);
        var own = (await host.GetAsync(Routes.Fill(Routes.HeldMail, other), Json.HeldMail)).Mail;
        Assert.Equal((HeldModes.Delay, "user2@corp.example"), (own.Mode, Assert.Single(own.Waiting)));
        await host.Database.ExecuteAsync("UPDATE hold SET state = 'approved' WHERE id = $1", number);
        await host.Database.ExecuteAsync("INSERT INTO hold_decision (hold_id, result_id, state, decided_by, channel, node) VALUES ($1, 9999, 'approved', 'system', 'timer', 'node1')", number);
        async Task<IEnumerable<string>> ListAsync(string state) => (await host.GetAsync($"{Routes.Held}?state={state}", Json.HeldList)).Mails.Select(mail => mail.Id);
        Assert.Equal([other], await ListAsync("sent"));
        Assert.Empty(await ListAsync("approved"));
        Assert.Contains("SENT", await host.Client.GetStringAsync(Routes.ApprovalExport, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_72_everything_about_a_held_mail_is_shown_by_its_number_and_by_that_of_its_decision()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await HoldAsync(host);
        var open = await host.GetAsync(Routes.Fill(Routes.HeldMail, id), Json.HeldMail);
        Assert.Equal(("HELD", "test", id, "user2@corp.example"), (open.Mail.State, open.Mail.Subject, open.Submission, open.ReversePath));
        Assert.Equal(["okyaku@client.example", "himitsu@client.example"], open.Mail.Recipients);
        Assert.Equal(["himitsu@client.example"], open.BlindRecipients);
        Assert.Equal("b7e4e7be06a3219b53f929130e0ea57f9acbd96781f484616509726cf0a57e91", open.Sha256);
        Assert.Equal([("bucho@corp.example", null), ("shonin_b@corp.example", (string?)null)], Assert.Single(open.Stages).Approvers.Select(a => (a.Address, a.Vote)));

        await ActAsync(host, id, "reject", new HeldAct("shonin_b@corp.example", Text: "wrong price list"));
        var decided = await host.GetAsync(Routes.Fill(Routes.HeldMail, id), Json.HeldMail);
        Assert.Equal(("REJECTED", "shonin_b@corp.example", "api", "token:tester", "wrong price list"),
            (decided.Decision!.State, decided.Decision.By, decided.Decision.Channel, decided.Decision.Auth, decided.Decision.Comment));
        Assert.Equal(id, (await host.GetAsync(Routes.Fill(Routes.HeldMail, decided.Decision.ResultId), Json.HeldMail)).Mail.Id);
        Assert.Equal([null, "reject"], decided.Stages[0].Approvers.Select(a => a.Vote));
        Assert.Equal(2, decided.Events.Count);
        Assert.Equal(404, (await host.RefusedAsync(Routes.Fill(Routes.HeldMail, "B0000099999"))).Status);
    }

    [Fact]
    public async Task APPROVE_91_release_and_discard_need_a_reason_and_who_is_late_is_told_so()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await HoldAsync(host);
        Assert.Equal("APPROVE-91", (await RefusedAsync(host, id, "release", new HeldAct())).Rule);
        Assert.Equal(400, (await RefusedAsync(host, id, "approve", new HeldAct())).Status);
        Assert.Equal(400, (await RefusedAsync(host, id, "edit", new HeldAct("bucho@corp.example"))).Status);
        Assert.Equal(404, (await RefusedAsync(host, "B0000099999", "release", new HeldAct(Text: "x"))).Status);

        var stranger = await ActAsync(host, id, "approve", new HeldAct("jomu@corp.example"));
        Assert.Equal((false, "NOT_APPROVER", "HELD"), (stranger.Done, stranger.Result, stranger.State));
        var self = await ActAsync(host, id, "approve", new HeldAct("user2@corp.example"));
        Assert.Equal((false, "SELF_APPROVAL"), (self.Done, self.Result));
        var released = await ActAsync(host, id, "release", new HeldAct(Text: "approver on leave"));
        Assert.Equal((true, "OK", "ADMIN_RELEASED"), (released.Done, released.Result, released.State));
        var late = await ActAsync(host, id, "discard", new HeldAct(Text: "no"));
        Assert.Equal((false, "LATE", "ADMIN_RELEASED"), (late.Done, late.Result, late.State));
        Assert.Equal("admin:tester", (await host.GetAsync(Routes.Fill(Routes.HeldMail, id), Json.HeldMail)).Decision!.By);
    }

    [Fact]
    public async Task APPROVE_91_a_reassigned_mail_waits_for_the_other_approver()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await HoldAsync(host);
        Assert.True((await ActAsync(host, id, "reassign", new HeldAct("bucho@corp.example", "jomu@corp.example"))).Done);
        var mail = await host.GetAsync(Routes.Fill(Routes.HeldMail, id), Json.HeldMail);
        Assert.Equal(["jomu@corp.example", "shonin_b@corp.example"], mail.Mail.Waiting);
        Assert.Contains(mail.Jobs, job => job is { Kind: "request", To: "jomu@corp.example" });
    }

    [Fact]
    public async Task APPROVE_64_a_sender_takes_his_own_mail_back_and_nobody_elses()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await HoldAsync(host);
        Assert.Equal("NOT_ALLOWED", (await ActAsync(host, id, "withdraw", new HeldAct("user1@corp.example"))).Result);
        Assert.Equal("WITHDRAWN", (await ActAsync(host, id, "withdraw", new HeldAct("user2@corp.example"))).State);
    }

    [Fact]
    public async Task APPROVE_71_whoever_looks_at_a_content_is_in_the_audit_before_he_sees_it()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await HoldAsync(host);
        Assert.Equal(Content, await host.Client.GetStringAsync(Routes.Fill(Routes.HeldContent, id)));
        Assert.Contains((await host.GetAsync(Routes.Fill(Routes.HeldMail, id), Json.HeldMail)).Events, entry => entry.Record.Contains("CONTENT_SHOWN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_213_an_administrator_sets_and_clears_proxies_of_accounts_that_exist()
    {
        await using var host = await AdminHost.StartAsync();
        await host.Database.ExecuteAsync("INSERT INTO account (changed, domain, name) VALUES (next_directory_version(), 'corp.example', 'bucho'), (next_directory_version(), 'corp.example', 'kacho')");
        var path = Routes.Fill(Routes.ApprovalProxy, "bucho@corp.example");
        Assert.Equal(404, (await host.RefusedAsync(HttpMethod.Put, path, new ProxySet("nobody@corp.example"), Json.ProxySet)).Status);
        Assert.Equal("APPROVE-207", (await host.RefusedAsync(HttpMethod.Put, path, new ProxySet("bucho@corp.example"), Json.ProxySet)).Rule);
        await host.SendAsync(HttpMethod.Put, path, new ProxySet("kacho@corp.example", Reason: "on leave"), Json.ProxySet, Json.ApprovalDone);
        var proxy = Assert.Single((await host.GetAsync(Routes.ApprovalProxies, Json.ProxyList)).Proxies);
        Assert.Equal(("bucho@corp.example", "kacho@corp.example", true, "tester", "on leave"), (proxy.Approver, proxy.Proxy, proxy.InForce, proxy.SetBy, proxy.Reason));
        using var cleared = await host.Client.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.OK, cleared.StatusCode);
        Assert.Empty((await host.GetAsync(Routes.ApprovalProxies, Json.ProxyList)).Proxies);
    }

    [Fact]
    public async Task APPROVE_25_a_policy_with_errors_is_refused_with_its_line_and_kept_only_as_a_draft()
    {
        await using var host = await PeopleAsync();
        var path = Routes.Fill(Routes.ApprovalPolicy, "user2@corp.example");
        var wrong = await host.RefusedAsync(HttpMethod.Put, path, new PolicySave("*@corp.example:0\n*:1"), Json.PolicySave);
        Assert.Equal((400, 2, "APPROVE-25"), (wrong.Status, wrong.Line, wrong.Rule));
        Assert.Equal(0, (await host.GetAsync(path, Json.PolicyText)).Version);

        var saved = await host.SendAsync(HttpMethod.Put, path, new PolicySave("*@corp.example:0\n*:1::bucho@corp.example"), Json.PolicySave, Json.PolicySaved);
        Assert.Equal((1L, false), (saved.Version, saved.Draft));
        var draft = await host.SendAsync(HttpMethod.Put, path, new PolicySave("*:1", 1, "half done", true), Json.PolicySave, Json.PolicySaved);
        Assert.Equal((2L, true), (draft.Version, draft.Draft));
        Assert.Equal("*@corp.example:0\n*:1::bucho@corp.example", (await host.GetAsync(path, Json.PolicyText)).Text);
        Assert.Equal(409, (await host.RefusedAsync(HttpMethod.Put, path, new PolicySave("*:0", 1), Json.PolicySave)).Status);
        Assert.Equal([true, false], (await host.GetAsync(Routes.Fill(Routes.ApprovalPolicyHistory, "user2@corp.example"), Json.PolicyHistory)).Versions.Select(version => version.Draft));
        Assert.Equal(404, (await host.RefusedAsync(HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "nobody@corp.example"), new PolicySave("*:0"), Json.PolicySave)).Status);
    }

    /// <summary>user2, bucho, and yasumi, who is suspended; eigyo@ is an alias of bucho@.</summary>
    private static async Task<AdminHost> PeopleAsync()
    {
        var host = await AdminHost.StartAsync();
        await host.SaveSettingsAsync(("domain.table", "corp.example local"));
        await host.Database.ExecuteAsync("""
            INSERT INTO account (changed, domain, name, suspended)
            SELECT next_directory_version(), 'corp.example', n, n = 'yasumi' FROM unnest(ARRAY['user2', 'bucho', 'yasumi']) AS n;
            INSERT INTO alias (changed, domain, name, real, mode) VALUES (next_directory_version(), 'corp.example', 'eigyo', 'bucho@corp.example', 0)
            """);
        return host;
    }

    [Theory]
    [InlineData("*:1::nobody@corp.example", 6, "no account")]
    [InlineData("*:1::yasumi@corp.example", 6, "suspended")]
    [InlineData("*:1::x@elsewhere.example", 6, "outside our domains")]
    [InlineData("*:1::@heads", 6, "no group")]
    [InlineData("*:1::user2@corp.example", 6, "sender himself")]
    [InlineData("*:1:list=words:bucho@corp.example", 10, "keyword list words")]
    public async Task APPROVE_25_a_policy_is_judged_by_the_people_groups_and_lists_there_are(string line, int column, string words)
    {
        await using var host = await PeopleAsync();
        foreach (var (method, path) in new[] { (HttpMethod.Put, Routes.ApprovalPolicy), (HttpMethod.Post, Routes.ApprovalPolicyCheck) })
        {
            var refused = await host.RefusedAsync(method, Routes.Fill(path, "user2@corp.example"), new PolicySave(line), Json.PolicySave);
            Assert.Equal((400, 1, column, "APPROVE-25"), (refused.Status, refused.Line, refused.Column, refused.Rule));
            Assert.Contains(words, refused.Title, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task APPROVE_90_approvers_are_registered_by_policy_here_also_by_an_alias_and_warnings_do_not_stand_in_the_way()
    {
        await using var host = await PeopleAsync();
        await host.SaveSettingsAsync(("domain.table", "corp.example local"), ("destination.rules", "*:1::bucho@corp.example"));
        await host.Database.ExecuteAsync("INSERT INTO approval_proxy (approver, proxy, set_by) VALUES ('bucho@corp.example', 'user2@corp.example', 'bucho')");
        var saved = await host.SendAsync(HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "user2@corp.example"), new PolicySave("*@client.example:0\n*:1::eigyo@corp.example;onexpire=release"), Json.PolicySave, Json.PolicySaved);
        Assert.Equal((1L, false), (saved.Version, saved.Draft));
        Assert.Contains(saved.Notes, note => note.StartsWith("line 1: an exception", StringComparison.Ordinal));
        Assert.Contains(saved.Notes, note => note.StartsWith("line 2: eigyo@corp.example has the proxy", StringComparison.Ordinal));
        Assert.Contains(saved.Notes, note => note.Contains("APPROVE-60", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_60_that_silence_counts_as_consent_is_asked_by_one_administrator_and_agreed_to_by_another()
    {
        await using var host = await AdminHost.StartAsync();
        Task<SettingsSaved> SetAsync(string value, string user) => host.SendAsync(HttpMethod.Post, Routes.Settings, new SettingsChange([new SettingChange("approval.release_on_expiry", value)]), Json.SettingsChange, Json.SettingsSaved, user);
        Task<Problem> RefusedAsync(string user) => host.RefusedAsync(HttpMethod.Post, Routes.Settings, new SettingsChange([new SettingChange("approval.release_on_expiry", "yes")]), Json.SettingsChange, user);
        await host.SaveSettingsAsync(("net.host_name", "mx.example.jp"));
        Assert.Equal(("APPROVE-60", 409), ((await RefusedAsync("hanako")).Rule, (await RefusedAsync("hanako")).Status));
        await SetAsync("asked", "taro");
        Assert.Equal("APPROVE-60", (await RefusedAsync("Taro")).Rule);
        Assert.Single((await SetAsync("yes", "hanako")).Changes);
    }

    [Fact]
    public async Task APPROVE_332_the_audit_is_verified_and_exported_and_a_change_is_found()
    {
        await using var host = await AdminHost.StartAsync();
        var id = await HoldAsync(host);
        await ActAsync(host, id, "release", new HeldAct(Text: "x"));
        await new AuditStore(host.Database.Source).ChainAsync(default);
        var check = await host.GetAsync(Routes.ApprovalAuditCheck, Json.AuditCheck);
        Assert.Equal((true, 2L), (check.Whole, check.Records));
        Assert.True((await host.GetAsync($"{Routes.ApprovalAuditCheck}?seq=2&hash={check.Hash}", Json.AuditCheck)).Whole);
        var lines = (await host.Client.GetStringAsync(Routes.ApprovalAudit)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(check.Hash, lines[1].Split(' ')[0]);
        Assert.Contains($"\"hold\":\"{id}\"", lines[1], StringComparison.Ordinal);

        await host.Database.ExecuteAsync("ALTER TABLE audit DISABLE TRIGGER USER; UPDATE audit SET record = replace(record, 'HELD', 'GONE') WHERE seq = 1; ALTER TABLE audit ENABLE TRIGGER USER");
        var broken = await host.GetAsync(Routes.ApprovalAuditCheck, Json.AuditCheck);
        Assert.Equal((false, 1L), (broken.Whole, broken.BrokenAt));
    }

    [Fact]
    public async Task APPROVE_2_the_status_shows_the_switch_what_is_open_and_the_head_of_the_audit()
    {
        await using var host = await AdminHost.StartAsync();
        await HoldAsync(host);
        var status = await host.GetAsync(Routes.ApprovalStatus, Json.ApprovalStatus);
        Assert.Equal((false, 1L, false, 1, 1), (status.Enabled, status.Open, status.Sealed, status.Jobs, status.Unchained));
        Assert.Equal(1L, status.States["HELD"]);
    }
}
