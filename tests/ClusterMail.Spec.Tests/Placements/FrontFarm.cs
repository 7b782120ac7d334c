using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using MimeKit;

namespace ClusterMail.Spec.Tests.Placements;

/// <summary>T1: two nodes in front of a real Postfix with mailboxes, set up by the preset and by nothing else that the preset sets.</summary>
public sealed partial class FrontFarm : IAsyncLifetime
{
    public const string Domain = "corp.example";
    public const string Requester = "user2@" + Domain;
    public const string Approver = "bucho@" + Domain;
    public const string Free = "info@" + Domain;
    public const string Stranger = "127.0.0.9";
    public const string Password = "a password of nobody";

    /// <summary>A check is three mails with all that is written about them, on a machine that does other things too.</summary>
    public static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(180);
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;
    public ExistingServer Existing { get; private set; } = null!;

    /// <summary>The Internet behind the existing server.</summary>
    public RecordingSink Outside { get; } = new();

    /// <summary>What <c>apply</c> printed, and how it was called.</summary>
    public string Applied { get; private set; } = "";
    public string[] Preset { get; private set; } = [];
    public Uri Page { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Existing = await ExistingServer.StartAsync(Domain, Outside.EndPoint, "user2", "bucho", "info", "test1", "test2", "test3");
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(2);
        Page = new Uri($"https://127.0.0.1:{Ports.Block(1)}");
        Preset = ["front", "--domain", Domain, "--next", Existing.EndPoint.ToString(), "--auth", "off", "--networks", "127.0.0.1/32"];
        Applied = await Farm.RunAsync(["approval", "preset", "apply", .. Preset, "--yes"]);
        foreach (var name in new[] { "user2", "info", "test1", "test2", "test3" })
            await Farm.RunAsync("account", "add", $"{name}@{Domain}", "--no-password");
        var password = Path.Combine(Farm.Data, "password");
        await File.WriteAllTextAsync(password, Password + "\n");
        await Tool.MustAsync(Patience, "bash", "-c", $"{ClusterMail.Testing.Processes.Farm.Program("clustermail")} account add {Approver} --password-stdin --data {Farm.Data} < {password}");
        await File.WriteAllTextAsync(Path.Combine(Farm.Data, "policy"), $"*:1::{Approver}\n");
        await Farm.RunAsync("approval", "policy", "import", Requester, Path.Combine(Farm.Data, "policy"));
        await Farm.RunAsync("settings", "set", $"approval.web.listen={Page.Authority}", "--node", Farm.Nodes[0].Name);
        await Farm.SetAsync(new Dictionary<string, string> { ["approval.web.url"] = Page.ToString().TrimEnd('/'), ["delivery.retry_seconds"] = "10", ["approval.notice_language"] = "both" });
        foreach (var node in Farm.Nodes)
            await Until.TrueAsync(() => HoldsAsync(node), Patience, () => $"{node.Name} holding mail\n{Farm.Logs()}");
    }

    /// <summary>Accounts and policies are in force where a mail of the requester is held.</summary>
    private async Task<bool> HoldsAsync(FarmNode node)
    {
        var subject = NewSubject("trial");
        return (await SendAsync(node, Requester, ["trial@outside.test"], subject)).StartsWith("250", StringComparison.Ordinal) && await OpenAsync(subject) is not null;
    }

    public static string NewSubject(string what) => string.Create(CultureInfo.InvariantCulture, $"{what} {Guid.NewGuid():N}");

    public static string Content(string from, string to, string subject, string body = "body") => $"From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Wed, 25 Nov 2026 10:00:00 +0900\r\nMessage-ID: <{Guid.NewGuid():N}@{Domain}>\r\n\r\n{body}";

    /// <summary>As a client of the company does, without AUTH.</summary>
    public async Task<string> SendAsync(FarmNode node, string from, IReadOnlyList<string> to, string subject, string? content = null)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        await client.SayAsync("EHLO client.test");
        return await client.MailAsync(from, to, content ?? Content(from, to[0], subject));
    }

    /// <summary>Number of the open held mail of this subject; null: there is none.</summary>
    public async Task<string?> OpenAsync(string subject) => (await Farm.JsonAsync("approval", "list", "--limit", "200")).GetProperty("mails").EnumerateArray()
        .Where(mail => mail.GetProperty("subject").GetString() == subject).Select(mail => mail.GetProperty("id").GetString()).FirstOrDefault();

    public async Task<string> StateAsync(string id) => (await Farm.JsonAsync("approval", "show", id)).GetProperty("mail").GetProperty("state").GetString()!;

    /// <summary>Sends as the requester; the request as the approver's mailbox has it, and the number.</summary>
    public async Task<(string Id, MimeMessage Request)> HoldAsync(FarmNode node, string to, string what)
    {
        var subject = NewSubject(what);
        Assert.StartsWith("250", await SendAsync(node, Requester, [to], subject), StringComparison.Ordinal);
        var id = await OpenAsync(subject) ?? throw new InvalidOperationException($"'{subject}' was not held");
        return (id, await Existing.ArrivedAsync("bucho", mail => Text(mail).Contains(id, StringComparison.Ordinal), $"request for {id}"));
    }

    /// <summary>Where a decision goes and its subject, as the link of a request has them.</summary>
    public static (string To, string Subject) Link(MimeMessage request, string verb)
    {
        var link = MailtoLink().Matches(Text(request)).Select(match => (To: Uri.UnescapeDataString(match.Groups[1].Value), Subject: Uri.UnescapeDataString(match.Groups[2].Value)))
            .First(one => one.Subject.StartsWith(verb, StringComparison.Ordinal));
        return link;
    }

    public static string Text(MimeMessage mail) => $"{mail.TextBody}\n{mail.HtmlBody}";

    /// <summary>The link of the page in a request.</summary>
    public Uri WebLink(MimeMessage request) => new(Text(request).Split(['\n', ' ', '"', '<', '>'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim()).First(word => word.StartsWith(Page.ToString(), StringComparison.Ordinal)));

    public async ValueTask DisposeAsync()
    {
        if (Farm is not null)
            await Farm.DisposeAsync();
        if (Existing is not null)
            await Existing.DisposeAsync();
        await Outside.DisposeAsync();
    }

    [GeneratedRegex("mailto:([^?\\s\"<>]+)\\?subject=([^&\\s\"<>]+)")]
    private static partial Regex MailtoLink();
}
