using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Bench.Steady;

/// <summary>What the farm did that nobody asked it for, since the watch began.</summary>
internal sealed partial class UnaskedWatch
{
    private const string LastSql = "SELECT coalesce(max(id), 0) FROM event";
    private const string SinceSql = """
        SELECT format('%s  %s %s: %s', to_char(at, 'HH24:MI:SS.MS'), kind, node, text) FROM event
        WHERE id > $1 AND kind IN ('node-fenced', 'taken-over', 'node-unreachable', 'node-down', 'leader', 'possible-duplicate') ORDER BY id LIMIT 1000
        """;

    private readonly Farm _farm;
    private readonly long _event;
    private readonly IReadOnlyDictionary<string, long> _losses;

    private UnaskedWatch(Farm farm, long lastEvent, IReadOnlyDictionary<string, long> losses) => (_farm, _event, _losses) = (farm, lastEvent, losses);

    /// <summary>Begins when somebody leads: the first election is no change.</summary>
    public static async Task<UnaskedWatch> BeginAsync(Farm farm)
    {
        await farm.AllReadyAsync(TimeSpan.FromSeconds(60));
        await Until.TrueAsync(async () => (await AskAsync(farm, "SELECT count(*)::text FROM event WHERE kind = 'leader'")).Single() != "0", TimeSpan.FromSeconds(60), "a leader");
        return new UnaskedWatch(farm, long.Parse((await AskAsync(farm, $"SELECT ({LastSql})::text")).Single(), CultureInfo.InvariantCulture), await LossesAsync(farm));
    }

    /// <summary>One line for each; of events the first thousand.</summary>
    public async Task<IReadOnlyList<string>> SeenAsync()
    {
        var seen = new List<string>(await AskAsync(_farm, SinceSql, _event));
        seen.AddRange(_farm.Nodes.Where(node => !Unix.IsAlive(node.Pid!.Value)).Select(node => $"{node.Name} has ended"));
        foreach (var (node, losses) in await LossesAsync(_farm))
            if (losses != _losses[node])
                seen.Add($"{node} lost its lease {losses - _losses[node]} times");
        return seen;
    }

    /// <summary>By node; one that does not answer is told apart by its process.</summary>
    private static async Task<IReadOnlyDictionary<string, long>> LossesAsync(Farm farm)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        var losses = new Dictionary<string, long>();
        foreach (var node in farm.Nodes.Where(node => Unix.IsAlive(node.Pid!.Value)))
        {
            var text = await client.GetStringAsync(new Uri(node.Admin.TrimEnd('/') + "/metrics"));
            var match = LeaseLosses().Match(text);
            if (!match.Success)
                throw new InvalidOperationException($"{node.Name} does not count how often it lost its lease:\n{text[..Math.Min(text.Length, 2000)]}");
            losses.Add(node.Name, (long)double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        return losses;
    }

    private static async Task<IReadOnlyList<string>> AskAsync(Farm farm, string sql, params IReadOnlyList<object> values)
    {
        await using var source = Store.Database.Open(farm.Cluster.Database, "bench", maxPoolSize: 1);
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return lines;
    }

    [GeneratedRegex(@"^clustermail_queue_lease_losses[a-z_]*(?:\{[^}]*\})? ([0-9.e+]+)", RegexOptions.Multiline)]
    private static partial Regex LeaseLosses();
}
