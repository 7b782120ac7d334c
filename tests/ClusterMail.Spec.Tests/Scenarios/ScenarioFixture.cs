using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Scenarios;

/// <summary>
/// The servers of chapter 10, each a program of its own: GW is one node of ours, IN and OUT are Postfix, and behind each of those a sink stands for its mailboxes.
/// The three are told apart by their loopback address, as the real ones are by theirs.
/// </summary>
public sealed class ScenarioFixture : IAsyncLifetime
{
    public const string GatewayName = "gw.example.jp";

    private static readonly IPAddress InnerAddress = IPAddress.Parse("127.0.0.102");
    private static readonly IPAddress OutsideAddress = IPAddress.Parse("127.0.0.109");
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(30);

    private NameServer _names = null!;
    private string _aliases = "";

    public ClusterMail.Testing.Processes.Farm Farm { get; private set; } = null!;

    /// <summary>IN: takes example.jp into <see cref="InnerBox"/> and sends everything else to GW (SCN-3).</summary>
    public Postfix Inner { get; private set; } = null!;

    /// <summary>OUT: the MX of example.org, which it takes into <see cref="OutsideBox"/>; for example.jp GW is the MX (SCN-1).</summary>
    public Postfix Outside { get; private set; } = null!;

    public RecordingSink InnerBox { get; } = new();
    public RecordingSink OutsideBox { get; } = new();

    public IPEndPoint Gateway => Farm.Nodes[0].Receiver;

    public async ValueTask InitializeAsync()
    {
        _names = await NameServer.StartAsync(new Dictionary<string, string> { ["example.org"] = $"@ MX 10 mx\nmx A {OutsideAddress}" }, "127.0.0.154");
        Farm = await ClusterMail.Testing.Processes.Farm.StartAsync(1);
        var (innerPort, outsidePort) = (Ports.Block(1), Ports.Block(1));
        Inner = await StartAsync("in.example.jp", new IPEndPoint(InnerAddress, innerPort), "example.jp", InnerBox);
        Outside = await StartAsync("mx.example.org", new IPEndPoint(OutsideAddress, outsidePort), "example.org", OutsideBox);
        await Farm.RunAsync("settings", "set", $"net.host_name={GatewayName}", "domain.table=dummy.example.com local", "route.forward_all=true",
            string.Create(CultureInfo.InvariantCulture, $"route.table=example.jp,{InnerAddress},{innerPort}"), $"dns.servers={_names.Address}",
            string.Create(CultureInfo.InvariantCulture, $"delivery.port={outsidePort}"), "log.receivelog=on", "log.senderlog=long");
        await Farm.RunAsync("account", "add", "dummy@dummy.example.com", "--no-password");
    }

    private Task<Postfix> StartAsync(string name, IPEndPoint endPoint, string domain, RecordingSink box) => Postfix.StartAtAsync(
        endPoint, Gateway, $"myhostname = {name}", $"smtp_bind_address = {endPoint.Address}", string.Create(CultureInfo.InvariantCulture, $"transport_maps = inline:{{{domain}=smtp:[127.0.0.1]:{box.Port}}}"));

    /// <summary>Gives GW a relay list, aliases and settings, and waits until it has them.</summary>
    /// <param name="aliases">Each leads to itself: SCN-A2, SCN-B1.</param>
    public async Task ConfigureAsync(string relay, IReadOnlyList<string> aliases, params IReadOnlyList<string> settings)
    {
        var saved = await Farm.RunAsync(["settings", "set", $"relay.rules={relay}", .. settings]);
        var table = string.Join('\n', aliases.Select(alias => $"{alias} -> {alias}")) + "\n";
        if (table != _aliases)
        {
            var file = Path.GetTempFileName();
            await File.WriteAllTextAsync(file, table);
            await Farm.RunAsync("alias", "import", file, "--yes");
            File.Delete(file);
            _aliases = table;
        }
        var version = long.Parse(saved.Split('\n')[0].Split(' ')[^1], CultureInfo.InvariantCulture);
        await Until.TrueAsync(async () =>
        {
            var answer = await Farm.JsonAsync(["explain", "--ip", "203.0.113.9", "--from", "<>", "--to", "c@example.jp", .. aliases.SelectMany(alias => (string[])["--to", alias.Replace('*', 'x')])]);
            var recipients = answer.GetProperty("recipients").EnumerateArray().Select(one => one.GetProperty("reply").GetString()!.StartsWith("250", StringComparison.Ordinal)).ToArray();
            return answer.GetProperty("settingsVersion").GetInt64() >= version && recipients.Skip(1).All(taken => taken) && recipients[0] == aliases.Contains("*@example.jp");
        }, InForce, "list and aliases in force");
    }

    /// <summary>What GW answers a client at this address, up to the first refusal.</summary>
    public async Task<string> AskAsync(string client, string from, string? to = null)
    {
        using var asked = await SmtpConversation.OpenAsync(Gateway, IPAddress.Parse(client == "IN" ? "127.0.0.102" : "127.0.0.109"));
        await asked.SayAsync("EHLO client.example");
        var answer = await asked.SayAsync($"MAIL FROM:<{from}>");
        if (to is not null && answer.StartsWith("250", StringComparison.Ordinal))
            answer = await asked.SayAsync($"RCPT TO:<{to}>");
        return answer;
    }

    /// <summary>Gives a mail to IN or OUT, as a user of that server would.</summary>
    public static async Task SendAsync(Postfix server, string from, string to, string id)
    {
        using var client = await SmtpConversation.OpenAsync(server.EndPoint);
        await client.SayAsync("EHLO user.example");
        Assert.StartsWith("250", await client.MailAsync(
            from, [to], $"Message-ID: <{id}@user.example>\r\nFrom: <{from}>\r\nTo: <{to}>\r\nSubject: {id}\r\nDate: Sat, 21 Nov 2026 12:00:00 +0900\r\n\r\nbody of {id}"), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (Inner is not null)
            await Inner.DisposeAsync();
        if (Outside is not null)
            await Outside.DisposeAsync();
        if (Farm is not null)
            await Farm.DisposeAsync();
        await InnerBox.DisposeAsync();
        await OutsideBox.DisposeAsync();
        if (_names is not null)
            await _names.DisposeAsync();
    }
}

[CollectionDefinition(nameof(ScenarioCollection))]
public sealed class ScenarioCollection : ICollectionFixture<ScenarioFixture>;
