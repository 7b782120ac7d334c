using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Rows owned by our epoch that nobody here knows (a commit whose answer never came, a bug): seen at two looks half a minute apart they are lost and are
/// given back, so that nothing waits for a human (P3). Between the two everything that is only on its way (to the dispatcher, to the journal) arrives.
/// </summary>
internal sealed class Suspects
{
    /// <summary>Before the first look, and after one that could not tell.</summary>
    public static readonly Suspects None = new([]);

    private readonly HashSet<OwnedRecipient> _rows;

    private Suspects(HashSet<OwnedRecipient> rows) => _rows = rows;

    /// <returns>Those of now, and of them those that were suspects before.</returns>
    public (Suspects Now, OwnedRecipient[] Lost) Look(IEnumerable<OwnedRecipient> owned, IReadOnlySet<RecipientKey> known)
    {
        var unknown = owned.Where(row => !known.Contains(row.Key)).ToHashSet();
        return (new Suspects(unknown), unknown.Where(_rows.Contains).ToArray());
    }
}
