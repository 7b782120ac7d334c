using System.Net;
using System.Text;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;

namespace ClusterMail.Node.Tests;

/// <summary>
/// One whole node in this process: real listeners, a real database, the pages of approval on a port of their own. It takes mail and delivers none, so that what
/// left approval is still in the queue to be looked at.
/// </summary>
internal sealed class PageScene : IAsyncDisposable
{
    public const string Password = "a password of nobody";
    public const string Bucho = "bucho@corp.example";
    public const string Kacho = "kacho@corp.example";
    public const string User2 = "user2@corp.example";
    public const string Okyaku = "okyaku@client.example";
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _spool = Directory.CreateTempSubdirectory("clustermail-page").FullName;
    private NodeRuntime _node = null!;
    private NodeOptions _options = null!;
    private IPEndPoint _smtp = null!;

    public required TestDatabase Database { get; init; }
    public HoldReader Reader => new(Database.Source);

    /// <summary>Where the pages are.</summary>
    public Uri Site { get; private set; } = null!;

    public static async Task<PageScene> StartAsync(string policy = "*@corp.example:0\n*:1::bucho@corp.example,kacho@corp.example", params (string Name, string Value)[] settings)
    {
        var scene = new PageScene { Database = await TestDatabase.CreateAsync() };
        var port = Ports.Block(4);
        scene._smtp = new IPEndPoint(IPAddress.Loopback, port);
        scene.Site = new Uri($"{(settings.Contains(("approval.web.tls", "true")) ? "https" : "http")}://127.0.0.1:{port + 3}");
        await scene.SaveAsync([
            ("approval.enabled", "true"), ("approval.admins", "kanri@corp.example"), ("domain.table", "corp.example local\tzone=Asia/Tokyo"), ("net.host_name", "mx.corp.example"), ("compat.auth.allow_clear", "true"),
            ("auth.argon2_memory_kib", "8192"), ("auth.argon2_passes", "1"), ("approval.web.listen", $"127.0.0.1:{port + 3}"), ("approval.web.tls", "false"), ("approval.web.url", "https://approve.corp.example"),
            ("lockout.exempt", "127.0.0.1"),
            // In an empty history every domain is new, and each approval would be asked for twice.
            ("approval.new_domain_days", "0"), .. settings]);
        using var hasher = new PasswordHasher(() => new PasswordCost(8192, 1, 0));
        var hash = (await hasher.MakeAsync(Password, "", null, TestContext.Current.CancellationToken)).Hash;
        foreach (var person in (string[])["user1", "user2", "kacho", "bucho", "jomu", "kanri"])
            await scene.Database.ExecuteAsync("INSERT INTO account (changed, domain, name, full_name, password_hash, destinations) VALUES (next_directory_version(), 'corp.example', $1, $2, $3, $4)",
                person, person == "user2" ? "鈴木 花子" : "", hash, person == "user2" ? policy : "");
        await scene.Database.ExecuteAsync("UPDATE approval_clock SET ran_at = now()");
        scene._options = new NodeOptions
        {
            Name = "n1",
            Roles = ["receive", "admin"],
            Database = scene.Database.ConnectionString,
            Smtp = scene._smtp,
            Admin = new IPEndPoint(IPAddress.Loopback, port + 1),
            Remoting = new IPEndPoint(IPAddress.Loopback, port + 2),
            TokenFile = "",
            Spool = scene._spool,
        };
        scene._node = new NodeRuntime(scene._options, Shards.Alone(scene.Database.Source), new RecoverableKey(null), NullLoggerFactory.Instance);
        await scene._node.StartAsync(TestContext.Current.CancellationToken);
        await Until.TrueAsync(async () => scene._node.Approval.Watch.Current.Keys is not null && await scene.IsUpAsync(), Patience, "the node takes mail and serves the page");
        return scene;
    }

    public async Task SaveAsync(params (string Name, string Value)[] settings)
    {
        var version = await Database.ScalarAsync<long>("SELECT coalesce(max(version), 0) + 1 FROM setting_version");
        await Database.ExecuteAsync("INSERT INTO setting_version (version, saved_by, comment, values, overrides) VALUES ($1, 'test', '', $2::jsonb, '{}')",
            version, System.Text.Json.JsonSerializer.Serialize(settings.GroupBy(s => s.Name).ToDictionary(s => s.Key, s => s.Last().Value)));
    }

    /// <summary>Changes settings of a running node, and waits until it has them.</summary>
    public async Task SwitchAsync(params (string Name, string Value)[] settings)
    {
        var values = await Database.ScalarAsync<string>("SELECT values::text FROM setting_version ORDER BY version DESC LIMIT 1");
        var all = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(values)!;
        await SaveAsync([.. all.Select(one => (one.Key, one.Value)), .. settings]);
        var version = await Database.ScalarAsync<long>("SELECT max(version) FROM setting_version");
        await Until.TrueAsync(() => Task.FromResult(_node.Settings.Current.Settings.Version >= version), Patience, "the node has the settings");
    }

    private async Task<bool> IsUpAsync()
    {
        try
        {
            using var client = new HttpClient(Browser.Handler());
            using var answer = await client.GetAsync(Site);
            using var smtp = await SmtpConversation.OpenAsync(_smtp);
            return answer.StatusCode == HttpStatusCode.SeeOther && smtp.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception refused) when (refused is HttpRequestException or IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <summary>Hands octets in as somebody who has logged in, and gives them back as they are held, with the group.</summary>
    public async Task<HoldRow> HoldAsync(byte[] content, string to = Okyaku)
    {
        using var smtp = await SmtpConversation.OpenAsync(_smtp);
        await smtp.SayAsync("EHLO client.corp.example");
        Assert.StartsWith("235", await smtp.SayAsync($"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User2}\0{Password}"))}"), StringComparison.Ordinal);
        Assert.StartsWith("250", await smtp.SayAsync($"MAIL FROM:<{User2}> BODY=8BITMIME"), StringComparison.Ordinal);
        foreach (var recipient in to.Split(','))
            Assert.StartsWith("250", await smtp.SayAsync($"RCPT TO:<{recipient}>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await smtp.SayAsync("DATA"), StringComparison.Ordinal);
        await smtp.SendAsync(Stuffed(content));
        // The end of the last line is of the mail (RFC 5321 §4.1.1.4).
        await smtp.SendAsync(content.AsSpan().EndsWith("\r\n"u8) ? ".\r\n" : "\r\n.\r\n");
        Assert.StartsWith("250", await smtp.ReadAsync(Patience), StringComparison.Ordinal);
        return await NewestAsync();
    }

    /// <summary>A mail to oneself with a command as subject.</summary>
    public async Task CommandAsync(string person, string subject)
    {
        using var client = new SmtpClient();
        await client.ConnectAsync("127.0.0.1", _smtp.Port, SecureSocketOptions.None, TestContext.Current.CancellationToken);
        await client.AuthenticateAsync(new SaslMechanismPlain(person, Password), TestContext.Current.CancellationToken);
        await client.SendAsync(new MimeMessage([MailboxAddress.Parse(person)], [MailboxAddress.Parse(person)], subject, new TextPart("plain")), TestContext.Current.CancellationToken);
        await client.DisconnectAsync(true, TestContext.Current.CancellationToken);
    }

    /// <summary>What would have become of the mails of the last hours under a draft.</summary>
    public Task<ClusterMail.Admin.Contract.PolicyWhatIfResult> WhatIfAsync(ClusterMail.Approval.Policies.LevelKind kind, string owner, string draft) => new NodeExplain(_node, _options).WhatIfAsync(
        new ClusterMail.Approval.Policies.PolicyLevel(kind, owner, 0, ClusterMail.Approval.Policies.ApprovalTable.Parse(draft).Table), DateTimeOffset.UtcNow.AddHours(-3), DateTimeOffset.UtcNow.AddMinutes(1), TestContext.Current.CancellationToken);

    /// <summary>Waits until this node knows what was changed.</summary>
    public Task KnowsAsync(Func<ClusterMail.Queue.Approval.ApprovalLists, bool> what, string about) => Until.TrueAsync(() => Task.FromResult(what(_node.Approval.Watch.Current)), Patience, about);

    public Task<HoldRow> HoldAsync(string content = "From: user2@corp.example\r\nTo: okyaku@client.example\r\nSubject: =?utf-8?B?6KaL56mN?=\r\n\r\nhello", string to = Okyaku) => HoldAsync(Encoding.UTF8.GetBytes(content), to);

    /// <summary>The same, as MailKit sends a mail it has composed.</summary>
    public async Task<HoldRow> HoldAsync(MimeMessage message)
    {
        using var client = new SmtpClient();
        await client.ConnectAsync("127.0.0.1", _smtp.Port, SecureSocketOptions.None, TestContext.Current.CancellationToken);
        await client.AuthenticateAsync(new SaslMechanismPlain(User2, Password), TestContext.Current.CancellationToken);
        await client.SendAsync(message, TestContext.Current.CancellationToken);
        await client.DisconnectAsync(true, TestContext.Current.CancellationToken);
        return await NewestAsync();
    }

    private async Task<HoldRow> NewestAsync() => (await Reader.FindAsync(await Database.ScalarAsync<long>("SELECT max(id) FROM hold"), default))!;

    public async Task<HoldRow> AgainAsync(HoldRow row) => (await Reader.FindAsync(row.Id, default))!;

    /// <summary>The path of the link in the newest request of a held mail to one approver.</summary>
    public async Task<string> LinkAsync(HoldRow hold, string approver = Bucho)
    {
        var request = await MailAsync($"{new MessageId(hold.Id)}-A0001", approver);
        return new Uri(request.TextBody!.Split('\n').Select(line => line.Trim()).First(line => line.StartsWith("https://approve.corp.example/a/", StringComparison.Ordinal))).AbsolutePath;
    }

    /// <summary>The mail of a printed name to this recipient, when it is in the queue.</summary>
    public async Task<MimeMessage> MailAsync(string name, string recipient)
    {
        const string Sql = "SELECT m.content FROM mail m JOIN recipient r ON r.mail_id = m.id WHERE m.name = $1 AND r.forward_path = $2 ORDER BY m.id DESC LIMIT 1";
        await Until.TrueAsync(async () => await Database.ScalarAsync<long>($"SELECT count(*) FROM ({Sql}) AS found", name, recipient) == 1, Patience, $"{name} to {recipient} is in the queue");
        return await MimeMessage.LoadAsync(new MemoryStream(await Database.ScalarAsync<byte[]>(Sql, name, recipient)));
    }

    /// <summary>The octets that leave for the outside under the HoldId, once the mail was approved; those of large mails from their chunks.</summary>
    public async Task<byte[]> ReleasedAsync(HoldRow hold)
    {
        await Until.TrueAsync(async () => (await AgainAsync(hold)).ReleasedAt is not null, Patience, $"{hold.Id} is released");
        return await Database.ScalarAsync<byte[]>("SELECT coalesce(m.content, (SELECT string_agg(c.data, ''::bytea ORDER BY c.seq) FROM mail_chunk c WHERE c.mail_id = m.id)) FROM mail m WHERE m.name = $1", new MessageId(hold.Id).ToString());
    }

    /// <summary>Types and results of the audit of a group, with the channel where there is one.</summary>
    public async Task<IReadOnlyList<string>> AuditedAsync(HoldRow hold)
    {
        var audit = new AuditStore(Database.Source);
        await audit.ChainAsync(default);
        return [.. (await audit.OfAsync([hold.Id], default)).Select(row =>
        {
            using var json = System.Text.Json.JsonDocument.Parse(row.Record);
            string? Of(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            return $"{Of("type")} {Of("result")} {Of("channel")} {Of("auth")}".TrimEnd();
        })];
    }

    private static byte[] Stuffed(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content).Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(text.StartsWith('.') ? "." + text : text);
    }

    public Browser Open() => new(Site);

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync(TimeSpan.FromSeconds(5));
        await _node.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_spool, recursive: true);
    }
}

/// <summary>Asks for pages as a browser without script does: keeps its cookie, follows nothing by itself.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _client;
    private string? _cookie;

    public Browser(Uri site)
    {
        _client = new HttpClient(Handler()) { BaseAddress = site, Timeout = PageScene.Patience };
        _client.DefaultRequestHeaders.Add("Accept-Language", "ja,en;q=0.5");
    }

    /// <summary>Follows nothing, keeps nothing, and takes whatever certificate is shown.</summary>
    public static SocketsHttpHandler Handler() => new() { AllowAutoRedirect = false, UseCookies = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };

    public HttpResponseMessage Response { get; private set; } = null!;

    /// <summary>Of the last answer.</summary>
    public string Html { get; private set; } = "";

    public HttpStatusCode Status => Response.StatusCode;

    /// <summary>The cookie as it was set, with its attributes.</summary>
    public string? SetCookie { get; private set; }

    public Task<string> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public Task<string> PostAsync(string path, Dictionary<string, string> form, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(form), headers);

    /// <summary>Posts the form of the page that was got last, with its hidden values.</summary>
    public Task<string> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        // Of several forms the first that goes there.
        var html = System.Text.RegularExpressions.Regex.Match(Html, $"<form[^>]*action=\"{System.Text.RegularExpressions.Regex.Escape(path)}[?\"].*?</form>", System.Text.RegularExpressions.RegexOptions.Singleline) is { Success: true } own ? own.Value : Html;
        var form = System.Text.RegularExpressions.Regex.Matches(html, "<input type=\"hidden\" name=\"([a-z0-9]+)\" value=\"([^\"]*)\"").ToDictionary(field => field.Groups[1].Value, field => WebUtility.HtmlDecode(field.Groups[2].Value));
        foreach (var (name, value) in fields)
            form[name] = value;
        return PostAsync(path, form);
    }

    /// <summary>Opens a page through the login.</summary>
    public async Task<string> LogInAsync(string path, string account, string password = PageScene.Password)
    {
        Assert.Contains("type=\"password\"", await GetAsync(path), StringComparison.Ordinal);
        await SubmitAsync(path, ("account", account), ("password", password));
        return Status == HttpStatusCode.SeeOther ? await GetAsync(Response.Headers.Location!.ToString()) : Html;
    }

    public async Task<string> SendAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (_cookie is not null)
            request.Headers.Add("Cookie", _cookie);
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
        Response = await _client.SendAsync(request);
        Html = await Response.Content.ReadAsStringAsync();
        if (Response.Headers.TryGetValues("Set-Cookie", out var cookies))
            (SetCookie, _cookie) = (cookies.First(), cookies.First().Split(';')[0]);
        return Html;
    }

    public void Dispose() => _client.Dispose();
}
