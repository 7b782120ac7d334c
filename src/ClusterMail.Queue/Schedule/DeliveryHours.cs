using ClusterMail.Accounts;
using ClusterMail.Policy.Hours;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// When the delivery part works (UDLV-1): mode 0 always, 1 within the server's table, 2 also within that of the sender's account. Both must allow. Outside them mail
/// stays queued, and the time it does is not the destination's: it counts neither as a retry nor into a period (UDLV-2).
/// </summary>
public sealed class DeliveryHours
{
    /// <summary>Tables have steps of 30 minutes (UTIME-1).</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>No period of the settings is longer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(10);

    private readonly long _mode;
    private readonly UsageHours? _server;
    private readonly MailDirectory _directory;
    private readonly TimeProvider _time;

    public DeliveryHours(SettingSet set, MailDirectory directory, TimeProvider time)
    {
        _mode = set.Integer("delivery.hours_mode");
        _server = _mode == 0 ? null : UsageHours.Parse(set.Text("delivery.hours")).Hours;
        (_directory, _time) = (directory, time);
    }

    /// <summary>The server's table forbids delivery now: the node holds still.</summary>
    public bool IsClosed => !ServerAllows(_time.GetUtcNow());

    /// <summary>How long mail of this sender is to wait for its account's own hours; zero: it may go now.</summary>
    public TimeSpan WaitOf(ReversePath sender)
    {
        if (_mode != 2 || Of(sender) is not var (hours, zone))
            return TimeSpan.Zero;
        var now = _time.GetUtcNow();
        var wait = TimeSpan.Zero;
        while (!hours.Allow(now + wait, zone) && wait < Week)
            wait = Next(now + wait) - now;
        return wait;
    }

    /// <summary>Of the last <paramref name="span"/> the part in which mail of this sender had to stay (UDLV-2).</summary>
    public TimeSpan ClosedWithin(TimeSpan span, ReversePath sender)
    {
        if (_mode == 0 || span <= TimeSpan.Zero)
            return TimeSpan.Zero;
        var own = _mode == 2 ? Of(sender) : null;
        if (_server is null && own is null)
            return TimeSpan.Zero;
        var now = _time.GetUtcNow();
        var closed = TimeSpan.Zero;
        for (var at = now - (span < Longest ? span : Longest); at < now;)
        {
            var next = Next(at) is var edge && edge < now ? edge : now;
            if (!ServerAllows(at) || own is var (hours, zone) && !hours.Allow(at, zone))
                closed += next - at;
            at = next;
        }
        return closed;
    }

    private bool ServerAllows(DateTimeOffset at) => _server?.Allow(at, _time.LocalTimeZone) != false;

    private (UsageHours Hours, TimeZoneInfo Zone)? Of(ReversePath sender)
    {
        if (sender.Mailbox is not { Domain.Length: > 0 } mailbox || _directory.Resolve(mailbox).Account is not { Hours.Length: > 0 } account || UsageHours.Parse(account.Hours).Hours is not { } hours)
            return null;
        var zone = _directory.Domains.Find(account.Address.Domain)?.TimeZone is { Length: > 0 } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found) ? found : _time.LocalTimeZone;
        return (hours, zone);
    }

    /// <summary>The next half hour of the clock; every zone's tables change there or a quarter of an hour beside it.</summary>
    private static DateTimeOffset Next(DateTimeOffset at)
    {
        var step = Step.Ticks / 2;
        return new DateTimeOffset((at.UtcTicks / step + 1) * step, TimeSpan.Zero);
    }
}
