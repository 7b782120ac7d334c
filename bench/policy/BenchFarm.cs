using System.Diagnostics;
using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Policy;

/// <summary>One node with an inventory. It does not deliver: what is measured is how fast it takes mail.</summary>
internal sealed class BenchFarm : IAsyncDisposable
{
    private const int Sessions = 20;
    private const int Octets = 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Farm _farm;
    private readonly Inventory _inventory;

    private BenchFarm(Farm farm, Inventory inventory) => (_farm, _inventory) = (farm, inventory);

    private FarmNode Node => _farm.Nodes[0];

    /// <summary>Resident memory of the node, MB.</summary>
    public long Resident => long.Parse(
        File.ReadLines($"/proc/{Node.Pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        CultureInfo.InvariantCulture) / 1024;

    public static async Task<BenchFarm> StartAsync(Inventory inventory)
    {
        var farm = await Farm.StartAsync(1);
        var bench = new BenchFarm(farm, inventory);
        var folder = farm.Data;
        await File.WriteAllTextAsync(Path.Combine(folder, "accounts.tsv"), inventory.AccountFile());
        await File.WriteAllTextAsync(Path.Combine(folder, "aliases.txt"), inventory.AliasTable());
        await File.WriteAllTextAsync(Path.Combine(folder, "effect.dat"), inventory.RelayList());
        await bench.MustAsync("domain", "add", Inventory.Domain, "--local");
        await bench.MustAsync("account", "import", "--domain", Inventory.Domain, Path.Combine(folder, "accounts.tsv"));
        if (inventory.Aliases > 0)
            await bench.MustAsync("alias", "import", Path.Combine(folder, "aliases.txt"), "--yes");
        await bench.MustAsync("relay", "import", Path.Combine(folder, "effect.dat"), "--yes");
        await farm.SetAsync(new Dictionary<string, string> { ["receive.max_sessions_per_address"] = "0", ["log.receivelog"] = "off" });
        await farm.SwitchAsync("deliver", "off");
        await Until.TrueAsync(() => bench.TakesAsync(inventory.Alias), Limit, "the inventory in force");
        return bench;
    }

    /// <summary>Mails a second: 20 sessions that stay connected, to an alias or an account.</summary>
    public async Task<double> AcceptAsync(int mails)
    {
        var clock = Stopwatch.StartNew();
        await Tool.MustAsync(
            Limit, "smtp-source", "-d", "-s", Text(Sessions), "-m", Text(mails), "-l", Text(Octets), "-f", "someone@example.net", "-t", _inventory.Alias, Node.Receiver.ToString());
        return mails / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Seconds from the moment the command has answered until the node takes mail for an account just made.</summary>
    public async Task<double> NewAccountAsync(string name)
    {
        await MustAsync("account", "add", $"{name}@{Inventory.Domain}", "--no-password");
        return (await Until.TrueAsync(() => TakesAsync($"{name}@{Inventory.Domain}"), Limit, "the new account in force")).TotalSeconds;
    }

    /// <summary>The same for a line put on top of the relay list that refuses a sender.</summary>
    public async Task<double> NewLineAsync(string sender)
    {
        var file = Path.Combine(_farm.Data, "effect.dat");
        await File.WriteAllTextAsync(file, $"#<> default\n{sender} false\n{_inventory.RelayList()}");
        await MustAsync("relay", "import", file, "--yes");
        return (await Until.TrueAsync(async () => !await TakesAsync(_inventory.Account, sender), Limit, "the new line in force")).TotalSeconds;
    }

    private async Task<bool> TakesAsync(string to, string from = "someone@example.net")
    {
        using var client = await SmtpConversation.OpenAsync(Node.Receiver, IPAddress.Parse("127.0.0.9"));
        await client.SayAsync("EHLO bench.test");
        return (await client.SayAsync($"MAIL FROM:<{from}>")).StartsWith('2') && (await client.SayAsync($"RCPT TO:<{to}>")).StartsWith('2');
    }

    private Task<string> MustAsync(params IReadOnlyList<string> words) => Tool.MustAsync(Limit, Farm.Program("clustermail"), [.. words, "--data", _farm.Data]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => _farm.DisposeAsync();
}
