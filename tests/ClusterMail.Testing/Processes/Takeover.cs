namespace ClusterMail.Testing.Processes;

/// <summary>One killed node, and when each mail it had promised arrived from another (CLU-22, P3).</summary>
/// <param name="Stuck">What it had promised.</param>
/// <param name="Times">From the kill to each arrival, in order.</param>
/// <param name="Killed">By the clock of this machine.</param>
/// <param name="Back">The node had been started again and was ready.</param>
public sealed record Takeover(string Victim, LoadGenerator Stuck, IReadOnlyList<TimeSpan> Times, DateTimeOffset Killed, DateTimeOffset Back)
{
    /// <summary>Everything it had promised is out.</summary>
    public TimeSpan Last => Times[^1];

    /// <summary>
    /// Lets mails stick at the victim (the sink does not answer their recipients until it is dead), kills it with SIGKILL, waits for the mails, and starts
    /// the node again. Uses <see cref="RecordingSink.Script"/>.
    /// </summary>
    /// <exception cref="TimeoutException">Not all of them arrived within <paramref name="limit"/>.</exception>
    public static async Task<Takeover> MeasureAsync(Farm farm, RecordingSink sink, FarmNode victim, TimeSpan limit, int mails = 20)
    {
        using var stuck = new StuckMails(sink, victim);
        await stuck.Load.SendAsync(sessions: 2, count: mails);
        var killed = DateTimeOffset.UtcNow;
        farm.Kill(victim);
        await Until.TrueAsync(() => !Unix.IsAlive(victim.Pid!.Value), TimeSpan.FromSeconds(30), "the node dead");
        stuck.TakeAll();
        await Until.TrueAsync(() => stuck.AllArrived, limit, () => $"the mail of {victim.Name} delivered elsewhere\n{farm.Logs()}");
        var arrivals = stuck.Arrived.Values.Where(mail => stuck.Load.Accepted.ContainsKey(mail.MessageId)).Select(mail => mail.At - killed).Order().ToList();
        await farm.RestartAsync();
        return new Takeover(victim.Name, stuck.Load, arrivals, killed, DateTimeOffset.UtcNow);
    }
}
