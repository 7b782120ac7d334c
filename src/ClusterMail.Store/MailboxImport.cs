using System.Buffers;
using System.Security.Cryptography;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Puts messages that came as files into mailboxes, each once (ADMIN-52). Quota is not asked: what the original held is to be here.</summary>
/// <param name="keys">Keys of contents; null: nothing is sealed.</param>
public sealed class MailboxImport(NpgsqlDataSource dataSource, QueueStore numbers, ContentKeys? keys = null)
{
    /// <summary>Messages of one question of <see cref="KnownAsync"/>.</summary>
    public const int MostAsked = 1000;

    private const int PieceSize = 256 * 1024;

    private const string KnownSql = """
        SELECT a.place FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS a (folder, content, place)
        JOIN imported_message i ON i.account_id = $1 AND i.folder = a.folder AND i.content = a.content
        """;

    /// <summary>Which of these, by their places from 0, were imported before.</summary>
    public async Task<IReadOnlySet<int>> KnownAsync(long account, IReadOnlyList<(string Folder, byte[] Hash)> messages, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(messages.Count, MostAsked);
        await using var command = dataSource.Ask(KnownSql);
        command.Parameters.With(account).With(messages.Select(message => message.Folder).ToArray()).With(messages.Select(message => message.Hash).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var known = new HashSet<int>();
        while (await reader.ReadAsync(cancel))
            known.Add((int)reader.GetInt64(0) - 1);
        return known;
    }

    private const string PieceSql = "INSERT INTO mailbox_piece (content_id, seq, data) VALUES ($1, $2, $3)";

    // The lock on the mailbox is the one everybody takes first (0003_mailboxes.sql); the content is not yet to be seen by anybody.
    private const string LockSql = """
        INSERT INTO mailbox AS b (account_id) VALUES ($1) ON CONFLICT (account_id) DO UPDATE SET messages = b.messages WHERE false
        """;
    private const string FolderSql = "INSERT INTO mailbox_folder (account_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    private const string OnceSql = "INSERT INTO imported_message (account_id, folder, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    private const string MessageSql = """
        WITH box AS (
            UPDATE mailbox SET octets = octets + $4, messages = messages + 1 WHERE account_id = $1),
        folder AS (
            UPDATE mailbox_folder SET uid_next = uid_next + 1, mod_seq = mod_seq + 1, octets = octets + $4, messages = messages + 1
            WHERE account_id = $1 AND name = $2 RETURNING id, uid_next - 1 AS uid, mod_seq),
        content AS (
            INSERT INTO mailbox_content (id, messages, added, size, sealed_with) VALUES ($3, 1, 1, $4, $9))
        INSERT INTO mailbox_message (folder_id, uid, mod_seq, content_id, size, internal_date, flags, reverse_path, recipient, prefix)
        SELECT id, uid, mod_seq, $3, $4, $5, $6, $7, $8, '' FROM folder RETURNING uid
        """;

    /// <summary>One message, as it is, octet by octet. Null: it was imported before, and nothing was written; else its UID.</summary>
    public async Task<long?> ImportAsync(long account, ImportedFile file, Stream content, CancellationToken cancel)
    {
        // Outside the transaction: whoever takes numbers holds a lock to its end.
        var id = await numbers.AllotNumbersAsync(1, cancel);
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var key = keys?.Sealing;
        var (size, hash) = await WritePiecesAsync(connection, id, content, key, cancel);
        await ExecuteAsync(connection, LockSql, parameters => parameters.With(account), cancel);
        if (await ExecuteAsync(connection, OnceSql, parameters => parameters.With(account).With(file.Folder).With(hash), cancel) == 0)
            return null;
        await ExecuteAsync(connection, FolderSql, parameters => parameters.With(account).With(file.Folder), cancel);
        await using var command = new NpgsqlCommand(MessageSql, connection);
        command.Parameters.With(account).With(file.Folder).With(id).With(size).With(file.At.ToUniversalTime()).With((short)file.Flags).With(file.Sender).With(file.Recipient).WithText(key?.Name);
        var uid = (long)(await command.ExecuteScalarAsync(cancel))!;
        await transaction.CommitAsync(cancel);
        return uid;
    }

    private static async Task<(long Size, byte[] Hash)> WritePiecesAsync(NpgsqlConnection connection, long id, Stream content, ContentKey? key, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            var size = 0L;
            for (var seq = 0; ; seq++)
            {
                var count = await content.ReadAtLeastAsync(buffer.AsMemory(0, PieceSize), PieceSize, throwOnEndOfStream: false, cancel);
                if (count == 0 && seq > 0)
                    return (size, hash.GetHashAndReset());
                hash.AppendData(buffer, 0, count);
                size += count;
                ReadOnlyMemory<byte> piece = key is null ? buffer.AsMemory(0, count) : key.ClosePiece(buffer.AsSpan(0, count), id, seq);
                await ExecuteAsync(connection, PieceSql, parameters => parameters.With(id).With(seq).With(piece), cancel);
                if (count < PieceSize)
                    return (size, hash.GetHashAndReset());
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, Action<NpgsqlParameterCollection> fill, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        fill(command.Parameters);
        return await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>A message that comes as a file.</summary>
/// <param name="Folder">INBOX, or levels separated by <c>/</c>.</param>
/// <param name="At">When it arrived.</param>
/// <param name="Sender">Envelope sender without brackets; empty: the null path, or not known.</param>
/// <param name="Recipient">Address it was delivered to.</param>
public sealed record ImportedFile(string Folder, DateTimeOffset At, MessageFlags Flags, string Sender, string Recipient);
