using System.Globalization;
using System.Net;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)]

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>
/// One farm for all tests of this folder. Each test takes a sink with a domain of its own, so that no test waits for settings or sees another's mail.
/// 127.0.0.1 may relay; every other loopback address is a stranger.
/// </summary>
public sealed class FarmFixture : IAsyncLifetime
{
    /// <summary>The operated domain; its mail goes to <see cref="Operated"/>.</summary>
    public const string Domain = "example.jp";
    public const string HostName = "mx.example.jp";

    /// <summary>Seconds between retries on this farm: 0, 1, 3, 6, 15 and 30 of them after the first attempt (RETRY-8).</summary>
    public const int RetrySeconds = 10;

    private readonly List<RecordingSink> _sinks = [];
    private readonly int _deliveryPort = Ports.Block(1);
    private readonly int _tlsPorts = Ports.Block(4);
    private int _taken;

    /// <summary>The relay list of this farm.</summary>
    public const string RelayRules = "127.0.0.1 true\n#<> default\n#blank false";

    public static IPAddress Stranger { get; } = IPAddress.Parse("127.0.0.9");

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;
    public RecordingSink Operated { get; } = new();
    public NameServer Names { get; private set; } = null!;

    /// <summary>Mail for <c>postfix.test</c> goes to this port, where a test may start a Postfix.</summary>
    public int PostfixPort { get; } = Ports.Block(1);

    /// <summary>The nodes trust this authority, and no other, where they verify a host's certificate.</summary>
    public CertificateAuthority Authority { get; } = new();

    /// <summary>
    /// Mail for <c>POLICY-PEER.test</c> goes to the host <c>POLICY-PEER.tls.test</c> on this port. A host for each pair, because a host that failed one test
    /// is left alone for a while.
    /// </summary>
    public int TlsPort(TlsPeer peer) => _tlsPorts + peer switch { TlsPeer.Right or TlsPeer.Wrong => 0, TlsPeer.Self => 1, TlsPeer.Broken => 2, _ => 3 };

    /// <summary>Outgoing connections to MX hosts go to this port (DELIV-3).</summary>
    public int DeliveryPort => _deliveryPort;
    public IPEndPoint Receiver => Farm.Nodes[0].Receiver;

    public async ValueTask InitializeAsync()
    {
        Names = await NameServer.StartAsync(Zones, "127.0.0.153");
        for (var number = 0; number < 128; number++)
            _sinks.Add(new RecordingSink());
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(3, null, $"SSL_CERT_FILE={Authority.RootFile}");
        await Farm.SetAsync(new Dictionary<string, string>
        {
            ["net.host_name"] = HostName,
            ["domain.table"] = $"{Domain} relay",
            ["relay.rules"] = RelayRules,
            ["route.table"] = RouteTable(),
            ["dns.servers"] = Names.Address.ToString(),
            ["delivery.port"] = _deliveryPort.ToString(CultureInfo.InvariantCulture),
            ["delivery.retry_seconds"] = RetrySeconds.ToString(CultureInfo.InvariantCulture),
            ["receive.max_rcpt"] = "1000",
            ["receive.max_bytes"] = "78643200",
        });
    }

    /// <summary>A sink no other test uses, and the domain whose mail goes there.</summary>
    public (RecordingSink Sink, string Domain) TakeSink()
    {
        var number = Interlocked.Increment(ref _taken) - 1;
        return (_sinks[number], string.Create(CultureInfo.InvariantCulture, $"s{number}.test"));
    }

    /// <summary>Sends a mail through the first node.</summary>
    /// <param name="mail">Parameters of MAIL.</param>
    /// <param name="recipient">Parameters of RCPT.</param>
    /// <returns>The mail's number, as the 354 line tells it.</returns>
    public async Task<string> SendAsync(string from, string to, string mail = "", string recipient = "")
    {
        using var client = await SmtpConversation.OpenAsync(Receiver);
        await client.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await client.SayAsync($"MAIL FROM:<{from}> {mail}".TrimEnd()), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync($"RCPT TO:<{to}> {recipient}".TrimEnd()), StringComparison.Ordinal);
        var data = await client.SayAsync("DATA");
        await client.SendAsync($"Message-ID: <{Guid.NewGuid():N}@{FarmFixture.HostName}>\r\nSubject: test\r\n\r\nbody\r\n");
        Assert.StartsWith("250", await client.SayAsync("."), StringComparison.Ordinal);
        return data[(data.IndexOf('<', StringComparison.Ordinal) + 1)..data.IndexOf('>', StringComparison.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        if (Farm is not null)
            await Farm.DisposeAsync();
        Authority.Dispose();
        foreach (var sink in _sinks.Append(Operated))
            await sink.DisposeAsync();
        await Names.DisposeAsync();
    }

    /// <summary>Mail for <c>loop.test</c> comes back to the farm itself; <c>dead.test</c> and <c>void.test</c> have a gateway where nobody listens.</summary>
    public string RouteTable() => string.Join('\n',
    [
        .. _sinks.Select((sink, number) => string.Create(CultureInfo.InvariantCulture, $"s{number}.test,127.0.0.1,{sink.Port}")),
        $"{Domain},127.0.0.1,{Operated.Port}",
        $"loop.test,127.0.0.1,{Receiver.Port}",
        "dead.test,127.0.0.1,9",
        "void.test,127.0.0.1,10",
        string.Create(CultureInfo.InvariantCulture, $"postfix.test,127.0.0.1,{PostfixPort}"),
        .. from policy in TlsPolicies
           from peer in Enum.GetValues<TlsPeer>()
           select string.Create(CultureInfo.InvariantCulture, $"{TlsName(policy, peer)}.test,{TlsName(policy, peer)}.tls.test,{TlsPort(peer)}"),
    ]);

    /// <summary>The values of <c>delivery.tls</c>.</summary>
    public static IReadOnlyList<string> TlsPolicies { get; } = ["opportunistic", "required", "verified", "none"];

    public static string TlsName(string policy, TlsPeer peer) => $"{policy}-{peer}".ToLowerInvariant();

    private static Dictionary<string, string> Zones => new()
    {
        ["two-mx.test"] = "@ MX 10 mx1\n@ MX 20 mx2\nmx1 A 127.0.0.161\nmx2 A 127.0.0.162",
        ["null-mx.test"] = "@ MX 0 .\n@ A 127.0.0.162",
        ["address-only.test"] = "@ A 127.0.0.162",
        ["tls.test"] = "* A 127.0.0.1",
        ["spf.test"] = "@ TXT \"v=spf1 ip4:192.0.2.7 -all\"",
    };
}

/// <summary>Hosts as they meet a sender that speaks TLS.</summary>
public enum TlsPeer
{
    /// <summary>A certificate of the trusted authority for the host's name.</summary>
    Right,

    /// <summary>A certificate of the trusted authority for another name.</summary>
    Wrong,

    /// <summary>A certificate nobody but itself signed.</summary>
    Self,

    /// <summary>Offers STARTTLS and then speaks no version of TLS anybody should use.</summary>
    Broken,

    /// <summary>Does not offer STARTTLS.</summary>
    Clear,
}

[CollectionDefinition(nameof(FarmCollection))]
public sealed class FarmCollection : ICollectionFixture<FarmFixture>;
