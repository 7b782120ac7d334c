namespace ClusterMail.Protocol.Dsn;

/// <summary>Who gets which report (RFC 3461 §5.2, BOUNCE-2, BOUNCE-9).</summary>
public static class DsnRules
{
    /// <summary>A recipient has failed for good: is its sender told?</summary>
    public static bool ReportsFailure(ReversePath sender, Notify notify) =>
        !sender.IsNull && (notify == Notify.Unspecified || Asked(notify, Notify.Failure));

    /// <summary>A recipient waits longer than the notice period: is its sender told?</summary>
    /// <param name="noticesOn">Delayed notices for senders who did not say (BOUNCE-9, default off).</param>
    public static bool ReportsDelay(ReversePath sender, Notify notify, bool noticesOn) =>
        !sender.IsNull && (notify == Notify.Unspecified ? noticesOn : Asked(notify, Notify.Delay));

    /// <summary>A recipient was delivered: the report to make, or null.</summary>
    /// <param name="isFinal">Into a mailbox here; false: handed to another host.</param>
    /// <param name="hostOffersDsn">The other host took over the duty to report, so we are silent.</param>
    public static DsnAction? AfterDelivery(ReversePath sender, Notify notify, bool isFinal, bool hostOffersDsn)
    {
        if (sender.IsNull || !Asked(notify, Notify.Success))
            return null;
        return isFinal ? DsnAction.Delivered : hostOffersDsn ? null : DsnAction.Relayed;
    }

    // NEVER stands alone by the grammar; should it come with others, silence is the safer reading.
    private static bool Asked(Notify notify, Notify wish) => !notify.HasFlag(Notify.Never) && notify.HasFlag(wish);
}
