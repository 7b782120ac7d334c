namespace ClusterMail.Store;

public sealed partial class QueueStore
{
    /// <summary>Recipients this epoch owns, at most <paramref name="limit"/>; to compare with what the node knows of.</summary>
    public async Task<IReadOnlyList<OwnedRecipient>> OwnedAsync(long epoch, int limit, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT mail_id, ordinal, turn FROM recipient WHERE owner = $1 LIMIT $2");
        command.Parameters.With(epoch).With(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var owned = new List<OwnedRecipient>();
        while (await reader.ReadAsync(cancel))
            owned.Add(new OwnedRecipient(new RecipientKey(reader.GetInt64(0), reader.GetInt16(1)), reader.GetInt32(2)));
        return owned;
    }
}
