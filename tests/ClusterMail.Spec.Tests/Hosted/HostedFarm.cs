using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Npgsql;

namespace ClusterMail.Spec.Tests.Hosted;

/// <summary>Topology 2 (chapter 24 §3): a farm in front of a provider that wants each user's own login, with approval, set up by the preset.</summary>
public sealed partial class HostedFarm : IAsyncLifetime
{
    public const string User2 = "user2@corp.example";
    public const string User3 = "user3@corp.example";
    public const string Bucho = "bucho@corp.example";
    public const string Kacho = "kacho@corp.example";
    public const string Kanri = "kanri@corp.example";

    /// <summary>Of all accounts here; what they have at the provider is another one.</summary>
    public const string Password = "Secret-of-corp-1";
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;
    public MailProvider Provider { get; private set; } = null!;
    public NpgsqlDataSource Database { get; private set; } = null!;

    /// <summary>Where everything arrives that the provider takes.</summary>
    public RecordingSink World { get; } = new();

    /// <summary>Name at the provider: another than the address, so that nobody can take one for the other.</summary>
    public static string LoginOf(string address) => $"c-{address.Split('@')[0]}";

    public static string SecretOf(string address) => $"provider-{address.Split('@')[0]}";

    public async ValueTask InitializeAsync()
    {
        string[] people = [User2, User3, Bucho, Kacho, Kanri];
        Provider = await MailProvider.StartAsync(World.EndPoint, [.. people.Select(one => (LoginOf(one), SecretOf(one), one))]);
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(2, new Dictionary<string, string>
        {
            ["net.host_name"] = "relay.corp.example",
            ["admin.address"] = Kanri,
            ["delivery.retry_seconds"] = "10",
            ["approval.notice_language"] = "ja",
            ["lockout.exempt"] = "127.0.0.0/8",
        });
        Database = NpgsqlDataSource.Create(Farm.Cluster.Database);
        await Farm.RunAsync("approval", "preset", "apply", "hosted", "--domain", "corp.example", "--next", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Provider.Port}"), "--yes");
        await File.WriteAllTextAsync(Path.Combine(Farm.Data, "password"), Password + "\n");
        foreach (var one in people)
            await ShellAsync($"clustermail account add {one} --password-stdin < password");
        var logins = Path.Combine(Farm.Data, "logins.csv");
        await File.WriteAllLinesAsync(logins, people.Select(one => $"{one},{LoginOf(one)},{SecretOf(one)}"));
        Assert.Contains("5 upstream logins were set", await Farm.RunAsync("account", "upstream", "import", logins), StringComparison.Ordinal);
        await PolicyAsync(User2, $"*@corp.example:0\n*:1::{Bucho}");
        await PolicyAsync(User3, $"*@corp.example:0\n*:1::{Kacho}");
        await Until.TrueAsync(TakesLoginAsync, Soon, "the accounts in force");
    }

    private async Task PolicyAsync(string account, string policy)
    {
        var file = Path.Combine(Farm.Data, "sender.dat");
        await File.WriteAllTextAsync(file, policy + "\n");
        await Farm.RunAsync("approval", "policy", "import", account, file);
    }

    /// <summary>On both nodes, with the newest policy in memory: a mail that meets it is held.</summary>
    private async Task<bool> TakesLoginAsync()
    {
        var before = await AskAsync<long>("SELECT count(*) FROM hold");
        foreach (var node in (int[])[0, 1])
        {
            try
            {
                await SendAsync(User3, ["trial@outside.invalid"], "trial", node: node);
            }
            catch (Exception e) when (e is AuthenticationException or SmtpCommandException)
            {
                return false;
            }
        }
        return await AskAsync<long>("SELECT count(*) FROM hold") == before + 2;
    }

    private Task<string> ShellAsync(string command) => Tool.MustAsync(
        Soon, "env", $"PATH={Path.Combine(Tool.Root, "out")}:{Environment.GetEnvironmentVariable("PATH")}", $"CLUSTERMAIL_DATA={Farm.Data}", "bash", "-c", $"cd '{Farm.Data}' && {command}");

    /// <summary>From outside, as on a business trip: 587, STARTTLS, AUTH (APPROVE-422).</summary>
    public async Task SendAsync(string from, IReadOnlyList<string> to, string subject, string text = "hello", int node = 0)
    {
        using var client = new SmtpClient(new NullProtocolLogger()) { ServerCertificateValidationCallback = (_, _, _, _) => true, CheckCertificateRevocation = false };
        await client.ConnectAsync("127.0.0.1", IPEndPoint.Parse(Farm.Nodes[node].Submission).Port, SecureSocketOptions.StartTls);
        await client.AuthenticateAsync(from, Password);
        using var mail = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = text } };
        mail.From.Add(new MailboxAddress("", from));
        mail.To.AddRange(to.Select(one => new MailboxAddress("", one)));
        await client.SendAsync(mail);
        await client.DisconnectAsync(true);
    }

    /// <summary>The mail that came from the provider: to whom, and with these words in its subject.</summary>
    public async Task<Arrived> ArrivedAsync(string to, string subject)
    {
        Arrived? found = null;
        try
        {
            await Until.TrueAsync(() => (found = World.Mails.Select(Read).FirstOrDefault(mail => mail.Envelope.ForwardPaths.Contains(to) && mail.Message.Subject?.Contains(subject, StringComparison.Ordinal) == true)) is not null,
                Soon, $"'{subject}' to {to}");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{string.Join('\n', World.Mails.Select(Read).Select(mail => $"{mail.Login}: {mail.Envelope.ReversePath} -> {string.Join(',', mail.Envelope.ForwardPaths)} {mail.Message.Subject}"))}\n{Provider.Log()}", e);
        }
        return found!;
    }

    private static Arrived Read(SinkMail mail)
    {
        var login = AuthenticatedSender().Match(mail.Text) is { Success: true } match ? match.Groups[1].Value : "";
        return new Arrived(mail, MimeMessage.Load(new MemoryStream(mail.Content)), login);
    }

    public async Task<T> AskAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The text an approver's mail program would send, out of his request.</summary>
    public static string DecisionOf(Arrived request, string verb) =>
        request.Message.TextBody!.Split('\n').Select(line => line.Trim()).First(line => line.StartsWith($"{verb}_B", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (Database is not null)
            await Database.DisposeAsync();
        if (Farm is not null)
            await Farm.DisposeAsync();
        if (Provider is not null)
            await Provider.DisposeAsync();
        await World.DisposeAsync();
    }

    /// <summary>The provider's own word for who logged in.</summary>
    [GeneratedRegex(@"\(Authenticated sender: ([^)]*)\)")]
    private static partial Regex AuthenticatedSender();
}

/// <summary>A mail that left the provider.</summary>
/// <param name="Login">Who had logged in there.</param>
public sealed record Arrived(SinkMail Envelope, MimeMessage Message, string Login);
