namespace ClusterMail.Approval.Holds;

/// <summary>When something happens to a hold group by itself (APPROVE-59). Pure; whoever asks brings the database's clock (APPROVE-61).</summary>
/// <param name="calendar">Counts business hours only; <see cref="BusinessCalendar.Always"/>: every hour counts.</param>
public sealed class Deadlines(BusinessCalendar calendar)
{
    /// <summary>APPROVE-62: after a stop of the whole system nothing that fell due meanwhile happens for so long, so that approvers have a chance.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromMinutes(30);

    /// <summary>The first reminder after <paramref name="last"/>, the hold or the reminder before; null: none are sent.</summary>
    public DateTimeOffset? Reminder(DateTimeOffset last, GroupTiming timing) => After(last, timing.Remind);

    /// <summary>Null: the mail is not escalated by time.</summary>
    public DateTimeOffset? Escalation(DateTimeOffset heldAt, GroupTiming timing) => After(heldAt, timing.Escalate);

    /// <summary>Null: it is held for ever.</summary>
    public DateTimeOffset? Expiry(DateTimeOffset heldAt, GroupTiming timing) => timing.OnExpire == Policies.ExpiryAction.Keep ? null : After(heldAt, timing.Expire);

    /// <summary>The next thing to happen to an open group, and when; null: nothing does by itself.</summary>
    /// <param name="lastReminder">Null: none was sent yet.</param>
    public (DeadlineKind Kind, DateTimeOffset At)? Next(HeldState state, DateTimeOffset heldAt, DateTimeOffset? lastReminder, GroupTiming timing)
    {
        if (state.Status.IsFinal())
            return null;
        (DeadlineKind, DateTimeOffset)? next = null;
        // At the same moment the expiry wins over the others: nobody is asked to decide what has run out.
        foreach (var (kind, at) in new[]
        {
            (DeadlineKind.Expiry, Expiry(heldAt, timing)),
            (DeadlineKind.Escalation, state.Status == HoldStatus.Held ? Escalation(heldAt, timing) : null),
            (DeadlineKind.Reminder, Reminder(lastReminder ?? heldAt, timing)),
        })
            if (at is { } due && (next is not { } earliest || due < earliest.Item2))
                next = (kind, due);
        return next;
    }

    /// <summary>When it really happens: a deadline that passed while the whole system stood still waits until <see cref="Grace"/> after the start (APPROVE-62).</summary>
    /// <param name="runningSince">Since when, without a gap, some node of the farm has been running.</param>
    public static DateTimeOffset Effective(DateTimeOffset due, DateTimeOffset runningSince) => due < runningSince ? runningSince + Grace : due;

    private DateTimeOffset? After(DateTimeOffset start, TimeSpan? duration) => duration is { } time ? calendar.Add(start, time) : null;
}

/// <summary>What happens at a deadline.</summary>
public enum DeadlineKind : byte
{
    Reminder = 1,
    Escalation = 2,
    Expiry = 3,
}
