namespace ClusterMail.Routing;

/// <summary>The settings of chapter 03 F, safe defaults.</summary>
public sealed record RetryRules
{
    /// <summary><c>delivery.retry_seconds</c>, default 120 s (RETRY-7).</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary><c>delivery.retry_fixed</c>: a retry every interval instead of the growing schedule. Default off (RETRY-8, RETRY-9).</summary>
    public bool Fixed { get; init; }

    /// <summary><c>delivery.refusal_retries</c>: attempts after the first 5xx. Default 0, the original's 9 (RETRY-1, RETRY-6).</summary>
    public int RefusalRetries { get; init; }

    /// <summary><c>delivery.line_error_hours</c>, default 8 h (RETRY-2).</summary>
    public TimeSpan LineErrorPeriod { get; init; } = TimeSpan.FromHours(8);

    /// <summary><c>delivery.no_answer_hours</c>, default 24 h (RETRY-3).</summary>
    public TimeSpan NoAnswerPeriod { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Retries are spread over a tenth of an interval. Default on, off in the original profile (RETRY-13).</summary>
    public bool Jitter { get; init; } = true;
}
