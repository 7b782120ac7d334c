using System.Globalization;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>Deadlines a line sets for itself (APPROVE-59). Null: as the domain or the server says.</summary>
public sealed record LineTiming
{
    public static LineTiming Default { get; } = new();

    /// <summary><c>remind=</c>: after so long, and then again each time.</summary>
    public TimeSpan? Remind { get; init; }

    /// <summary><c>escalate=</c>: after so long the target is asked too.</summary>
    public TimeSpan? Escalate { get; init; }

    /// <summary><c>to=</c>: who is asked on escalation.</summary>
    public Mailbox? EscalateTo { get; init; }

    /// <summary><c>expire=</c>: after so long the mail is not held any more.</summary>
    public TimeSpan? Expire { get; init; }

    /// <summary><c>onexpire=</c>: what becomes of it then.</summary>
    public ExpiryAction? OnExpire { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text, "remind", Remind);
        Append(text, "escalate", Escalate);
        if (EscalateTo is { } target)
            text.Append(";to=").Append(target);
        Append(text, "expire", Expire);
        if (OnExpire is { } action)
            text.Append(";onexpire=").Append(action.ToString().ToLowerInvariant());
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, TimeSpan? duration)
    {
        if (duration is { } time)
            text.Append(CultureInfo.InvariantCulture, $";{name}={Written(time)}");
    }

    /// <summary><c>90m</c>, <c>4h</c>, <c>7d</c>: the largest unit that is exact.</summary>
    public static string Written(TimeSpan time) =>
        time.Ticks % TimeSpan.TicksPerDay == 0 ? $"{time.Days}d"
        : time.Ticks % TimeSpan.TicksPerHour == 0 ? $"{(long)time.TotalHours}h"
        : $"{(long)time.TotalMinutes}m";
}

/// <summary>What becomes of a held mail at its deadline (APPROVE-59). The numbers are stored in the database: never change them.</summary>
public enum ExpiryAction : byte
{
    /// <summary>Not sent; the sender is told.</summary>
    Reject = 0,

    /// <summary>Sent: silence is taken for consent (APPROVE-60).</summary>
    Release = 1,

    /// <summary>Stays held for ever, as in the old product.</summary>
    Keep = 2,
}
