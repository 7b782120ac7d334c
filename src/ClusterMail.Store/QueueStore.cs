using System.Buffers;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>The queue: accept, claim, conclude. Every write of a node carries its epoch; a fenced epoch changes nothing (design §3).</summary>
/// <param name="keys">Keys of contents; null: nothing is sealed.</param>
public sealed partial class QueueStore(NpgsqlDataSource dataSource, ContentKeys? keys = null)
{
    private readonly ContentKeys _keys = keys ?? ContentKeys.None;

    /// <summary>For a mail that is committed alone; null: over the pool, as all others.</summary>
    internal LoneConnection? Lone { get; init; }

    /// <summary>Octets of one row of <c>mail_chunk</c> of a content that is streamed, the last of a mail excepted.</summary>
    internal const int ChunkSize = 256 * 1024;

    /// <summary>Nothing to do where contents can be stored as the settings want them.</summary>
    /// <exception cref="ContentClosedException">They are to be sealed, and this node has no key.</exception>
    public void RequireKey() => _ = _keys.Sealing;

    /// <summary>A block of <paramref name="count"/> fresh mail numbers; the first of them (MSGID-4: gaps allowed, repeats not).</summary>
    public async Task<long> AllotNumbersAsync(int count, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        await using var command = dataSource.Ask("SELECT allot_numbers($1)");
        command.Parameters.With(count);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    internal const string AssertEpochSql = "SELECT assert_epoch($1)";

    // Mails and recipients in one statement: two inserts however many there are. The batch around it is one implicit transaction.
    private const string AcceptSql = $"WITH mails AS ({MailRows.InsertMails}) {MailRows.InsertRecipients}";
    private const string AcceptWithPiecesSql = $"WITH mails AS ({MailRows.InsertMails}), pieces AS ({MailRows.InsertPieces}) {MailRows.InsertRecipients}";

    /// <summary>Mails whose contents are in memory, the epoch asserted.</summary>
    private void Accept(NpgsqlBatch batch, long epoch, IReadOnlyList<NewMail> mails)
    {
        var key = _keys.Sealing;
        if (mails is [{ Recipients.Length: 1 } one])
        {
            batch.Then(MailRows.IsInPieces(one) ? MailRows.AcceptOneWithPieces : MailRows.AcceptOne).Parameters.With(epoch).WithOne(one, key);
            return;
        }
        batch.Then(AssertEpochSql).Parameters.With(epoch);
        if (mails.Any(MailRows.IsInPieces))
            batch.Then(AcceptWithPiecesSql).Parameters.With(epoch).WithMails(mails, key, ContentPlace.RowOrPieces).WithPieces(mails, key);
        else
            batch.Then(AcceptSql).Parameters.With(epoch).WithMails(mails, key);
    }

    /// <summary>
    /// Commits all mails in one transaction and one round trip: after it returns they are on disk (P1). All or none.
    /// Only mails with content in memory; one spooled goes through <see cref="AcceptLargeAsync"/>.
    /// </summary>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    /// <exception cref="NpgsqlException">Unknown whether written; ask <see cref="WhichExistAsync"/>.</exception>
    /// <exception cref="TimeoutException">The same: it may be on one disk only.</exception>
    public async Task AcceptAsync(long epoch, IReadOnlyList<NewMail> mails, CancellationToken cancel)
    {
        if (mails.Count == 0)
            return;
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch();
        if (!mails.Any(mail => mail.Held is not null))
            Accept(batch, epoch, mails);
        else
            WithHeld(batch, epoch, mails);
        await UnderEpochAsync(epoch, () => StandbyWait.RunAsync(connection, () => batch.ExecuteNonQueryAsync(cancel)));
    }

    /// <summary>The same for one mail of a client that nobody else is beside: with one recipient it keeps the calling thread until it is committed (decision 41).</summary>
    public Task AcceptAloneAsync(long epoch, NewMail mail, CancellationToken cancel)
    {
        if (Lone is not { } lone || mail is not { Recipients.Length: 1, Held: null })
            return AcceptAsync(epoch, [mail], cancel);
        return UnderEpochAsync(epoch, () =>
        {
            lone.Run(connection =>
            {
                using var batch = connection.CreateBatch();
                Accept(batch, epoch, [mail]);
                StandbyWait.Run(connection, () => batch.ExecuteNonQuery());
            });
            return Task.CompletedTask;
        });
    }

    /// <summary>What is held is committed with what is not: there is all of a mail or nothing of it (APPROVE-88).</summary>
    private void WithHeld(NpgsqlBatch batch, long epoch, IReadOnlyList<NewMail> mails)
    {
        var queued = mails.Where(mail => !mail.Recipients.IsEmpty).ToArray();
        if (queued.Length > 0)
            Accept(batch, epoch, queued);
        else
            batch.Then(AssertEpochSql).Parameters.With(epoch);
        foreach (var mail in mails.Where(mail => mail.Held is not null))
        {
            HeldRows.Write(batch, epoch, mail);
            HeldRows.WriteContent(batch, mail, mail.Content.Memory
                ?? throw new ArgumentException($"The content of {mail.Id} is not in memory; it goes through AcceptLargeAsync.", nameof(mails)));
        }
    }

    private const string ChunkSql = "INSERT INTO mail_chunk (mail_id, seq, data) VALUES ($1, $2, $3)";

    /// <summary>The same for one mail whose content is streamed in chunks of 256 KiB; memory does not grow with its size.</summary>
    public async Task AcceptLargeAsync(long epoch, NewMail mail, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var key = _keys.Sealing;
        await WriteChunksAsync(connection, mail, key, cancel);
        // The epoch is asserted last: its lock is not held while the content travels.
        await using var batch = connection.CreateBatch();
        batch.Then(AssertEpochSql).Parameters.With(epoch);
        if (!mail.Recipients.IsEmpty)
            batch.Then(AcceptSql).Parameters.With(epoch).WithMails([mail], key, ContentPlace.Streamed);
        if (mail.Held is not null)
            HeldRows.Write(batch, epoch, mail);
        await UnderEpochAsync(epoch, () => StandbyWait.RunAsync(connection, async () =>
        {
            await batch.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
        }));
    }

    internal static async Task WriteChunksAsync(NpgsqlConnection connection, NewMail mail, ContentKey? key, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            await using var content = mail.Content.OpenRead();
            var written = 0L;
            for (var seq = 0; written < mail.Content.Length; seq++)
            {
                var count = await content.ReadAtLeastAsync(buffer.AsMemory(0, ChunkSize), ChunkSize, throwOnEndOfStream: false, cancel);
                if (count == 0)
                    throw new EndOfStreamException($"The spooled content of {mail.Id} ends after {written} of {mail.Content.Length} octets.");
                if (!mail.Recipients.IsEmpty)
                {
                    await using var command = new NpgsqlCommand(ChunkSql, connection);
                    command.Parameters.With(mail.Id.Number).With(seq)
                        .With<ReadOnlyMemory<byte>>(key is null ? buffer.AsMemory(0, count) : key.ClosePiece(buffer.AsSpan(0, count), mail.Id.Number, seq));
                    await command.ExecuteNonQueryAsync(cancel);
                }
                if (mail.Held is not null)
                    await HeldRows.WritePieceAsync(connection, mail, seq, buffer.AsMemory(0, count), cancel);
                written += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // An insert of the same number waits until a transaction still in flight with it has ended, so the answer after it is final. It is rolled back.
    private const string SettleSql = """
        INSERT INTO mail (id, size, reverse_path, node) SELECT id, 0, '', '' FROM unnest($1) AS id ORDER BY id ON CONFLICT DO NOTHING
        """;
    private const string SettleHeldSql = """
        INSERT INTO held_mail (id, size, sha256, reverse_path, sender, node)
        SELECT id, 0, sha256(''), '', '', '' FROM unnest($1) AS id ORDER BY id ON CONFLICT DO NOTHING
        """;
    private const string WhichExistSql = """
        SELECT id FROM mail WHERE id = ANY ($1) UNION SELECT mail_id FROM history WHERE mail_id = ANY ($1) UNION SELECT id FROM held_mail WHERE id = ANY ($1)
        """;

    /// <summary>Of these numbers, the ones that are in the queue, held or in the history, on the synchronous standby too: settles a commit whose answer was lost.</summary>
    /// <exception cref="TimeoutException">Some are there, but the standby does not have them (yet).</exception>
    public async Task<IReadOnlySet<long>> WhichExistAsync(IReadOnlyCollection<long> mails, CancellationToken cancel)
    {
        var asked = mails.ToArray();
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await using var settle = connection.CreateBatch();
            settle.Then(SettleSql).Parameters.With(asked);
            settle.Then(SettleHeldSql).Parameters.With(asked);
            await settle.ExecuteNonQueryAsync(cancel);
            await transaction.RollbackAsync(cancel);
        }
        var found = new HashSet<long>();
        await using (var command = new NpgsqlCommand(WhichExistSql, connection))
        {
            command.Parameters.With(asked);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                found.Add(reader.GetInt64(0));
        }
        if (found.Count > 0)
            await StandbyWait.PassAsync(connection, cancel);
        return found;
    }

    /// <summary>All octets of the content of mail <c>m</c> as they are stored: one value, or the pieces in their order.</summary>
    private const string WholeSql = "CASE WHEN m.content IS NULL THEN (SELECT array_agg(c.data ORDER BY c.seq) FROM mail_chunk c WHERE c.mail_id = m.id) ELSE ARRAY[m.content] END";

    private const string ContentSql = $"SELECT m.size, m.content IS NULL, CASE WHEN m.size <= $2 THEN {WholeSql} END, m.sealed_with FROM mail m WHERE m.id = $1";

    /// <summary>Content for a claimed mail: in memory up to <paramref name="inMemory"/> octets, else a stream that reads piece by piece from the database. Null when the mail is gone.</summary>
    /// <exception cref="ContentClosedException">It is sealed with a key that this node does not have, or is not what was stored; perhaps only while it is read.</exception>
    /// <exception cref="IOException">Pieces of it are gone, and it with them.</exception>
    public async Task<MailContent?> ReadContentAsync(long mail, int inMemory, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ContentSql);
        command.Parameters.With(mail).With((long)inMemory);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        var (length, chunked) = (reader.GetInt64(0), reader.GetBoolean(1));
        var key = reader.TextOrNull(3) is { } name ? _keys.Find(name) : null;
        if (length > inMemory)
            return new StoredContent(dataSource, mail, length, chunked, key);
        var stored = await reader.IsDBNullAsync(2, cancel) ? [] : reader.GetFieldValue<byte[][]>(2);
        return new MemoryContent(chunked || key is null ? StoredContent.Whole(stored, mail, length, key) : key.Open(stored[0], mail, length));
    }

    internal static async Task UnderEpochAsync(long epoch, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (PostgresException trouble) when (trouble.SqlState == Database.EpochFenced)
        {
            throw new EpochFencedException(epoch);
        }
    }
}
