using ClusterMail.Protocol;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Mailboxes as they are read and removed; what is delivered into them comes through <see cref="QueueStore.RecordAsync"/> (05 D, DELIV-10).</summary>
/// <param name="keys">Keys of contents; null: none is sealed.</param>
public sealed class MailboxStore(NpgsqlDataSource dataSource, ContentKeys? keys = null)
{
    /// <summary>Messages of one answer of <see cref="MessagesAsync"/>.</summary>
    public const int Page = 500;

    private const string UsageSql = "SELECT octets, messages FROM mailbox WHERE account_id = $1";

    /// <summary>What an account's mailbox holds (QUOTA-2): one row by its key, whatever the number of messages. Nothing yet: zero.</summary>
    public async Task<MailboxUsage> UsageAsync(long account, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(UsageSql);
        command.Parameters.With(account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new MailboxUsage(reader.GetInt64(0), reader.GetInt64(1)) : default;
    }

    private const string OwnerSql = "SELECT id, domain, name, box_limit, delivery FROM account WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL";

    /// <summary>The account of an address; null: there is none.</summary>
    /// <param name="domain">Lower case, A-labels.</param>
    public async Task<MailboxOwner?> OwnerAsync(string domain, string localPart, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(OwnerSql);
        command.Parameters.With(domain).With(localPart);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new MailboxOwner(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetString(4))
            : null;
    }

    private const string FoldersSql = """
        SELECT id, name, uid_validity, uid_next, mod_seq, octets, messages FROM mailbox_folder WHERE account_id = $1 ORDER BY name <> 'INBOX', name
        """;

    /// <summary>Its folders, INBOX first, then by name. None before the first delivery.</summary>
    public async Task<IReadOnlyList<MailboxFolder>> FoldersAsync(long account, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FoldersSql);
        command.Parameters.With(account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var folders = new List<MailboxFolder>();
        while (await reader.ReadAsync(cancel))
            folders.Add(new MailboxFolder(
                reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), new MailboxUsage(reader.GetInt64(5), reader.GetInt64(6))));
        return folders;
    }

    private const string MessagesSql = """
        SELECT m.uid, m.mod_seq, m.content_id, m.size, m.internal_date, m.flags, m.keywords, m.reverse_path, m.recipient, m.prefix,
               (SELECT count(*) FROM (SELECT FROM mailbox_piece p WHERE p.content_id = m.content_id LIMIT 2) AS p) > 1,
               (SELECT c.sealed_with FROM mailbox_content c WHERE c.id = m.content_id)
        FROM mailbox_message m WHERE m.folder_id = $1 AND m.uid > $2 ORDER BY m.uid LIMIT $3
        """;

    /// <summary>Messages of a folder in the order of their UIDs, at most <see cref="Page"/> after <paramref name="afterUid"/>.</summary>
    public async Task<IReadOnlyList<MailboxMessage>> MessagesAsync(long folder, long afterUid, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(MessagesSql);
        command.Parameters.With(folder).With(afterUid).With(Page);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var messages = new List<MailboxMessage>();
        while (await reader.ReadAsync(cancel))
            messages.Add(new MailboxMessage
            {
                Uid = reader.GetInt64(0),
                ModSeq = reader.GetInt64(1),
                ContentId = reader.GetInt64(2),
                Size = reader.GetInt64(3),
                InternalDate = reader.GetFieldValue<DateTimeOffset>(4),
                Flags = (MessageFlags)reader.GetInt16(5),
                Keywords = [.. reader.GetFieldValue<string[]>(6)],
                ReversePath = reader.GetString(7),
                Recipient = reader.GetString(8),
                Prefix = reader.GetString(9),
                InPieces = reader.GetBoolean(10),
                SealedWith = reader.TextOrNull(11),
            });
        return messages;
    }

    /// <summary>The message as a reader gets it: its prefix, then the content. Read piece by piece, so memory does not grow with its size.</summary>
    public MailContent Content(MailboxMessage message) => new MailboxContent(dataSource, message, keys ?? ContentKeys.None);

    private const string PurgeSql = "SELECT purge_mailbox($1, $2)";
    private const string PurgeImportsSql = "DELETE FROM imported_message WHERE account_id = $1";

    /// <summary>Removes a mailbox with all that only it holds, page by page: no lock is held for long however much it is. Returns the number of messages.</summary>
    public async Task<long> PurgeAsync(long account, CancellationToken cancel)
    {
        var removed = 0L;
        while (true)
        {
            await using var command = dataSource.Ask(PurgeSql);
            command.Parameters.With(account).With(Page);
            var count = (int)(await command.ExecuteScalarAsync(cancel))!;
            removed += count;
            if (count == Page)
                continue;
            await using var imports = dataSource.Ask(PurgeImportsSql);
            imports.Parameters.With(account);
            await imports.ExecuteNonQueryAsync(cancel);
            return removed;
        }
    }

    private const string OrphansSql = "SELECT b.account_id FROM mailbox b WHERE NOT EXISTS (SELECT FROM account a WHERE a.id = b.account_id) LIMIT 100";

    /// <summary>Purges up to 100 mailboxes whose account is gone for good (ACCT-4: 30 days after it was removed). Returns how many.</summary>
    public async Task<int> PurgeOrphansAsync(CancellationToken cancel)
    {
        var orphans = new List<long>();
        await using (var command = dataSource.Ask(OrphansSql))
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                orphans.Add(reader.GetInt64(0));
        }
        foreach (var orphan in orphans)
            await PurgeAsync(orphan, cancel);
        return orphans.Count;
    }
}

/// <summary>The account a mailbox belongs to.</summary>
/// <param name="Limit">Its own, octets; 0: the server's (QUOTA-1).</param>
/// <param name="Delivery">Empty: as its domain says.</param>
public sealed record MailboxOwner(long Account, string Domain, string Name, long Limit, string Delivery);

/// <summary>What a mailbox or folder holds.</summary>
/// <param name="Octets">Prefixes and contents as their readers get them, a shared content counted for each message (QUOTA-2).</param>
public readonly record struct MailboxUsage(long Octets, long Messages);

/// <param name="Name">Levels separated by <c>/</c>; <c>INBOX</c> in capitals.</param>
/// <param name="UidValidity">RFC 9051 §2.3.1.1.</param>
/// <param name="ModSeq">The highest in use (RFC 7162).</param>
public sealed record MailboxFolder(long Id, string Name, long UidValidity, long UidNext, long ModSeq, MailboxUsage Usage);

/// <summary>The system flags of RFC 9051 §2.3.2; the numbers are stored.</summary>
[Flags]
public enum MessageFlags : short
{
    None = 0,
    Seen = 1,
    Answered = 2,
    Flagged = 4,
    Deleted = 8,
    Draft = 16,
}

/// <summary>A message without its content.</summary>
public sealed record MailboxMessage
{
    public required long Uid { get; init; }
    public required long ModSeq { get; init; }

    /// <summary>The number of the mail it was made of; shared by the messages of all its local recipients.</summary>
    public required long ContentId { get; init; }

    /// <summary>Octets, prefix and content.</summary>
    public required long Size { get; init; }

    /// <summary>Database time of delivery.</summary>
    public required DateTimeOffset InternalDate { get; init; }
    public MessageFlags Flags { get; init; }
    public System.Collections.Immutable.ImmutableArray<string> Keywords { get; init; } = [];

    /// <summary>Envelope sender without brackets; empty: the null path.</summary>
    public required string ReversePath { get; init; }

    /// <summary>Envelope recipient as kept (ALIAS-4).</summary>
    public required string Recipient { get; init; }

    /// <summary>Header lines in front of the content (HDR-5).</summary>
    public required string Prefix { get; init; }

    /// <summary>The content is kept in several pieces.</summary>
    public bool InPieces { get; init; }

    /// <summary>Name of the key its content is sealed with; null: it is as it is.</summary>
    public string? SealedWith { get; init; }
}
