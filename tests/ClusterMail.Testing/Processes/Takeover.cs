namespace ClusterMail.Testing.Processes;

/// <summary>One killed node, and when each mail it had promised arrived from another (CLU-22, P3).</summary>
/// <param name="Stuck">What it had promised.</param>
/// <param name="Times">From the kill to each arrival, in order.</param>
public sealed record Takeover(string Victim, LoadGenerator Stuck, IReadOnlyList<TimeSpan> Times)
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
        var domain = $"stuck-{Guid.NewGuid():N}.test";
        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        sink.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains(domain, StringComparison.Ordinal) && !dead.Task.IsCompleted
            ? new SinkAnswer("250 2.1.5 Ok") { Before = dead.Task }
            : null;
        var stuck = new LoadGenerator([victim.Receiver], domain);
        await stuck.SendAsync(sessions: 2, count: mails);
        var killed = DateTimeOffset.UtcNow;
        farm.Kill(victim);
        await Until.TrueAsync(() => !Unix.IsAlive(victim.Pid!.Value), TimeSpan.FromSeconds(30), "the node dead");
        dead.SetResult();
        await Until.TrueAsync(() => MailHistory.Compare(stuck, sink).Lost.Count == 0, limit, $"the mail of {victim.Name} delivered elsewhere\n{farm.Logs()}");
        var arrivals = sink.Mails.Where(mail => stuck.Accepted.ContainsKey(mail.MessageId)).GroupBy(mail => mail.MessageId).Select(copies => copies.Min(mail => mail.At) - killed).Order().ToList();
        await farm.RestartAsync();
        return new Takeover(victim.Name, stuck, arrivals);
    }
}
