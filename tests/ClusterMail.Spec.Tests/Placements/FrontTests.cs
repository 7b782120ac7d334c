using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using MimeKit;

namespace ClusterMail.Spec.Tests.Placements;

/// <summary>The placement in front of an existing server (chapter 24, section 2), with a real Postfix as that server.</summary>
public sealed class FrontTests(FrontFarm front) : IClassFixture<FrontFarm>
{
    private FarmNode First => front.Farm.Nodes[0];
    private FarmNode Second => front.Farm.Nodes[1];

    [Fact]
    public async Task APPROVE_411_the_preset_sets_domain_smart_host_port_and_forwarding_and_is_done_then()
    {
        foreach (var (name, value) in new[]
        {
            ("domain.table", FrontFarm.Domain + " routed\n"), ("route.gateway", "127.0.0.1"), ("delivery.port", $"{front.Existing.EndPoint.Port}"), ("route.forward_all", "true"), ("auth.methods", "NO"), ("approval.enabled", "true"),
        })
            Assert.Equal(value, (await front.Farm.JsonAsync("settings", "get", name)).GetProperty("value").GetString());
        Assert.Contains("saved as version 1\n", front.Applied, StringComparison.Ordinal);
        Assert.Contains("nothing changed", await front.Farm.RunAsync(["approval", "preset", "apply", .. front.Preset]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_412_without_AUTH_only_the_listed_networks_submit()
    {
        using var client = await SmtpConversation.OpenAsync(First.Receiver, IPAddress.Parse(FrontFarm.Stranger));
        Assert.DoesNotContain("AUTH", await client.SayAsync("EHLO stranger.test"), StringComparison.Ordinal);
        Assert.StartsWith("5", await client.SayAsync($"MAIL FROM:<{FrontFarm.Free}>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_415_1_an_unchecked_account_passes_unchanged_inside_and_outside()
    {
        var (inside, outside) = (FrontFarm.NewSubject("inside"), FrontFarm.NewSubject("outside"));
        var content = FrontFarm.Content(FrontFarm.Free, "okyaku@outside.test", outside, "line\r\n.. dots \xe9\r\nend");
        Assert.StartsWith("250", await front.SendAsync(First, FrontFarm.Free, [FrontFarm.Approver], inside), StringComparison.Ordinal);
        Assert.StartsWith("250", await front.SendAsync(Second, FrontFarm.Free, ["okyaku@outside.test"], outside, content), StringComparison.Ordinal);
        await front.Existing.ArrivedAsync("bucho", mail => mail.Subject == inside, inside);
        var left = await front.Outside.OneAsync(mail => mail.Text.Contains(outside, StringComparison.Ordinal), FrontFarm.Patience);
        Assert.Equal(FrontFarm.Free, left.ReversePath);
        Assert.EndsWith("\r\n" + content.Replace("\r\n..", "\r\n.", StringComparison.Ordinal) + "\r\n", Encoding.Latin1.GetString(left.Content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_415_2_and_3_a_request_in_the_existing_mailbox_is_approved_by_mail_which_goes_no_further()
    {
        var (id, request) = await front.HoldAsync(First, "okyaku@outside.test", "approved");
        // APPROVE-413: what the system writes goes through the smart host into the existing mailboxes.
        await front.Existing.ArrivedAsync("user2", mail => FrontFarm.Text(mail).Contains(id, StringComparison.Ordinal), "hold notice");
        var (to, subject) = FrontFarm.Link(request, "approval");
        Assert.Equal(FrontFarm.Requester, to);
        // APPROVE-409: at another node than the one that holds the mail.
        Assert.StartsWith("250", await front.SendAsync(Second, FrontFarm.Approver, [to], subject), StringComparison.Ordinal);
        await front.Outside.OneAsync(mail => mail.Text.Contains("Subject: approved", StringComparison.Ordinal) && mail.ReversePath == FrontFarm.Requester, FrontFarm.Patience);
        Assert.Equal("APPROVED", await front.StateAsync(id));
        await front.Existing.ArrivedAsync("user2", mail => mail.From.ToString().Contains("bucho", StringComparison.Ordinal) && FrontFarm.Text(mail).Contains("承認", StringComparison.Ordinal) && !FrontFarm.Text(mail).Contains("保留しました", StringComparison.Ordinal), "approval notice");
        Assert.DoesNotContain(front.Existing.Mailbox("user2"), mail => mail.Subject == subject);
        Assert.DoesNotContain(front.Outside.Mails, mail => mail.Text.Contains(subject, StringComparison.Ordinal) && mail.ForwardPaths.Contains(FrontFarm.Requester));
    }

    [Fact]
    public async Task APPROVE_415_2_a_rejected_mail_does_not_leave()
    {
        var (id, request) = await front.HoldAsync(Second, "okyaku@outside.test", "rejected");
        var (to, subject) = FrontFarm.Link(request, "reject");
        Assert.StartsWith("250", await front.SendAsync(First, FrontFarm.Approver, [to], subject), StringComparison.Ordinal);
        Assert.Equal("REJECTED", await front.StateAsync(id));
        await front.Existing.ArrivedAsync("user2", mail => FrontFarm.Text(mail).Contains("却下", StringComparison.Ordinal) && mail.From.ToString().Contains("bucho", StringComparison.Ordinal), "rejection notice");
        Assert.DoesNotContain(front.Outside.Mails, mail => mail.Text.Contains("Subject: rejected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_415_4_a_decision_sent_through_the_existing_server_by_mistake_lands_in_the_mailbox_and_decides_nothing()
    {
        var (id, request) = await front.HoldAsync(First, "okyaku@outside.test", "mistaken");
        var (to, subject) = FrontFarm.Link(request, "approval");
        using var client = await SmtpConversation.OpenAsync(front.Existing.EndPoint);
        await client.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await client.MailAsync(FrontFarm.Approver, [to], FrontFarm.Content(FrontFarm.Approver, to, subject)), StringComparison.Ordinal);
        await front.Existing.ArrivedAsync("user2", mail => mail.Subject == subject, "the decision");
        Assert.Equal("HELD", await front.StateAsync(id));
        Assert.DoesNotContain(front.Outside.Mails, mail => mail.Text.Contains("Subject: mistaken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_415_5_an_unknown_recipient_inside_gives_the_sender_an_error_mail_after_the_release()
    {
        var (id, _) = await front.HoldAsync(First, $"nobody@{FrontFarm.Domain}", "unknown");
        await front.Farm.RunAsync("approval", "approve", id, "--as", FrontFarm.Approver);
        var error = await front.Existing.ArrivedAsync("user2", mail => mail.Body is MultipartReport && mail.Body.ToString().Contains($"nobody@{FrontFarm.Domain}", StringComparison.Ordinal), "error mail");
        Assert.Contains("550", error.Body!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_415_6_while_the_existing_server_is_down_mail_waits_and_the_page_decides()
    {
        // The link is known from a first request; that of a mail held meanwhile cannot arrive.
        var (id, request) = await front.HoldAsync(First, "okyaku@outside.test", "waiting");
        await front.Existing.StopAsync();
        var later = FrontFarm.NewSubject("meanwhile");
        try
        {
            Assert.StartsWith("250", await front.SendAsync(Second, FrontFarm.Requester, ["okyaku@outside.test"], later), StringComparison.Ordinal);
            await DecideOnPageAsync(front.WebLink(request));
            Assert.Equal("APPROVED", await front.StateAsync(id));
            await Until.TrueAsync(async () => (await front.Farm.JsonAsync("queue", "list", "--sender", FrontFarm.Requester)).GetProperty("entries").EnumerateArray()
                .Count(entry => entry.GetProperty("attempts").GetInt32() > 0) >= 2, FrontFarm.Patience, "the released mail and the request waiting");
        }
        finally
        {
            await front.Existing.RestartAsync();
        }
        await front.Farm.RunAsync("queue", "retry", "--all");
        await front.Outside.OneAsync(mail => mail.Text.Contains("Subject: waiting", StringComparison.Ordinal), FrontFarm.Patience);
        var held = await front.OpenAsync(later);
        await front.Existing.ArrivedAsync("bucho", mail => FrontFarm.Text(mail).Contains(held!, StringComparison.Ordinal), "the request that waited");
    }

    [Fact]
    public async Task APPROVE_415_7_APPROVE_414_the_check_tells_whether_clients_get_past_approval()
    {
        var refused = await CheckAsync("--client-address", FrontFarm.Stranger);
        Assert.Contains("refuses outside mail of clients", refused.Output, StringComparison.Ordinal);
        var taken = await CheckAsync("--client-address", ExistingServer.Careless);
        Assert.Contains("approval can be bypassed", taken.Output, StringComparison.Ordinal);
        Assert.Contains("mynetworks", taken.Output, StringComparison.Ordinal);
        // A finding, not a failure: mail works.
        Assert.Equal(0, taken.ExitCode);
        Assert.Contains("was not tried", (await CheckAsync()).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_407_the_guided_check_goes_through_its_three_steps_and_leaves_nothing()
    {
        var before = await front.Farm.RunAsync("approval", "policy", "show", $"test1@{FrontFarm.Domain}");
        var result = await CheckAsync("--json");
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        var steps = Regex.Matches(result.Output, "\"step\": (\\d)").Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(["0", "1", "2", "3"], steps);
        Assert.Contains(front.Outside.Mails, mail => mail.Text.Contains("forwarding alone", StringComparison.Ordinal) && mail.ReversePath == $"test1@{FrontFarm.Domain}");
        Assert.Contains(front.Outside.Mails, mail => mail.Text.Contains("approval and forwarding", StringComparison.Ordinal));
        Assert.Equal(before, await front.Farm.RunAsync("approval", "policy", "show", $"test1@{FrontFarm.Domain}"));
        Assert.Empty((await front.Farm.JsonAsync("approval", "list", "--sender", $"test1@{FrontFarm.Domain}")).GetProperty("mails").EnumerateArray());
        Assert.Empty((await front.Farm.JsonAsync("queue", "list", "--sender", $"test1@{FrontFarm.Domain}")).GetProperty("entries").EnumerateArray());
    }

    [Fact]
    public async Task APPROVE_407_the_guided_check_says_at_which_step_it_fails()
    {
        var file = Path.Combine(front.Farm.Data, "refusing");
        await File.WriteAllTextAsync(file, "*@walled.test:-1\n*:0\n");
        await front.Farm.RunAsync("approval", "policy", "import", FrontFarm.Domain, file);
        try
        {
            // Who decides is asked again by each mail, so the policy is in force when the step's own one is.
            var result = await CheckAsync("--recipient", "x@walled.test");
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("it failed at step 2: step 2: forwarding without approval", result.Output, StringComparison.Ordinal);
            Assert.Contains("ok       ", result.Output, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(file, "");
            await front.Farm.RunAsync("approval", "policy", "import", FrontFarm.Domain, file);
        }
    }

    private Task<Tool.Result> CheckAsync(params string[] more) => Tool.RunAsync(
        FrontFarm.CheckLimit, ClusterMail.Testing.Processes.Farm.Program("clustermail"), ["approval", "preset", "check", "front", "--data", front.Farm.Data, .. new[] { "test1", "test2", "test3" }.SelectMany(name => new[] { "--account", $"{name}@{FrontFarm.Domain}" }), .. more.Contains("--recipient") ? more : [.. more, "--recipient", "okyaku@outside.test"]]);

    /// <summary>Opens the link, logs in and approves, as a browser does.</summary>
    private static async Task DecideOnPageAsync(Uri link)
    {
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        using var browser = new HttpClient(handler);
        var login = await browser.GetStringAsync(link);
        Assert.Contains("type=\"password\"", login, StringComparison.Ordinal);
        var page = await SubmitAsync(browser, link, login, ("account", FrontFarm.Approver), ("password", FrontFarm.Password));
        var answer = await SubmitAsync(browser, link, page, ("verb", "approval"), ("comment", ""));
        // Where no mail has gone to this domain before, the page asks twice (APPROVE-501).
        if (answer.Contains("name=\"confirm\"", StringComparison.Ordinal))
            answer = await SubmitAsync(browser, link, answer, ("verb", "approval"), ("comment", ""));
        Assert.Contains("承認しました", answer, StringComparison.Ordinal);
    }

    private static async Task<string> SubmitAsync(HttpClient browser, Uri link, string page, params (string Name, string Value)[] fields)
    {
        // The page has several forms; his is the one with what he fills in.
        var own = page.Split("<form").First(one => one.Contains($"name=\"{fields[0].Name}\"", StringComparison.Ordinal));
        var form = Regex.Matches(own, "<input type=\"hidden\" name=\"([a-z0-9]+)\" value=\"([^\"]*)\"").ToDictionary(field => field.Groups[1].Value, field => WebUtility.HtmlDecode(field.Groups[2].Value));
        foreach (var (name, value) in fields)
            form[name] = value;
        using var content = new FormUrlEncodedContent(form);
        using var request = new HttpRequestMessage(HttpMethod.Post, link) { Content = content };
        request.Headers.Add("Origin", link.GetLeftPart(UriPartial.Authority));
        using var answer = await browser.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }
}
