using System.Net;
using System.Net.Sockets;
using ClusterMail.Protocol;
using ClusterMail.Routing.Dns;
using ClusterMail.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Routing.Tests;

/// <summary>The records senders are checked by, from a real name server (CONF-19).</summary>
public sealed class SenderRecordsTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Zones = new()
    {
        ["example.org"] = $"""
            @ TXT "v=spf1 " "-all"
            @ TXT "other"
            @ A 192.0.2.7
            @ AAAA 2001:db8::7
            @ MX 20 Mx2.example.org.
            @ MX 10 mx1.example.org.
            short 30 TXT "brief"
            long TXT {string.Join(' ', Enumerable.Repeat($"\"{new string('x', 250)}\"", 12))}
            """,
        ["2.0.192.in-addr.arpa"] = "7 PTR Mail.example.org.\n",
    };

    private readonly FakeTimeProvider _time = new();
    private DnsServer _server = null!;
    private SenderRecords _records = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await DnsServer.StartAsync(Zones);
        _records = new SenderRecords(new ResolverOptions { Servers = [_server.EndPoint], QueryTimeout = TimeSpan.FromSeconds(5) }, _time);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<LookupEnd> EndAsync(string name) => (await _records.TextAsync(name, default)).End;

    [Fact]
    public async Task CONF_19_the_strings_of_a_TXT_record_are_one_text_RFC_7208_3_3()
    {
        Assert.Equal(["other", "v=spf1 -all"], (await _records.TextAsync("Example.ORG", default)).Records.Order());
        Assert.Equal(3000, Assert.Single((await _records.TextAsync("long.example.org", default)).Records).Length);
    }

    [Fact]
    public async Task CONF_19_addresses_hosts_and_names_come_as_they_are_asked_for()
    {
        Assert.Equal([IPAddress.Parse("192.0.2.7")], (await _records.AddressesAsync("example.org", AddressFamily.InterNetwork, default)).Records);
        Assert.Equal([IPAddress.Parse("2001:db8::7")], (await _records.AddressesAsync("example.org", AddressFamily.InterNetworkV6, default)).Records);
        Assert.Equal(["mx1.example.org", "mx2.example.org"], (await _records.MailHostsAsync("example.org", default)).Records);
        Assert.Equal(["mail.example.org"], (await _records.NamesAsync(IPAddress.Parse("192.0.2.7"), default)).Records);
    }

    [Fact]
    public async Task CONF_19_no_name_no_record_and_no_answer_are_told_apart()
    {
        Assert.Equal(LookupEnd.NoSuchName, await EndAsync("nowhere.example.org"));
        Assert.Equal(LookupEnd.Empty, (await _records.MailHostsAsync("short.example.org", default)).End);
        Assert.Equal(LookupEnd.Failed, await EndAsync("example.net"));
        Assert.Equal(LookupEnd.NoSuchName, await EndAsync(new string('a', 64) + ".example.org"));
        Assert.Equal(LookupEnd.NoSuchName, await EndAsync("a..example.org"));
    }

    [Fact]
    public async Task CONF_19_an_answer_is_remembered_for_as_long_as_DNS_says()
    {
        Assert.Equal(LookupEnd.Found, await EndAsync("short.example.org"));
        await _server.DisposeAsync();
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(LookupEnd.Found, await EndAsync("short.example.org"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(LookupEnd.Failed, await EndAsync("short.example.org"));
        // Trouble is not asked for again at once, however many mails come.
        _server = await DnsServer.StartAsync(Zones);
        Assert.Equal(LookupEnd.Failed, await EndAsync("short.example.org"));
    }

    [Fact]
    public async Task CONF_19_whoever_gives_up_waiting_leaves_the_question_to_the_next()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var records = new SenderRecords(new ResolverOptions { Servers = [(IPEndPoint)silent.LocalEndPoint!], QueryTimeout = TimeSpan.FromMinutes(5) }, _time);
        using var impatient = new CancellationTokenSource();
        var first = records.TextAsync("example.org", impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var second = records.TextAsync("example.org", default).AsTask();
        var octets = new byte[512];
        await silent.ReceiveAsync(octets).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, silent.Available);
        Assert.False(second.IsCompleted);
    }
}
