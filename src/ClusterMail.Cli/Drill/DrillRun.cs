using System.Diagnostics;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Output;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary>Runs one drill: traffic through the real listeners to a sink of its own, the harm in the middle of it, and then the comparison of what was promised with what arrived.</summary>
internal sealed class DrillRun(AdminClient client, DrillSink sink, DrillOrder order, TimeProvider clock, Action<string> say)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>A person walks to a machine room; a drill nobody goes on with ends by itself.</summary>
    private static readonly TimeSpan PersonLimit = TimeSpan.FromMinutes(30);

    /// <summary>What a drill does by itself has taken effect within it: a lease runs 6 s, a node starts in seconds.</summary>
    private static readonly TimeSpan EffectLimit = TimeSpan.FromSeconds(90);

    private readonly DrillTraffic _traffic = new(order.Receivers, order.Domain, clock);
    private readonly List<DrillStep> _steps = [];

    public async Task<DrillRecord> RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var traffic = _traffic.RunAsync(order.Sessions, order.Rate, stop.Token);
        DateTimeOffset? harmed = null;
        try
        {
            await StepAsync("before", Words.Say($"{order.Rate} mails a second over {order.Sessions} sessions to {order.Receivers.Count} listeners"), () => Task.Delay(order.Margin, cancel));
            foreach (var act in order.Acts)
            {
                harmed ??= clock.GetUtcNow();
                await StepAsync(act.Name, order.Text(act), async () =>
                {
                    await DoAsync(act, cancel);
                    await Task.Delay(act.Then, cancel);
                    return act.Prove is { } prove ? await prove(cancel) : "";
                });
            }
            await StepAsync("after", Words.Say($"traffic goes on"), () => Task.Delay(order.Margin, cancel));
        }
        finally
        {
            await stop.CancelAsync();
            await traffic;
        }
        await StepAsync("settle", Words.Say($"no traffic; waiting for what was promised"), () => SettleAsync(cancel));
        return new DrillRecord
        {
            Promises = _traffic.Promises,
            Refusals = _traffic.Refusals,
            Numbers = _traffic.Numbers,
            Arrivals = sink.Arrivals,
            PossibleDuplicates = await ExplainedAsync(cancel),
            Steps = _steps,
            Victim = order.Kind.HarmsNode ? order.Target.Node : null,
            HarmAt = harmed,
        };
    }

    private Task StepAsync(string name, string done, Func<Task> work) => StepAsync(name, done, async () =>
    {
        await work();
        return "";
    });

    /// <param name="work">Its answer is what was seen.</param>
    private async Task StepAsync(string name, string done, Func<Task<string>> work)
    {
        var from = clock.GetUtcNow();
        say($"{Words.Of(name)}: {done}");
        var seen = await work();
        _steps.Add(new DrillStep(name, from, clock.GetUtcNow(), done, seen));
        if (seen.Length > 0)
            say($"      {seen}");
        say(Words.Say($"      {_traffic.Accepted} accepted, {sink.Count} delivered"));
    }

    private async Task DoAsync(DrillAct act, CancellationToken cancel)
    {
        var byItself = order.IsByItself(act);
        if (act.Remotely is { } remotely)
            await remotely(client, cancel);
        else if (byItself)
            await act.Locally!(order.Locally!, cancel);
        else
            say(act.Seen is null ? Words.Say($"      do it now, then press Enter") : Words.Say($"      do it now; it is watched for, or press Enter when it is done"));
        if (!byItself || (act.Seen is not null && !act.IsSeenOnlyWhenDoneByHand))
            await SeenAsync(act, byItself ? EffectLimit : PersonLimit, byItself, cancel);
    }

    private async Task SeenAsync(DrillAct act, TimeSpan limit, bool byItself, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (act.Seen is { } seen && seen(await StatusAsync(cancel)))
                return;
            if (!byItself && Pressed())
                return;
            if (watch.Elapsed > limit)
                throw new CommandFailure($"'{order.Text(act)}' was not seen to take effect within {limit.TotalSeconds:0} s; the drill ends here");
            await Task.Delay(Poll, cancel);
        }
    }

    private static bool Pressed()
    {
        if (Console.IsInputRedirected)
            return false;
        while (Console.KeyAvailable)
            if (Console.ReadKey(intercept: true).Key == ConsoleKey.Enter)
                return true;
        return false;
    }

    /// <returns>Null: no node answers, or none has the database.</returns>
    private async Task<ClusterStatus?> StatusAsync(CancellationToken cancel)
    {
        try
        {
            return (await client.GetAsync(Routes.Cluster, AdminJson.Default.ClusterStatus, cancel)).Value;
        }
        catch (CommandFailure)
        {
            return null;
        }
    }

    private async Task SettleAsync(CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < order.Settle && !_traffic.Promises.All(promise => sink.Has(promise.MessageId)))
            await Task.Delay(Poll, cancel);
        // A second copy comes from a node that lost its lease: it has noticed by then, and the event is written.
        await Task.Delay(TimeSpan.FromSeconds(1), cancel);
    }

    private async Task<IReadOnlyList<PossibleDuplicate>> ExplainedAsync(CancellationToken cancel)
    {
        var found = new List<PossibleDuplicate>();
        foreach (var kind in (string[])["possible-duplicate", "taken-over"])
        {
            long? before = null;
            do
            {
                var path = Verbs.Query(
                    Routes.Events, ("kind", kind), ("since", _steps[0].From.ToString("O", System.Globalization.CultureInfo.InvariantCulture)), ("limit", "1000"),
                    ("before", before?.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                var page = (await client.GetAsync(path, AdminJson.Default.EventPage, cancel)).Value;
                found.AddRange(page.Events.Where(row => row.Mail is not null).Select(row => new PossibleDuplicate(row.Mail!, $"{row.Kind} {row.Node}: {row.Text}")));
                before = page.Before;
            } while (before is not null);
        }
        return found;
    }
}
