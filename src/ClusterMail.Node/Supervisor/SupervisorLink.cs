using ClusterMail.Admin;
using Microsoft.Extensions.Hosting.Systemd;

namespace ClusterMail.Node.Supervisor;

/// <summary>
/// Tells the supervisor READY=1, STOPPING=1, what STATUS= shows, and WATCHDOG=1 as long as the live endpoint answers: a node that hangs is silent, and started again. There only
/// where somebody listens.
/// </summary>
public sealed partial class SupervisorLink(
    Supervision supervision, ISystemdNotifier notifier, LiveQuestion question, IReadiness readiness, IHostApplicationLifetime lifetime, ILogger<SupervisorLink> log) : BackgroundService
{
    private string? _status;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var started = lifetime.ApplicationStarted.Register(() => Say("READY=1"));
        using var stopping = lifetime.ApplicationStopping.Register(() => Say("STOPPING=1\nSTATUS=draining"));
        using var timer = new PeriodicTimer(supervision.Every);
        while (await NextAsync(timer, stoppingToken).ConfigureAwait(false))
        {
            // A stop has a limit of its own (TimeoutStopSec), and the endpoints close first: transactions that finish must not be taken for a hung node.
            if (lifetime.ApplicationStopping.IsCancellationRequested)
                Beat();
            else if (lifetime.ApplicationStarted.IsCancellationRequested)
                await LookAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        if (await question.IsLiveAsync(supervision.Every, cancel).ConfigureAwait(false) || lifetime.ApplicationStopping.IsCancellationRequested)
            Beat();
        else if (!cancel.IsCancellationRequested)
            NotLive(log);
        // A line is an assignment of its own to the supervisor.
        var status = readiness.Ready ? "ready" : $"not ready: {string.Join(", ", readiness.Reasons)}".ReplaceLineEndings(" ");
        if (status == _status || lifetime.ApplicationStopping.IsCancellationRequested)
            return;
        _status = status;
        Say($"STATUS={status}");
    }

    private void Beat()
    {
        if (supervision.Watchdog is not null)
            Say("WATCHDOG=1");
    }

    private void Say(string words)
    {
        try
        {
            notifier.Notify(new ServiceState(words));
        }
        catch (System.Net.Sockets.SocketException deaf)
        {
            // It would be the supervisor's trouble, not the mail's.
            Deaf(log, deaf.Message);
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken cancel)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(7301, LogLevel.Warning, "The live endpoint of this node does not answer well: the supervisor is given no sign of life")]
    private static partial void NotLive(ILogger log);

    [LoggerMessage(7302, LogLevel.Warning, "The supervisor cannot be told: {Reason}")]
    private static partial void Deaf(ILogger log, string reason);
}
