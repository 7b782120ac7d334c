using System.Globalization;
using Npgsql;

namespace ClusterMail.Testing.Processes;

/// <summary>A farm in which the outside mail of one account waits for one of three approvers, with a sink behind it that keeps what leaves.</summary>
public sealed class ApprovalFarm : IAsyncDisposable
{
    public const string Domain = "corp.example";
    public const string Outside = "sink.test";

    /// <summary>Whose mail is held.</summary>
    public const string Requester = "user2@" + Domain;

    /// <summary>Who has no policy.</summary>
    public const string Free = "user1@" + Domain;

    /// <summary>In the order of the policy line, which is the order in decision texts.</summary>
    public static readonly IReadOnlyList<string> Approvers = ["bucho@" + Domain, "shonin_b@" + Domain, "shonin_a@" + Domain];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ApprovalFarm(Farm farm, RecordingSink sink)
    {
        (Farm, Sink) = (farm, sink);
        Database = NpgsqlDataSource.Create(farm.Cluster.Database);
    }

    public Farm Farm { get; }
    public RecordingSink Sink { get; }
    public NpgsqlDataSource Database { get; }

    /// <summary>32 octets, put into the database before any node could make a key: the tests sign decision texts by themselves (APPROVE-134).</summary>
    public static byte[] TokenKey { get; } = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    /// <param name="keepContent">Of what the sink gets.</param>
    /// <param name="isOn">False: approval was never switched on, and nobody has a policy.</param>
    public static async Task<ApprovalFarm> StartAsync(int nodes = 3, bool keepContent = true, bool isOn = true)
    {
        var sink = new RecordingSink { KeepContent = keepContent };
        try
        {
            var farm = new ApprovalFarm(
                await Farm.StartAsync(nodes, new Dictionary<string, string>
                {
                    ["net.host_name"] = "mx.example.jp",
                    ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
                    ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,127.0.0.1,{sink.Port}"),
                    ["delivery.retry_seconds"] = "10",
                    ["receive.max_sessions_per_address"] = "0",
                    // A trusted network may decide where no AUTH is offered to it (APPROVE-152).
                    ["auth.methods"] = "",
                }), sink);
            await farm.FurnishAsync(isOn);
            return farm;
        }
        catch
        {
            await sink.DisposeAsync();
            throw;
        }
    }

    private async Task FurnishAsync(bool isOn)
    {
        await Farm.RunAsync("domain", "add", Domain, "--local");
        var accounts = Path.Combine(Farm.Data, "accounts.tsv");
        await File.WriteAllLinesAsync(accounts, ((string[])[Requester, Free, .. Approvers]).Select(address => $"{address.Split('@')[0]}\t*\t{address}\t{Domain}\t\t1\t0\t0"));
        await Farm.RunAsync("account", "import", "--domain", Domain, accounts);
        if (!isOn)
            return;
        var file = Path.Combine(Farm.Data, "sender.dat");
        await File.WriteAllTextAsync(file, $"*@{Domain}:0\n*:1::{string.Join(',', Approvers)}\n");
        await Farm.RunAsync("approval", "policy", "import", Requester, file);
        await ExecuteAsync("INSERT INTO approval_key (id, number, key) VALUES ('k1', 1, $1)", TokenKey);
        await ExecuteAsync("SELECT next_approval_version()");
        await Farm.SetAsync("approval.enabled", "true");
        foreach (var node in Farm.Nodes)
            await Until.TrueAsync(() => HoldsAsync(node), Patience, () => $"{node.Name} holding mail\n{Farm.Logs()}");
    }

    /// <summary>Whether this node knows the account, its policy and the key.</summary>
    private async Task<bool> HoldsAsync(FarmNode node)
    {
        var before = await AskAsync<long>("SELECT count(*) FROM hold");
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        await client.SayAsync("EHLO client.test");
        return (await client.MailAsync(Requester, [$"trial@{Domain}.invalid"], "Subject: trial\r\n\r\ntrial")).StartsWith("250", StringComparison.Ordinal)
            && await AskAsync<long>("SELECT count(*) FROM hold") > before;
    }

    public async Task<T> AskAsync<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<long>> ColumnAsync(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var column = new List<long>();
        while (await reader.ReadAsync())
            column.Add(reader.GetInt64(0));
        return column;
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = Database.CreateCommand(sql);
        command.CommandTimeout = 600;
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    /// <summary>As lists and logs show it.</summary>
    public static string Number(long id) => string.Create(CultureInfo.InvariantCulture, $"B{id:D10}");

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Farm.DisposeAsync();
        await Sink.DisposeAsync();
    }
}
