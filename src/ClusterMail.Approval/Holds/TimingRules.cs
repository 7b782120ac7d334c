using System.Collections.Immutable;
using ClusterMail.Approval.Policies;

namespace ClusterMail.Approval.Holds;

/// <summary>Which deadlines a group gets: those of the line, of the requester's domain, of the server (APPROVE-59).</summary>
public static class TimingRules
{
    /// <summary>APPROVE-59: escalation with a target and no time.</summary>
    public static TimeSpan DefaultEscalation { get; } = TimeSpan.FromHours(48);

    /// <summary>Of two lines the earlier deadline counts, and of two actions the one that sends less.</summary>
    public static GroupTiming Of(ImmutableArray<Catch> catches, ApprovalOptions options) => catches.Select(caught => Of(caught, options)).Aggregate(Stricter);

    private static GroupTiming Of(Catch caught, ApprovalOptions options)
    {
        LineTiming[] levels = [caught.Line.Options.Timing, options.Domains.Find(caught.Requester.Domain)?.Timing ?? LineTiming.Default, options.Timing];
        var target = levels.Select(level => level.EscalateTo).FirstOrDefault(to => to is not null);
        var action = levels.Select(level => level.OnExpire).FirstOrDefault(action => action is not null) ?? ExpiryAction.Reject;
        // Silence is no consent unless two people have said so.
        if (action == ExpiryAction.Release && !options.ReleasesOnExpiry)
            action = ExpiryAction.Reject;
        return new GroupTiming(
            levels.Select(level => level.Remind).FirstOrDefault(time => time is not null),
            levels.Select(level => level.Escalate).FirstOrDefault(time => time is not null) ?? (target is null ? null : DefaultEscalation),
            target is null ? [] : [target],
            action == ExpiryAction.Keep ? null : levels.Select(level => level.Expire).FirstOrDefault(time => time is not null),
            action);
    }

    private static GroupTiming Stricter(GroupTiming one, GroupTiming other) => new(
        Earlier(one.Remind, other.Remind), Earlier(one.Escalate, other.Escalate), [.. one.EscalateTo, .. other.EscalateTo], Earlier(one.Expire, other.Expire),
        Mildness(one.OnExpire) <= Mildness(other.OnExpire) ? one.OnExpire : other.OnExpire);

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null ? other : other is null || one < other ? one : other;

    // A rejection is stricter than waiting for ever, and both than sending.
    private static int Mildness(ExpiryAction action) => action switch { ExpiryAction.Reject => 0, ExpiryAction.Keep => 1, _ => 2 };
}
