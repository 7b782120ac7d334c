namespace ClusterMail.Queue.Schedule;

/// <summary>
/// How much this node may have in its hands at once: recipients it owns and content it keeps in memory (P6). Reserved before a mail is
/// committed as owned, given back when the outcome is recorded.
/// </summary>
public sealed class Window(Func<int> maxRecipients, Func<long> maxBytes)
{
    private int _recipients;
    private long _bytes;

    public int Recipients => Volatile.Read(ref _recipients);
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Recipients that still fit, as far as their number goes; never negative.</summary>
    public int Free => Math.Max(0, maxRecipients() - Recipients);

    /// <summary>Recipients that still fit; never negative.</summary>
    public int Room => Bytes >= maxBytes() ? 0 : Free;

    public bool TryReserve(int recipients, long bytes)
    {
        // Both first, then judged: of two that would only fit alone, never both get in.
        if (Interlocked.Add(ref _recipients, recipients) <= maxRecipients() & Interlocked.Add(ref _bytes, bytes) <= maxBytes())
            return true;
        Return(recipients, bytes);
        return false;
    }

    /// <summary>Room for content that came with a claim; half of the place stays for mail that is just arriving.</summary>
    public bool TryReserveClaimed(long bytes) => Bytes + bytes <= maxBytes() / 2 && TryReserve(0, bytes);

    /// <summary>For what the database handed over already: counted even beyond the limit; the next claim is smaller for it.</summary>
    public void Take(int recipients, long bytes)
    {
        Interlocked.Add(ref _recipients, recipients);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void Return(int recipients, long bytes)
    {
        Interlocked.Add(ref _recipients, -recipients);
        Interlocked.Add(ref _bytes, -bytes);
    }
}
