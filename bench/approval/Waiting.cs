using System.Diagnostics;
using System.Net.Http.Headers;
using ClusterMail.Store.Approval;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Approval;

/// <summary>What it costs to look, to decide and to do nothing while very many mails are held (APPROVE-94).</summary>
internal static class Waiting
{
    private const double PageBar = 1.0;
    private const double IdleBar = 2.0;

    /// <summary>APPROVE-94: so many approvers; the first has 200 mails waiting, the others share the rest.</summary>
    private const int Approvers = 2000;

    /// <summary>Numbers of the made groups: above everything the farm has given out.</summary>
    private const long First = 5_000_000_000;

    // Rows as a farm writes them, without the days it would take to send them: two recipients, two approvers, due in a week. The notices are done.
    private const string MakeSql = """
        WITH n AS (SELECT g, $1 + g AS id, CASE WHEN g % ($2 / 200) = 0 THEN 0 ELSE 1 + g % $3 END AS approver FROM generate_series(1::bigint, $2) AS g),
        mails AS (INSERT INTO held_mail (id, size, sha256, reverse_path, sender, node, subject, message_id, recipients)
                  SELECT id, 1024, sha256(convert_to(repeat('x', 1024), 'UTF8')), 'user2@corp.example', 'user2@corp.example', 'n1', 'mail ' || g, g || '@bench', ARRAY['r' || g || '@sink.test', 's' || g || '@sink.test'] FROM n),
        pieces AS (INSERT INTO held_piece (mail_id, seq, data) SELECT id, 0, convert_to(repeat('x', 1024), 'UTF8') FROM n),
        holds AS (INSERT INTO hold (id, mail_id, opened_at, remind_at, expire_at, needed, requester, barred, places, lists)
                  SELECT id, id, now() - g * interval '1 second', now() + interval '1 day', now() + interval '7 days', ARRAY[1]::smallint[], 'user2@corp.example',
                         ARRAY['user2@corp.example'], ARRAY['account user2@corp.example v1 line 2'], ARRAY['a' || approver || '@corp.example,jomu@corp.example'] FROM n),
        recipients AS (INSERT INTO hold_recipient (hold_id, ordinal, forward_path) SELECT id, o, CASE o WHEN 0 THEN 'r' ELSE 's' END || g || '@sink.test' FROM n, generate_series(0, 1) AS o),
        asked AS (INSERT INTO hold_approver (hold_id, asked_at, stage, place, waits, address) SELECT id, now(), 0, 0, true, 'a' || approver || '@corp.example' FROM n),
        audited AS (INSERT INTO audit_entry (hold_id, record) SELECT id, '{"node":"n1","type":"HELD","hold":"B' || id || '"}' FROM n)
        INSERT INTO hold_approver (hold_id, asked_at, stage, place, waits, address) SELECT id, now(), 0, 1, true, 'b' || g % 20 || '@corp.example' FROM n
        """;

    // Approvers who are accounts: mail of those who are gone would be looked at each minute, for somebody else who can be asked.
    private const string PeopleSql = """
        INSERT INTO account (domain, name, changed) SELECT 'corp.example', name, next_directory_version()
        FROM (SELECT 'a' || g AS name FROM generate_series(0, $1) AS g UNION ALL SELECT 'b' || g FROM generate_series(0, 19) AS g UNION ALL SELECT 'jomu') AS people
        ON CONFLICT DO NOTHING
        """;

    public static async Task<bool> RunAsync(Options options)
    {
        await using var farm = await ApprovalFarm.StartAsync();
        var before = await IdleAsync(farm);
        await farm.ExecuteAsync(PeopleSql, (long)Approvers);
        await farm.ExecuteAsync(MakeSql, First, (long)options.Waiting, (long)Approvers);
        await farm.ExecuteAsync("ANALYZE");
        await Until.TrueAsync(async () => await farm.AskAsync<long>("SELECT count(*) FROM audit_entry") == 0, TimeSpan.FromMinutes(10), "the audit chained");
        Console.WriteLine($"waiting: {options.Waiting} held mails, {Approvers} approvers");

        using var http = new HttpClient { BaseAddress = new Uri(farm.Farm.Nodes[0].Admin), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", farm.Farm.Cluster.AdminToken) } };
        var worst = 0.0;
        foreach (var (what, query) in ((string, string)[])[
            ("first page of 200", "limit=200"), ("a page in the middle", $"limit=200&after=B{First + options.Waiting / 2}"), ("one approver's", "approver=a0@corp.example&limit=200"),
            ("one sender's", "sender=user2@corp.example&limit=200"), ("one recipient's", $"recipient=r{options.Waiting / 2}@sink.test&limit=200"), ("nobody's", "sender=nobody@corp.example&limit=200"),
            ("older than an hour", "older=3600&limit=200"), ("one policy's", "policy=domain%20corp.example&limit=200"), ("decided ones", "state=final&limit=200")])
            worst = Math.Max(worst, await TimeAsync($"list, {what}", () => http.GetStringAsync(new Uri($"/api/v1/approval/held?{query}", UriKind.Relative))));
        worst = Math.Max(worst, await TimeAsync("status", () => http.GetStringAsync(new Uri("/api/v1/approval/status", UriKind.Relative))));
        worst = Math.Max(worst, await TimeAsync("clustermail approval list", () => farm.Farm.RunAsync("approval", "list", "--limit", "200")));
        var reader = new HoldReader(farm.Database);
        worst = Math.Max(worst, await TimeAsync("waiting list of 200", async () => Check((await reader.WaitingAsync("a0@corp.example", [], 200, default)).Rows.Count, 200)));
        worst = Math.Max(worst, await TimeAsync($"waiting list of an approver of {options.Waiting / 20}", async () => Check((await reader.WaitingAsync("b0@corp.example", [], 200, default)).Rows.Count, 200)));
        worst = Math.Max(worst, await DecideAsync(farm, options.Waiting));

        var after = await IdleAsync(farm);
        var more = (after.Transactions - before.Transactions) / farm.Farm.Nodes.Count;
        Console.WriteLine($"waiting: an idle farm of three: {before.Transactions:0.0} transactions and {before.Rows:0} rows read a second with none held, {after.Transactions:0.0} and {after.Rows:0} with {options.Waiting}; bar {IdleBar:0} a second and node more: {more:0.0}");
        Console.WriteLine($"waiting: slowest look or decision {worst:0.00} s, bar {PageBar:0} s: {(worst < PageBar ? "kept" : "MISSED")}");
        return worst < PageBar && more < IdleBar;
    }

    private static async Task<double> DecideAsync(ApprovalFarm farm, int waiting)
    {
        using var decider = new Decider(farm);
        var number = 0L;
        return await TimeAsync("a decision", async () =>
        {
            var answer = await decider.DecideAsync(new HeldLoad.Held(First + waiting - number++, "", "", ""), new Decider.Act("reject", $"b{(waiting - number + 1) % 20}@corp.example", false, 0));
            Check(answer.Counted ? 1 : 0, 1);
        });
    }

    /// <summary>Median of five, seconds; the first one, which compiles and caches, is not counted.</summary>
    private static async Task<double> TimeAsync(string what, Func<Task> look)
    {
        await look();
        var times = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            await look();
            times.Add(clock.Elapsed.TotalSeconds);
        }

        Console.WriteLine($"waiting: {what,-42} {Figures.Median(times):0.000} s (to {times.Max():0.000})");
        return Figures.Median(times);
    }

    /// <summary>What a farm that nobody uses asks of the database, a second.</summary>
    private static async Task<(double Transactions, double Rows)> IdleAsync(ApprovalFarm farm)
    {
        await Until.TrueAsync(async () => await farm.AskAsync<long>("SELECT count(*) FROM hold_job WHERE done_at IS NULL") == 0, TimeSpan.FromMinutes(5), "the outbox done");
        var (transactions, rows) = await CountAsync(farm);
        var clock = Stopwatch.StartNew();
        await Task.Delay(TimeSpan.FromSeconds(20));
        var (later, read) = await CountAsync(farm);
        return ((later - transactions) / clock.Elapsed.TotalSeconds, (read - rows) / clock.Elapsed.TotalSeconds);
    }

    private static async Task<(long Transactions, long Rows)> CountAsync(ApprovalFarm farm) => (
        await farm.AskAsync<long>("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"),
        await farm.AskAsync<long>("SELECT tup_returned FROM pg_stat_database WHERE datname = current_database()"));

    private static void Check(int found, int wanted)
    {
        if (found != wanted)
            throw new InvalidOperationException($"{found} instead of {wanted}");
    }
}
