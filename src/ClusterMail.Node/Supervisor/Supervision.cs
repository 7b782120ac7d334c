using System.Globalization;

namespace ClusterMail.Node.Supervisor;

/// <summary>What a supervisor that reads NOTIFY_SOCKET wants to hear (sd_notify(3)): the words of the service, and, if it says so, a sign of life.</summary>
/// <param name="Watchdog">Without a sign of life for so long it kills the process and starts it again; null: it does not.</param>
public sealed record Supervision(TimeSpan? Watchdog)
{
    /// <summary>Without a watchdog only the line of STATUS= is kept true; default 5 s.</summary>
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(5);

    /// <summary>A third of the watchdog's time: two signs may be late (sd_watchdog_enabled(3) asks for half of it or less).</summary>
    public TimeSpan Every => Watchdog / 3 ?? StatusEvery;

    /// <summary>Null: nobody listens.</summary>
    /// <param name="variable">A variable of the environment.</param>
    /// <param name="process">Our process id: a watchdog meant for another one is not ours.</param>
    public static Supervision? Of(Func<string, string?> variable, int process)
    {
        if (string.IsNullOrEmpty(variable("NOTIFY_SOCKET")))
            return null;
        var ours = variable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == process.ToString(CultureInfo.InvariantCulture);
        return ours && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? new Supervision(TimeSpan.FromMicroseconds(microseconds))
            : new Supervision((TimeSpan?)null);
    }
}
