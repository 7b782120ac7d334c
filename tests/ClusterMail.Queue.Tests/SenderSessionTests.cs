using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Queue.Senders;
using ClusterMail.Routing.Dns;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace ClusterMail.Queue.Tests;

/// <summary>SPF, DKIM and DMARC end to end: real sessions behind a balancer, a real name server, real keys (CONF-19).</summary>
public sealed class SenderSessionTests : IAsyncLifetime, ILogger<SenderDoor>
{
    private const string Good = "192.0.2.7", Stranger = "203.0.113.9";
    private const string Received = "250 2.0.0 Message received ok.";
    private readonly Ed25519KeyParametersPair _key = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DnsServer _server = null!;
    private CountingRecords _dns = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await DnsServer.StartAsync(new Dictionary<string, string>
        {
            ["example"] = $"""
                strict TXT "v=spf1 ip4:192.0.2.0/24 -all"
                _dmarc.strict TXT "v=DMARC1; p=reject"
                s1._domainkey.strict TXT "{_key.Record}"
                mild TXT "v=spf1 ~all"
                _dmarc.mild TXT "v=DMARC1; p=quarantine"
                """,
        });
        _dns = new CountingRecords(new SenderRecords(new ResolverOptions { Servers = [_server.EndPoint] }, TimeProvider.System));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task<AuthScene> StartAsync(string spf, string dkim, string dmarc, params (string, string)[] more) =>
        StartAsync(_dns, 100, [("receive.spf", spf), ("receive.dkim", dkim), ("receive.dmarc", dmarc), .. more]);

    private async Task<AuthScene> StartAsync(IDnsRecords dns, int waiting, params (string, string)[] settings) =>
        await AuthScene.StartAsync(_ => new SenderDoor(() => dns, () => null, TimeProvider.System, this, waiting), [("net.host_name", "mx.example.jp"), ("auth.methods", "NO"), .. settings]);

    private static string Mail(string from, string more = "") => $"{more}From: <{from}>\r\nSubject: x\r\n\r\nbody\r\n";

    /// <summary>The answer to one mail of a client with that address.</summary>
    private static async Task<string> SendAsync(AuthScene scene, string client, string path, string content)
    {
        using var talk = await SmtpConversation.OpenAsync(scene.Proxied, greet: false);
        await talk.SendAsync($"PROXY TCP4 {client} 192.0.2.1 40000 25\r\n");
        await talk.ReadAsync();
        await talk.SayAsync("EHLO mail.client.example");
        return await talk.MailAsync(path, ["taro@example.jp"], content);
    }

    private static async Task<string> StoredAsync(AuthScene scene)
    {
        await using var stream = Assert.Single(scene.Mails).Content.OpenRead();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    [Fact]
    public async Task CONF_19_enforced_SPF_refuses_a_failure_and_takes_a_pass()
    {
        await using var scene = await StartAsync("enforce", "off", "off");
        Assert.Equal("550 5.7.23 SPF validation failed: strict.example does not let 203.0.113.9 send its mail.", await SendAsync(scene, Stranger, "a@strict.example", Mail("a@strict.example")));
        Assert.Equal(Received, await SendAsync(scene, Good, "a@strict.example", Mail("a@strict.example")));
        Assert.StartsWith("Authentication-Results: mx.example.jp;\r\n\tspf=pass smtp.mailfrom=strict.example;\r\n\tspf=none smtp.helo=mail.client.example\r\nReceived: ", await StoredAsync(scene), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CONF_19_enforced_DMARC_refuses_a_forged_author_and_takes_a_signed_one()
    {
        await using var scene = await StartAsync("log", "tag", "enforce");
        Assert.Equal("550 5.7.1 Refused by the DMARC policy of strict.example.", await SendAsync(scene, Stranger, "a@elsewhere.example", Mail("ceo@strict.example")));
        Assert.Equal(Received, await SendAsync(scene, Stranger, "a@elsewhere.example", await _key.SignAsync(Mail("ceo@strict.example"), "strict.example")));
        var stored = await StoredAsync(scene);
        Assert.Contains("\tdkim=pass header.d=strict.example header.s=s1 header.b=", stored, StringComparison.Ordinal);
        Assert.Contains("\tdmarc=pass (p=reject dis=none) header.from=strict.example\r\n", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("spf=", stored, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CONF_19_enforced_DKIM_refuses_signed_mail_that_was_changed()
    {
        await using var scene = await StartAsync("off", "enforce", "off");
        var signed = await _key.SignAsync(Mail("a@strict.example"), "strict.example");
        Assert.Equal("550 5.7.20 No passing DKIM signature found.", await SendAsync(scene, Stranger, "a@elsewhere.example", signed.Replace("body", "virus", StringComparison.Ordinal)));
        Assert.Equal(Received, await SendAsync(scene, Stranger, "a@elsewhere.example", Mail("a@strict.example")));
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(1_048_576)]
    public async Task CONF_19_tagged_mail_loses_forged_headers_and_not_an_octet_of_its_body(int inMemory)
    {
        await using var scene = await StartAsync("tag", "tag", "tag", ("receive.max_content_in_memory", $"{inMemory}"));
        var body = string.Concat(Enumerable.Range(0, 2000).Select(n => $"line {n} \xE4\r\n"));
        const string kept = "Authentication-Results: other.example; spf=pass\r\nFrom: <a@mild.example>\r\nSubject: x\r\n\r\n";
        Assert.Equal(Received, await SendAsync(scene, Stranger, "a@mild.example", $"authentication-RESULTS: MX.example.jp;\r\n dkim=pass\r\n{kept}{body}"));
        Assert.Equal(inMemory < 20_000, scene.Mails[0].Content.Memory is null);
        var stored = await StoredAsync(scene);
        Assert.StartsWith(
            "Authentication-Results: mx.example.jp;\r\n\tspf=softfail smtp.mailfrom=mild.example;\r\n\tspf=none smtp.helo=mail.client.example;\r\n\tdkim=none;\r\n"
            + "\tdmarc=fail (p=quarantine dis=quarantine) header.from=mild.example\r\nReceived: ", stored, StringComparison.Ordinal);
        Assert.EndsWith($"\r\n{kept}{body}", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("dkim=pass", stored, StringComparison.Ordinal);
        Assert.Equal(scene.Mails[0].Content.Length, stored.Length);
        scene.Mails[0].Content.Dispose();
    }

    [Fact]
    public async Task CONF_19_log_accepts_as_it_is_and_says_afterwards_what_it_found()
    {
        await using var scene = await StartAsync("log", "log", "log");
        Assert.Equal(Received, await SendAsync(scene, Stranger, "a@strict.example", Mail("a@strict.example", "Authentication-Results: mx.example.jp; none\r\n")));
        var line = await _firstLine.Task.WaitAsync(AuthScene.Patience);
        Assert.StartsWith("B0000000098 from 203.0.113.9, session ", line, StringComparison.Ordinal);
        Assert.Contains("spf=fail (-all of strict.example)", line, StringComparison.Ordinal);
        Assert.Contains("dkim=none", line, StringComparison.Ordinal);
        Assert.EndsWith("dmarc=fail (From: strict.example, p=reject, policy at strict.example), accepted", line, StringComparison.Ordinal);
        Assert.StartsWith("Received: ", await StoredAsync(scene), StringComparison.Ordinal);
        Assert.Contains("Authentication-Results: mx.example.jp; none\r\n", await StoredAsync(scene), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CONF_19_log_never_waits_for_DNS_and_leaves_out_what_is_too_much()
    {
        await using var scene = await StartAsync(new SilentRecords(), 2, ("receive.spf", "log"));
        using var dropped = new DroppedCount();
        for (var i = 0; i < 40; i++)
            Assert.Equal(Received, await SendAsync(scene, Stranger, "a@strict.example", Mail("a@strict.example")));
        Assert.Equal(40, scene.Mails.Count);
        Assert.True(dropped.Value > 0);
        Assert.Empty(_lines);
    }

    [Fact]
    public async Task CONF_19_enforced_without_an_answer_of_DNS_the_client_comes_again()
    {
        await using var scene = await StartAsync(new SilentRecords(), 2, ("receive.spf", "enforce"), ("receive.sender_check_seconds", "1"));
        Assert.Equal("451 4.7.24 SPF cannot be checked now, try again later.", await SendAsync(scene, Stranger, "a@strict.example", Mail("a@strict.example")));
        await using var tagging = await StartAsync(new SilentRecords(), 2, ("receive.spf", "tag"), ("receive.sender_check_seconds", "1"));
        Assert.Equal(Received, await SendAsync(tagging, Stranger, "a@strict.example", Mail("a@strict.example")));
        Assert.StartsWith("Authentication-Results: mx.example.jp;\r\n\tspf=temperror smtp.mailfrom=strict.example\r\n", await StoredAsync(tagging), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CONF_19_known_clients_and_this_machine_are_not_checked_and_DNS_is_not_asked()
    {
        await using var scene = await StartAsync("off", "off", "off");
        await scene.SaveAsync(("domain.table", "example.jp local"), ("relay.rules", "203.0.113.* default\n*@strict.example true"), ("net.host_name", "mx.example.jp"), ("auth.methods", "NO"),
            ("receive.spf", "enforce"), ("receive.dkim", "enforce"), ("receive.dmarc", "enforce"));
        var forged = Mail("ceo@strict.example", "Authentication-Results: mx.example.jp; none\r\n");
        Assert.Equal(Received, await SendAsync(scene, Stranger, "a@strict.example", forged));
        Assert.Equal(Received, await SendAsync(scene, "127.0.0.9", "a@strict.example", forged));
        Assert.Equal(0, _dns.Count);
        // A line about senders is no such line: anybody can claim one.
        Assert.StartsWith("550 5.7.1 ", await SendAsync(scene, "198.51.100.1", "a@strict.example", forged), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CONF_19_whoever_has_logged_in_is_not_checked()
    {
        await using var scene = await AuthScene.StartAsync(_ => new SenderDoor(() => _dns, () => null, TimeProvider.System, this), ("receive.spf", "enforce"), ("compat.auth.allow_clear", "true"), ("auth.sender_trust", "1"));
        using var talk = await SmtpConversation.OpenAsync(scene.Proxied, greet: false);
        await talk.SendAsync($"PROXY TCP4 {Stranger} 192.0.2.1 40000 25\r\n");
        await talk.ReadAsync();
        await talk.SayAsync("EHLO pc");
        await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0taro@example.jp\0Secret123"u8));
        Assert.Equal(Received, await talk.MailAsync("a@strict.example", ["hanako@example.jp"], Mail("a@strict.example")));
        Assert.Equal(0, _dns.Count);
    }

    [Fact]
    public async Task CONF_19_the_null_path_is_judged_by_HELO_alone()
    {
        await using var scene = await StartAsync("enforce", "off", "off");
        using var talk = await SmtpConversation.OpenAsync(scene.Proxied, greet: false);
        await talk.SendAsync($"PROXY TCP4 {Stranger} 192.0.2.1 40000 25\r\n");
        await talk.ReadAsync();
        await talk.SayAsync("EHLO strict.example");
        Assert.StartsWith("550 5.7.23 ", await talk.MailAsync("", ["taro@example.jp"], Mail("a@mild.example")), StringComparison.Ordinal);
        await talk.SayAsync("EHLO mail.client.example");
        Assert.Equal(Received, await talk.MailAsync("", ["taro@example.jp"], Mail("a@strict.example")));
    }

    [Fact]
    public async Task CONF_19_a_header_block_too_long_to_be_looked_through_is_refused()
    {
        await using var scene = await StartAsync("tag", "off", "off");
        var filler = string.Concat(Enumerable.Repeat($"X-Filler: {new string('x', 900)}\r\n", 1400));
        Assert.Equal("552 5.3.4 Message header size exceeds limit.", await SendAsync(scene, Stranger, "a@mild.example", filler + Mail("a@mild.example", "Authentication-Results: mx.example.jp; none\r\n")));
        Assert.Empty(scene.Mails);
    }

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        _lines.Enqueue(line);
        _firstLine.TrySetResult(line);
    }

    bool ILogger.IsEnabled(LogLevel logLevel) => true;
    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    /// <summary>How often the measurement of dropped checks was raised.</summary>
    private sealed class DroppedCount : IDisposable
    {
        private readonly System.Diagnostics.Metrics.MeterListener _listener = new();
        private long _value;

        public DroppedCount()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "clustermail.queue.sender_checks_dropped")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _value, value));
            _listener.Start();
        }

        public long Value => Interlocked.Read(ref _value);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class CountingRecords(IDnsRecords below) : IDnsRecords
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) => Counted(below.TextAsync(name, cancel));
        public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancel) => Counted(below.AddressesAsync(name, family, cancel));
        public ValueTask<DnsAnswer<string>> MailHostsAsync(string name, CancellationToken cancel) => Counted(below.MailHostsAsync(name, cancel));
        public ValueTask<DnsAnswer<string>> NamesAsync(IPAddress address, CancellationToken cancel) => Counted(below.NamesAsync(address, cancel));

        private T Counted<T>(T answer)
        {
            Interlocked.Increment(ref _count);
            return answer;
        }
    }

    /// <summary>A name server that says nothing, for as long as it is waited for.</summary>
    private sealed class SilentRecords : IDnsRecords
    {
        public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) => NeverAsync<string>(cancel);
        public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancel) => NeverAsync<IPAddress>(cancel);
        public ValueTask<DnsAnswer<string>> MailHostsAsync(string name, CancellationToken cancel) => NeverAsync<string>(cancel);
        public ValueTask<DnsAnswer<string>> NamesAsync(IPAddress address, CancellationToken cancel) => NeverAsync<string>(cancel);

        private static async ValueTask<DnsAnswer<T>> NeverAsync<T>(CancellationToken cancel)
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return default;
        }
    }

    /// <summary>A key pair, its record, and mails signed with it.</summary>
    private sealed class Ed25519KeyParametersPair
    {
        private readonly AsymmetricCipherKeyPair _pair;

        public Ed25519KeyParametersPair()
        {
            var generator = new Ed25519KeyPairGenerator();
            generator.Init(new Ed25519KeyGenerationParameters(new SecureRandom()));
            _pair = generator.GenerateKeyPair();
        }

        public string Record => $"v=DKIM1; k=ed25519; p={Convert.ToBase64String(((Ed25519PublicKeyParameters)_pair.Public).GetEncoded())}";

        public async Task<string> SignAsync(string mail, string domain)
        {
            var message = await MimeMessage.LoadAsync(new MemoryStream(Encoding.ASCII.GetBytes(mail)));
            new DkimSigner(_pair.Private, domain, "s1", DkimSignatureAlgorithm.Ed25519Sha256).Sign(message, ["From", "Subject"]);
            var header = message.Headers.First(one => one.Id == HeaderId.DkimSignature);
            return $"{header.Field}:{Encoding.ASCII.GetString(header.RawValue).ReplaceLineEndings("\r\n")}{mail}";
        }
    }
}
