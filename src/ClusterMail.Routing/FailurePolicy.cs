using ClusterMail.Protocol;

namespace ClusterMail.Routing;

/// <summary>A failed attempt, with all that its meaning depends on.</summary>
/// <param name="Refusals">Attempts refused with 5xx so far, this one counted when it is one (RETRY-12: they are kept when the class changes).</param>
/// <param name="SinceFirstAttempt">Zero for the first.</param>
/// <param name="AuthRefused">The host refused our credential: that is the gateway's fault or ours, and says nothing about the mail (EX-SCN-E2).</param>
public readonly record struct FailedAttempt(FailureClass Class, int Refusals, TimeSpan SinceFirstAttempt, bool AuthRefused = false);

/// <summary>What becomes of a recipient after a failed attempt.</summary>
/// <param name="Bounced">It has failed for good.</param>
/// <param name="RetryAfter">Else: due this long after the first attempt.</param>
/// <param name="Rule">The rule that decided, for <c>queue why</c> and senderlog (LOG-26).</param>
public readonly record struct FailureDecision(bool Bounced, TimeSpan RetryAfter, string Rule);

/// <summary>What a failure means, in one file. The class of the latest attempt decides (RETRY-12).</summary>
public static class FailurePolicy
{
    /// <summary>RETRY-14.</summary>
    public const string NoAnswerReason = "Unable to deliver to destination domain";

    /// <param name="random">From 0 to 1, for the jitter of RETRY-13.</param>
    public static FailureDecision Decide(FailedAttempt attempt, RetryRules rules, double random)
    {
        var slot = RetrySchedule.NextSlot(attempt.SinceFirstAttempt, rules);
        return attempt.Class switch
        {
            // EX-SCN-E2: an administrator has as long as for a broken line to mend the credential before mail bounces for it.
            FailureClass.Refused when attempt.AuthRefused => slot >= rules.LineErrorPeriod
                ? new(true, default, "EX-SCN-E2") : new(false, slot + RetrySchedule.Jitter(random, rules), "EX-SCN-E2"),
            FailureClass.Refused when attempt.Refusals > rules.RefusalRetries => new(true, default, "RETRY-1"),
            // A period ends with its last slot (EX-DELIV-5): waiting on without another attempt would only delay the error mail.
            FailureClass.LineError when slot >= rules.LineErrorPeriod => new(true, default, "RETRY-2"),
            FailureClass.NoAnswer when slot >= rules.NoAnswerPeriod => new(true, default, "RETRY-3"),
            _ => new(false, slot + RetrySchedule.Jitter(random, rules), rules.Fixed ? "RETRY-9" : "RETRY-8"),
        };
    }

    /// <summary>
    /// Whether another host of the same destination is tried within the attempt (DELIV-24). A 5xx to the mail is the destination's answer, another host
    /// would only be asked the same question; a 5xx to the greeting is that host's mood. After the final dot the mail may be there already, and
    /// another host would make a second one at once (P4).
    /// </summary>
    /// <param name="whileOpening">The failure came before MAIL.</param>
    public static bool TriesNextHost(FailureClass failure, bool whileOpening, bool dotWasSent) => failure switch
    {
        FailureClass.None => false,
        FailureClass.Refused => whileOpening,
        _ => !dotWasSent,
    };

    /// <summary>
    /// RETRY-15: of what several hosts said in one attempt, the most specific: a refusal before a temporary reply, a reply before a lost session, anything
    /// before no answer.
    /// </summary>
    public static (FailureClass Class, Reply Reply) MostSpecific((FailureClass Class, Reply Reply) first, (FailureClass Class, Reply Reply) second) =>
        Weight(second) > Weight(first) ? second : first;

    /// <summary>The reason in faillog and error mail when the recipient has failed for good: RETRY-14 for no answer, else the last reply.</summary>
    public static string FinalReason(FailureClass failure, Reply? lastReply) =>
        failure == FailureClass.NoAnswer || lastReply is null ? NoAnswerReason : lastReply.ToLogText();

    private static int Weight((FailureClass Class, Reply Reply) answer) => answer.Class switch
    {
        FailureClass.Refused => 3,
        FailureClass.LineError when !answer.Reply.Lines[0].StartsWith("Requested action aborted: error in processing. (code=", StringComparison.Ordinal) => 2,
        FailureClass.LineError => 1,
        _ => 0,
    };
}
