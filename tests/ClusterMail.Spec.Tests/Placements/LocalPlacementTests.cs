using System.Net;
using ClusterMail.Testing.Processes;
using MimeKit;

namespace ClusterMail.Spec.Tests.Placements;

/// <summary>T3: the mailboxes are in the farm itself; set up by the preset.</summary>
public sealed class LocalFarm : IAsyncLifetime
{
    public const string Domain = "corp.example";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly RecordingSink _outside = new();

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;
    public FarmNode Node => Farm.Nodes[0];
    public RecordingSink Outside => _outside;

    public async ValueTask InitializeAsync()
    {
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(1);
        await Farm.RunAsync("approval", "preset", "apply", "local", "--domain", Domain, "--next", _outside.EndPoint.ToString(), "--yes");
        foreach (var name in new[] { "test1", "test2", "test3", "walled" })
            await Farm.RunAsync("account", "add", $"{name}@{Domain}", "--no-password");
        // Full as soon as anything is in it.
        await Farm.RunAsync("account", "add", $"full@{Domain}", "--no-password", "--max-bytes", "1");
        await PolicyAsync("full", "*:1::test2@corp.example\n");
        await PolicyAsync("walled", "*@corp.example:0\n*:-1\n");
        await Farm.SetAsync(new Dictionary<string, string> { ["auth.methods"] = "NO", ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true", ["delivery.retry_seconds"] = "10" });
        await Until.TrueAsync(async () => await ToOutsideAsync("walled") is ['5', ..] && await ToOutsideAsync("test1") is ['2', ..], Patience, "accounts and policies in force");
    }

    /// <summary>The reply to an outside recipient.</summary>
    public async Task<string> ToOutsideAsync(string from, string to = "okyaku@outside.test")
    {
        using var client = await SmtpConversation.OpenAsync(Node.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync($"MAIL FROM:<{from}@{Domain}>");
        return await client.SayAsync($"RCPT TO:<{to}>");
    }

    public async Task PolicyAsync(string name, string text)
    {
        var file = Path.Combine(Farm.Data, $"policy-{name}");
        await File.WriteAllTextAsync(file, text);
        await Farm.RunAsync("approval", "policy", "import", $"{name}@{Domain}", file);
    }

    public async Task<string> SendAsync(string from, string to, string subject)
    {
        using var client = await SmtpConversation.OpenAsync(Node.Receiver);
        await client.SayAsync("EHLO client.test");
        return await client.MailAsync($"{from}@{Domain}", [to], FrontFarm.Content($"{from}@{Domain}", to, subject));
    }

    public async Task<string?> OpenAsync(string subject) => (await Farm.JsonAsync("approval", "list", "--limit", "200")).GetProperty("mails").EnumerateArray()
        .Where(mail => mail.GetProperty("subject").GetString() == subject).Select(mail => mail.GetProperty("id").GetString()).FirstOrDefault();

    public async Task<IReadOnlyList<MimeMessage>> MailboxAsync(string name)
    {
        var folder = Path.Combine(Farm.Data, $"export-{Guid.NewGuid():N}");
        await Farm.RunAsync("account", "export-mailbox", $"{name}@{Domain}", "--maildir", folder);
        return [.. new[] { "new", "cur" }.Select(sub => Path.Combine(folder, sub)).Where(Directory.Exists).SelectMany(Directory.GetFiles).Select(file => MimeMessage.Load(file))];
    }

    public async Task<MimeMessage> ArrivedAsync(string name, Func<MimeMessage, bool> which, string what)
    {
        MimeMessage? found = null;
        await Until.TrueAsync(async () => (found = (await MailboxAsync(name)).FirstOrDefault(which)) is not null, Patience, $"{what} in the mailbox of {name}");
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        if (Farm is not null)
            await Farm.DisposeAsync();
        await _outside.DisposeAsync();
    }
}

/// <summary>The placement on the same server (chapter 24, section 4), and functions that belong to all of them.</summary>
public sealed class LocalPlacementTests(LocalFarm local) : IClassFixture<LocalFarm>
{
    [Fact]
    public async Task APPROVE_438_1_mail_inside_is_held_by_its_policy_and_arrives_when_it_is_approved()
    {
        await local.PolicyAsync("test1", "*:1::test2@corp.example\n");
        try
        {
            var subject = FrontFarm.NewSubject("inside");
            await Until.TrueAsync(async () =>
            {
                Assert.StartsWith("250", await local.SendAsync("test1", "test3@corp.example", subject), StringComparison.Ordinal);
                return await local.OpenAsync(subject) is not null;
            }, TimeSpan.FromSeconds(30), "the policy in force");
            var id = await local.OpenAsync(subject);
            var request = await local.ArrivedAsync("test2", mail => FrontFarm.Text(mail).Contains(id!, StringComparison.Ordinal), "request");
            var arrived = (await local.MailboxAsync("test3")).Count(mail => mail.Subject == subject);
            var (to, decision) = FrontFarm.Link(request, "approval");
            Assert.StartsWith("250", await local.SendAsync("test2", to, decision), StringComparison.Ordinal);
            await Until.TrueAsync(async () => (await local.MailboxAsync("test3")).Count(mail => mail.Subject == subject) == arrived + 1, TimeSpan.FromSeconds(60), "the approved mail");
        }
        finally
        {
            await local.PolicyAsync("test1", "");
        }
    }

    [Fact]
    public async Task APPROVE_436_a_decision_mail_never_reaches_the_requesters_mailbox_however_full_that_is()
    {
        var subject = FrontFarm.NewSubject("full");
        await Until.TrueAsync(async () =>
        {
            Assert.StartsWith("250", await local.SendAsync("full", "okyaku@outside.test", subject), StringComparison.Ordinal);
            return await local.OpenAsync(subject) is not null;
        }, TimeSpan.FromSeconds(30), "the policy in force");
        var id = (await local.OpenAsync(subject))!;
        // The hold notice fills the box.
        Assert.StartsWith("4", await FullAsync(), StringComparison.Ordinal);
        var request = await local.ArrivedAsync("test2", mail => FrontFarm.Text(mail).Contains(id, StringComparison.Ordinal), "request");
        var (to, decision) = FrontFarm.Link(request, "approval");
        Assert.StartsWith("250", await local.SendAsync("test2", to, decision), StringComparison.Ordinal);
        await local.Outside.OneAsync(mail => mail.Text.Contains(subject, StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        Assert.DoesNotContain(await local.MailboxAsync("full"), mail => mail.Subject == decision);
    }

    /// <summary>The reply to an ordinary mail for the full mailbox: refused, if only when it is known to be no decision.</summary>
    private async Task<string> FullAsync()
    {
        var reply = "";
        await Until.TrueAsync(async () => (reply = await local.SendAsync("test3", "full@corp.example", "ordinary")) is ['4' or '5', ..], TimeSpan.FromSeconds(30), "the mailbox full");
        return reply;
    }

    [Fact]
    public async Task APPROVE_407_the_guided_check_of_the_local_placement_goes_through()
    {
        var result = await CheckAsync("okyaku@outside.test");
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        Assert.Contains("the placement works", result.Output, StringComparison.Ordinal);
        Assert.Contains(await local.MailboxAsync("test3"), mail => mail.Subject?.Contains("approval alone", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task APPROVE_408_the_check_names_a_next_hop_that_does_not_resolve_before_any_mail_is_sent()
    {
        var before = (await local.MailboxAsync("test2")).Count;
        await local.Farm.SetAsync(new Dictionary<string, string> { ["route.table"] = "lost.test,nowhere.invalid\nclosed.test,127.0.0.1,1", ["dns.servers"] = "127.0.0.1:9" });
        try
        {
            var lost = await CheckAsync("x@lost.test");
            Assert.Equal(1, lost.ExitCode);
            Assert.Contains("resolve: Cannot resolve nowhere.invalid", lost.Output, StringComparison.Ordinal);
            Assert.Contains("dns.servers", lost.Output, StringComparison.Ordinal);
            Assert.Contains("it failed at step 0", lost.Output, StringComparison.Ordinal);
            var closed = await CheckAsync("x@closed.test");
            Assert.Contains("connect: 127.0.0.1[127.0.0.1]:1", closed.Output, StringComparison.Ordinal);
            Assert.Equal(before, (await local.MailboxAsync("test2")).Count);
        }
        finally
        {
            await local.Farm.RunAsync("settings", "set", "route.table=", "dns.servers=");
        }
    }

    [Fact]
    public async Task APPROVE_454_9_the_check_names_a_sub_domain_that_does_not_resolve()
    {
        await local.Farm.SetAsync(new Dictionary<string, string> { ["approval.sub_domain_label"] = "sub", ["dns.servers"] = "127.0.0.1:9" });
        try
        {
            Assert.Contains("On the Exchange server sub.corp.example must resolve to this farm", (await CheckAsync(null, "exchange")).Output, StringComparison.Ordinal);
            await local.Farm.SetAsync("dns.static_hosts", "127.0.0.1 sub.corp.example");
            Assert.Contains("sub.corp.example leads to this farm", (await CheckAsync(null, "exchange")).Output, StringComparison.Ordinal);
        }
        finally
        {
            await local.Farm.RunAsync("settings", "set", "approval.sub_domain_label=", "dns.servers=", "dns.static_hosts=");
        }
    }

    private Task<Tool.Result> CheckAsync(string? recipient, string preset = "local") => Tool.RunAsync(
        FrontFarm.CheckLimit, ClusterMail.Testing.Processes.Farm.Program("clustermail"), ["approval", "preset", "check", preset, "--data", local.Farm.Data, "--account", "test1@corp.example", "--account", "test2@corp.example", "--account", "test3@corp.example", .. recipient is null ? Array.Empty<string>() : ["--recipient", recipient]]);

    [Fact]
    public async Task APPROVE_401_accounts_without_a_policy_are_not_checked()
    {
        var subject = FrontFarm.NewSubject("superior");
        Assert.StartsWith("250", await local.SendAsync("test2", "okyaku@outside.test", subject), StringComparison.Ordinal);
        await local.Outside.OneAsync(mail => mail.Text.Contains(subject, StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        Assert.Null(await local.OpenAsync(subject));
    }

    [Fact]
    public async Task APPROVE_457_a_policy_forbids_outside_mail_of_one_account_and_leaves_inside_mail()
    {
        Assert.StartsWith("550", await local.ToOutsideAsync("walled"), StringComparison.Ordinal);
        Assert.StartsWith("250", await local.ToOutsideAsync("walled", "test3@corp.example"), StringComparison.Ordinal);
        Assert.StartsWith("250", await local.ToOutsideAsync("test1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_402_from_outside_the_users_port_takes_nothing_without_TLS_and_AUTH()
    {
        using var client = await SmtpConversation.OpenAsync(IPEndPoint.Parse(local.Node.Submission), IPAddress.Parse("127.0.0.9"));
        Assert.DoesNotContain("AUTH", await client.SayAsync("EHLO travelling.test"), StringComparison.Ordinal);
        Assert.StartsWith("5", await client.SayAsync("MAIL FROM:<test1@corp.example>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_458_the_port_mail_is_received_on_and_the_one_it_is_sent_to_are_independent()
    {
        var sending = (await local.Farm.JsonAsync("settings", "get", "delivery.port")).GetProperty("value").GetString();
        Assert.Equal($"{local.Outside.Port}", sending);
        Assert.NotEqual(local.Node.Receiver.Port, local.Outside.Port);
        var subject = FrontFarm.NewSubject("ports");
        Assert.StartsWith("250", await local.SendAsync("test3", "okyaku@outside.test", subject), StringComparison.Ordinal);
        await local.Outside.OneAsync(mail => mail.Text.Contains(subject, StringComparison.Ordinal), TimeSpan.FromSeconds(60));
    }
}
