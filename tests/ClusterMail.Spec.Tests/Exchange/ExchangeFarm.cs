using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using MimeKit;

namespace ClusterMail.Spec.Tests.Exchange;

/// <summary>
/// Topology 4 (chapter 24): a Postfix in place of Exchange keeps the mailboxes of test.example and sends everything else, the sub-domain too, to a node of ours; the node
/// sends test.example back to it and the rest to a sink. The preset set it up; Postfix is told apart by its loopback address.
/// </summary>
public sealed partial class ExchangeFarm : IAsyncLifetime
{
    public const string Domain = "test.example";
    public const string Sub = "sub.test.example";
    public const string User1 = "user1@" + Domain;
    public const string User2 = "user2@" + Domain;
    public const string Bucho = "bucho@" + Domain;
    public const string Kacho = "kacho@" + Domain;

    /// <summary>The policy of EX-APPR-14.</summary>
    private const string Policy = $"*@{Sub}:0\n*@{Domain}:0\n*@rival.example:-1\n*:1::{Bucho}\n";
    private static readonly string[] People = ["user1", "user2", "bucho", "kacho"];
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private string _mailboxes = "";

    public static IPAddress Inside { get; } = IPAddress.Parse("127.0.0.120");
    public static IPAddress Stranger { get; } = IPAddress.Parse("127.0.0.9");

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;
    public Postfix Exchange { get; private set; } = null!;

    /// <summary>The Internet.</summary>
    public RecordingSink Outside { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var port = Ports.Block(1);
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(1, new Dictionary<string, string>
        {
            ["net.host_name"] = "approval.test.example",
            ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,127.0.0.1,{Outside.Port}"),
            // As a file of the original has it (APPROVE-441).
            ["approval.sub_domain_label"] = "sub\r\n",
            ["approval.mark_released"] = "true",
            ["approval.admins"] = Kacho,
            ["lockout.exempt"] = "127.0.0.0/8",
            ["delivery.retry_seconds"] = "10",
        });
        await Farm.RunAsync("approval", "preset", "apply", "exchange", "--domain", Domain, "--next", string.Create(CultureInfo.InvariantCulture, $"{Inside}:{port}"), "--yes");
        var accounts = Path.Combine(Farm.Data, "accounts.tsv");
        await File.WriteAllLinesAsync(accounts, People.Select(name => $"{name}\t*\t{name}@{Domain}\t{Domain}\t\t1\t0\t0"));
        await Farm.RunAsync("account", "import", "--domain", Domain, accounts);
        await PolicyAsync(User1, Policy);
        // APPROVE-454 (10): everybody's mail is held, were it mail of theirs.
        await PolicyAsync(User2, $"*:1::{Bucho}\n");
        await PolicyAsync(Bucho, $"*:1::{Kacho}\n");
        await PolicyAsync(Kacho, $"*:1::{Bucho}\n");
        var alias = Path.Combine(Farm.Data, "alias.txt");
        await File.WriteAllTextAsync(alias, $"*@{Sub} -> *@{Domain}\n");
        await Farm.RunAsync("alias", "import", alias, "--yes");
        // Saved by the preset; from here on in force.
        await Farm.SetAsync("approval.notice_language", "ja");
        await StartExchangeAsync(port);
    }

    public async Task PolicyAsync(string owner, string text)
    {
        var file = Path.Combine(Farm.Data, "sender.dat");
        await File.WriteAllTextAsync(file, text);
        await Farm.RunAsync("approval", "policy", "import", owner, file);
    }

    private async Task StartExchangeAsync(int port)
    {
        _mailboxes = Directory.CreateTempSubdirectory("clustermail-exchange-").FullName;
        await Tool.MustAsync(Soon, "chown", "nobody", _mailboxes);
        Unix.LetThrough(_mailboxes);
        Exchange = await Postfix.StartAtAsync(
            new IPEndPoint(Inside, port), Farm.Nodes[0].Receiver, "myhostname = exchange.test.example", $"smtp_bind_address = {Inside}", $"virtual_mailbox_domains = {Domain}",
            $"virtual_mailbox_base = {_mailboxes}", $"virtual_mailbox_maps = inline:{{{string.Join(", ", People.Select(name => $"{name}@{Domain}={name}/"))}}}", "virtual_uid_maps = static:65534",
            "virtual_gid_maps = static:65534", "virtual_mailbox_limit = 0", "smtp_tls_security_level = may");
    }

    /// <summary>What a user's program hands to Exchange; decisions and commands too.</summary>
    /// <param name="content">Behind the headers From, To and Subject.</param>
    public async Task SendAsync(string from, string to, string subject, string content = "\r\nbody\r\n")
    {
        using var client = await SmtpConversation.OpenAsync(Exchange.EndPoint);
        await client.SayAsync("EHLO outlook.test.example");
        var reply = await client.MailAsync(from, [to], $"From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n{content}".TrimEnd('\r', '\n'));
        Assert.StartsWith("250", reply, StringComparison.Ordinal);
    }

    /// <summary>A session with our node.</summary>
    public async Task<SmtpConversation> OpenAsync(IPAddress client)
    {
        var session = await SmtpConversation.OpenAsync(Farm.Nodes[0].Receiver, client);
        await session.SayAsync("EHLO client.example");
        return session;
    }

    /// <summary>Mails in a mailbox at Exchange.</summary>
    public IReadOnlyList<MimeMessage> Mailbox(string address)
    {
        var folder = Path.Combine(_mailboxes, address.Split('@')[0], "new");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Select(file => MimeMessage.Load(file))] : [];
    }

    public async Task<MimeMessage> ArrivedAsync(string address, string subject)
    {
        MimeMessage? found = null;
        try
        {
            await Until.TrueAsync(() => (found = Mailbox(address).FirstOrDefault(mail => mail.Subject?.Contains(subject, StringComparison.Ordinal) == true)) is not null, Soon, $"'{subject}' in the mailbox of {address}");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"it has {string.Join(" | ", Mailbox(address).Select(mail => mail.Subject))}\n{Exchange.Log()}", e);
        }
        return found!;
    }

    /// <summary>Sends a mail of user1 outside that must be held; the request to bucho.</summary>
    public async Task<MimeMessage> HoldAsync(string subject, string content = "\r\nbody\r\n")
    {
        await SendAsync(User1, "okyaku@client.example", subject, content);
        return await ArrivedAsync(Bucho, $"承認依頼({User1}){subject}");
    }

    /// <summary>Address and subject of a link.</summary>
    public static (string To, string Subject) Link(MimeMessage mail, string verb)
    {
        var link = MailtoLink().Matches(mail.TextBody!).First(link => Uri.UnescapeDataString(link.Groups[2].Value).StartsWith($"{verb}_", StringComparison.Ordinal));
        return (Uri.UnescapeDataString(link.Groups[1].Value), Uri.UnescapeDataString(link.Groups[2].Value));
    }

    public async Task<string> StateAsync(string hold) => (await Farm.JsonAsync("approval", "show", hold)).GetProperty("mail").GetProperty("state").GetString()!;

    public static string HoldOf(string decision) => decision.Split('_', '@')[1];

    /// <summary>Waits for a record of this word about a held mail: the chain is written behind what it tells of.</summary>
    public Task AuditedAsync(string word, string hold) => Until.TrueAsync(
        async () => (await Farm.RunAsync("approval", "audit", "export")).Split('\n').Any(line => line.Contains($"\"{word}\"", StringComparison.Ordinal) && line.Contains(hold, StringComparison.Ordinal)), Soon, $"{word} of {hold} in the audit");

    public async ValueTask DisposeAsync()
    {
        if (Exchange is not null)
            await Exchange.DisposeAsync();
        if (Farm is not null)
            await Farm.DisposeAsync();
        await Outside.DisposeAsync();
        if (_mailboxes.Length > 0)
            await Tool.RunAsync(Soon, "rm", "-rf", "--", _mailboxes);
    }

    [GeneratedRegex(@"mailto:([^?\s]+)\?subject=([^&\s]+)")]
    private static partial Regex MailtoLink();
}
