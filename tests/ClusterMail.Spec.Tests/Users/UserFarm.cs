using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace ClusterMail.Spec.Tests.Users;

/// <summary>
/// Two nodes that begin empty and become a domain with users by the commands of <c>docs/first-domain.md</c> and no others. What the tests of this folder need beside that
/// (a mail store behind LMTP, a server outside) is added afterwards.
/// </summary>
public sealed partial class UserFarm : IAsyncLifetime
{
    public const string TaroPassword = "Secret-of-taro-1";
    public const string HanakoPassword = "秘密の言葉 hanako";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(30);

    /// <summary>Longer than five seconds by what a crowded machine needs to start a command.</summary>
    private static readonly TimeSpan WithinFive = TimeSpan.FromSeconds(10);

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;

    /// <summary>The commands that make the domain, as the document has them.</summary>
    public IReadOnlyList<string> Commands { get; private set; } = [];

    /// <summary>What the command after them printed.</summary>
    public string Explained { get; private set; } = "";

    /// <summary>Takes mail for <c>outside.test</c>.</summary>
    public RecordingSink Outside { get; } = new();

    /// <summary>Keeps the mail of <c>lmtp.example.jp</c>.</summary>
    public Dovecot Store { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(2, new Dictionary<string, string>
        {
            ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"outside.test,127.0.0.1,{Outside.Port}\nrefusing.test,127.0.0.1,{Outside.Port}"),
            ["log.receivelog"] = "on",
            ["log.senderlog"] = "long",
            ["lockout.exempt"] = "127.0.0.0/8",
        });
        await File.WriteAllTextAsync(Path.Combine(Farm.Data, "taro.password"), TaroPassword + "\n");
        await File.WriteAllTextAsync(Path.Combine(Farm.Data, "hanako.password"), HanakoPassword + "\n");
        var blocks = ShellBlock().Matches(await File.ReadAllTextAsync(Path.Combine(Tool.Root, "docs", "first-domain.md"))).Select(block => block.Groups[1].Value).ToArray();
        Commands = blocks[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var command in Commands)
            await ShellAsync(command);
        // The document says when: a change is in force within five seconds.
        await Until.TrueAsync(async () => (Explained = await ShellAsync(blocks[1])).Contains("mailbox of", StringComparison.Ordinal), WithinFive, "the domain in force");

        Store = await Dovecot.StartAsync("jiro@lmtp.example.jp");
        await Farm.RunAsync("domain", "set", "example.jp", "--zone", "Asia/Tokyo");
        await Farm.RunAsync("domain", "add", "lmtp.example.jp", "--local", "--delivery", $"lmtp:{Store.EndPoint}");
        await Farm.RunAsync("account", "add", "jiro@lmtp.example.jp", "--no-password");
        await Farm.RunAsync("account", "add", "small@example.jp", "--no-password", "--max-bytes", "2000");
        foreach (var node in Farm.Nodes)
            await Until.TrueAsync(() => TakesAsync(node, "small@example.jp", "jiro@lmtp.example.jp"), InForce, $"accounts in force on {node.Name}");
    }

    private Task<string> ShellAsync(string command) => Tool.MustAsync(
        Limit, "env", $"PATH={Path.Combine(Tool.Root, "out")}:{Environment.GetEnvironmentVariable("PATH")}", $"CLUSTERMAIL_DATA={Farm.Data}", "bash", "-c", $"cd '{Farm.Data}' && {command}");

    /// <summary>Whether a node takes mail for these from a stranger.</summary>
    public static async Task<bool> TakesAsync(FarmNode node, params IReadOnlyList<string> addresses)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver, IPAddress.Parse("127.0.0.9"));
        await client.SayAsync("EHLO stranger.example");
        await client.SayAsync("MAIL FROM:<stranger@example.net>");
        foreach (var address in addresses)
            if (!(await client.SayAsync($"RCPT TO:<{address}>")).StartsWith("250", StringComparison.Ordinal))
                return false;
        return true;
    }

    /// <summary>A client on port 587 under STARTTLS, logged in.</summary>
    /// <param name="node">Number of the node.</param>
    public Task<SmtpClient> LoginAsync(string account, string password, int node = 0) => LoginAsync(client => client.AuthenticateAsync(account, password), node);

    /// <summary>The same by one method.</summary>
    public Task<SmtpClient> LoginAsync(SaslMechanism method) => LoginAsync(client => client.AuthenticateAsync(method), 0);

    private async Task<SmtpClient> LoginAsync(Func<SmtpClient, Task> authenticate, int node)
    {
        var client = new SmtpClient(new NullProtocolLogger()) { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };
        var submission = IPEndPoint.Parse(Farm.Nodes[node].Submission);
        await client.ConnectAsync("127.0.0.1", submission.Port, SecureSocketOptions.StartTls);
        await authenticate(client);
        return client;
    }

    public static MimeMessage Mail(string from, string to, string subject, string text = "本文")
    {
        var mail = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = text }, MessageId = $"{subject}@test" };
        mail.From.Add(new MailboxAddress("", from));
        mail.To.Add(new MailboxAddress("", to));
        return mail;
    }

    /// <summary>The mailbox as its export shows it: each message whole.</summary>
    public async Task<IReadOnlyList<MimeMessage>> MailboxAsync(string account)
    {
        var folder = Path.Combine(Farm.Data, $"export-{Guid.NewGuid():N}");
        await Farm.RunAsync("account", "export-mailbox", account, "--maildir", folder);
        string[] files = [.. new[] { "new", "cur" }.Select(name => Path.Combine(folder, name)).Where(Directory.Exists).SelectMany(Directory.GetFiles)];
        return [.. files.Select(file => MimeMessage.Load(file))];
    }

    /// <summary>Waits until the mailbox has a message of this subject.</summary>
    public async Task<MimeMessage> ArrivedAsync(string account, string subject)
    {
        MimeMessage? found = null;
        await Until.TrueAsync(async () => (found = (await MailboxAsync(account)).FirstOrDefault(mail => mail.Subject == subject)) is not null, InForce, $"'{subject}' in the mailbox of {account}");
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        if (Farm is not null)
            await Farm.DisposeAsync();
        if (Store is not null)
            await Store.DisposeAsync();
        await Outside.DisposeAsync();
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}

[CollectionDefinition(nameof(UserCollection))]
public sealed class UserCollection : ICollectionFixture<UserFarm>;
