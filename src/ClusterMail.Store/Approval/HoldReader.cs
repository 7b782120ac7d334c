using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Reads held groups, one or pages of them.</summary>
/// <param name="seal">The node's key of contents at rest; null: the node's file names none.</param>
public sealed class HoldReader(NpgsqlDataSource dataSource, ContentSeal? seal = null)
{
    /// <summary>Most groups of one page (APPROVE-91).</summary>
    public const int LargestPage = 200;

    /// <summary>This node can open contents sealed with the key of that name.</summary>
    public bool Knows(string key) => seal?.Knows(key) == true;

    /// <summary>What is held from now on is sealed (APPROVE-71).</summary>
    public bool IsSealing => seal is not null;

    /// <summary>The octets as they were held, checked against their hash while they are read (APPROVE-69).</summary>
    public HeldContent Content(HeldMailRow mail) => new(dataSource, mail, seal);

    private const string HoldsSql = $"""
        SELECT h.id, h.mail_id, {HoldStore.StateSql}, h.version, h.stage, h.needed, h.free, h.requester, h.barred, h.places, h.reasons, h.note, h.opened_at,
               nullif(h.remind_at, 'infinity'), h.remind_every, h.reminders, nullif(h.escalate_at, 'infinity'),
               nullif(h.expire_at, 'infinity'), h.released_at, h.escalate_to, h.on_expire, h.lists,
               d.result_id, {HoldStore.StateSql}, d.decided_by, d.principal, d.channel, d.client_address, d.auth, d.comment, d.node, d.decided_at,
               h.self, h.begin_at, h.warnings, h.sender_note
        FROM hold h LEFT JOIN hold_decision d ON d.hold_id = h.id WHERE h.id = ANY ($1)
        """;

    private const string MailsSql = """
        SELECT DISTINCT m.id, m.received_at, m.dropped_at, m.size, m.sha256, m.sealed_with, m.reverse_path, m.sender, m.subject, m.message_id, m.attachments,
               m.recipients, m.sent_to, m.split, m.like_id, m.body, m.ret, m.smtputf8, m.has_8bit, m.envid, m.node, m.client_address, m.local_port, m.helo, m.tls,
               m.auth, m.received_count
        FROM held_mail m JOIN hold h ON h.mail_id = m.id WHERE h.id = ANY ($1)
        """;

    private const string ApproversSql = """
        SELECT hold_id, stage, place, address, principal, principal_decides, waits, asked_at, failed_at FROM hold_approver WHERE hold_id = ANY ($1) ORDER BY hold_id, stage, place
        """;

    private const string RecipientsSql = "SELECT hold_id, ordinal, forward_path, notify, orcpt, bcc, added FROM hold_recipient WHERE hold_id = ANY ($1) ORDER BY hold_id, ordinal";
    private const string VotesSql = "SELECT hold_id, stage, seat, voter, approves, at, channel, comment FROM hold_vote WHERE hold_id = ANY ($1) ORDER BY hold_id, at";

    /// <summary>Null: there is no such group.</summary>
    public async Task<HoldRow?> FindAsync(long hold, CancellationToken cancel) => (await LoadAsync([hold], cancel)).FirstOrDefault();

    /// <summary>The groups of the submission that this group or this number belongs to, the first one first.</summary>
    public async Task<IReadOnlyList<HoldRow>> SiblingsAsync(long hold, CancellationToken cancel)
    {
        var ids = await IdsAsync("SELECT o.id FROM hold h JOIN hold o ON o.mail_id = h.mail_id WHERE h.id = $1 ORDER BY o.id", p => p.With(hold), cancel);
        return await LoadAsync(ids, cancel);
    }

    private const string ByNumberSql = """
        SELECT h.id FROM hold h WHERE h.id = $1 OR h.mail_id = $1
        UNION SELECT d.hold_id FROM hold_decision d WHERE d.result_id = $1 ORDER BY 1 LIMIT 50
        """;

    /// <summary>Groups a number leads to: HoldId, SubmissionId or the new number of a decision (APPROVE-322).</summary>
    public async Task<IReadOnlyList<HoldRow>> ByNumberAsync(long number, CancellationToken cancel) =>
        await LoadAsync(await IdsAsync(ByNumberSql, p => p.With(number), cancel), cancel);

    private const string WaitingSql = """
        SELECT a.hold_id FROM hold_approver a WHERE a.waits AND lower(a.address) = ANY ($1)
        UNION SELECT p.hold_id FROM hold_approver p WHERE p.waits AND p.principal_decides AND p.principal IS NOT NULL AND lower(p.principal) = $2
        """;

    /// <summary>The beginning of a waiting list.</summary>
    public Task<(IReadOnlyList<HoldRow> Rows, int Total)> WaitingAsync(string approver, IReadOnlyCollection<string> proxyFor, int limit, CancellationToken cancel) =>
        WaitingAsync(approver, proxyFor, 0, limit, cancel);

    /// <summary>The waiting list (APPROVE-216): undecided groups in which he is asked and has not voted, oldest first, and how many there are in all.</summary>
    /// <param name="proxyFor">Approvers whose proxy he is now.</param>
    /// <param name="skip">How many of the oldest to leave out, for the pages of a long list.</param>
    public async Task<(IReadOnlyList<HoldRow> Rows, int Total)> WaitingAsync(string approver, IReadOnlyCollection<string> proxyFor, int skip, int limit, CancellationToken cancel)
    {
        var self = approver.ToLowerInvariant();
        string[] asked = [self, .. proxyFor.Select(a => a.ToLowerInvariant())];
        var ids = await IdsAsync(WaitingSql, p => p.With(asked).With(self), cancel);
        Array.Sort(ids);
        return (await LoadAsync([.. ids.Skip(skip).Take(limit)], cancel), ids.Length);
    }

    // A null says nothing. By HoldId, newest last, so that a page begins behind the last one.
    private const string ListSql = $"""
        SELECT h.id FROM hold h JOIN held_mail m ON m.id = h.mail_id
        WHERE NOT h.free AND h.id > $1 AND ($2::text IS NULL OR {HoldStore.StateSql} = $2 OR $2 = 'open' AND h.state IN ('held', 'escalated') OR $2 = 'final' AND h.state NOT IN ('held', 'escalated'))
          AND ($3::text IS NULL OR lower(h.requester) = lower($3) OR lower(m.reverse_path) = lower($3))
          AND ($4::text IS NULL OR EXISTS (SELECT FROM hold_approver a WHERE a.hold_id = h.id AND lower(a.address) = lower($4)))
          AND ($5::text IS NULL OR EXISTS (SELECT FROM hold_recipient r WHERE r.hold_id = h.id AND lower(r.forward_path) = lower($5)))
          AND ($6::interval IS NULL OR h.opened_at < now() - $6)
          AND ($7::text IS NULL OR EXISTS (SELECT FROM unnest(h.places) AS p WHERE starts_with(p, $7)))
        ORDER BY h.id LIMIT $8
        """;

    public async Task<IReadOnlyList<HoldRow>> ListAsync(HoldFilter filter, CancellationToken cancel)
    {
        var ids = await IdsAsync(ListSql, p => p.With(filter.After).WithText(filter.State).WithText(filter.Sender).WithText(filter.Approver).WithText(filter.Recipient)
            .WithSpan(filter.OlderThan).WithText(filter.Policy).With(Math.Clamp(filter.Limit, 1, LargestPage)), cancel);
        return await LoadAsync(ids, cancel);
    }

    private const string CountSql = $"""
        SELECT state::text, count(*), min(opened_at) FROM hold WHERE state IN ('held', 'escalated') GROUP BY state
        UNION ALL SELECT {HoldStore.StateSql}, count(*), NULL FROM hold_decision d JOIN hold h ON h.id = d.hold_id WHERE d.decided_at > now() - interval '7 days' GROUP BY 1
        """;

    /// <summary>How many are in each state, of the final ones those of the last seven days, and since when the oldest open one is held.</summary>
    public async Task<(IReadOnlyDictionary<HoldState, long> States, DateTimeOffset? OldestOpen)> CountAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(CountSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (states, oldest) = (new Dictionary<HoldState, long>(), (DateTimeOffset?)null);
        while (await reader.ReadAsync(cancel))
        {
            states[HoldStore.State(reader.GetString(0))] = reader.GetInt64(1);
            oldest = reader.Time(2) is { } opened && (oldest is null || opened < oldest) ? opened : oldest;
        }
        return (states, oldest);
    }

    private const string AgesSql = """
        SELECT count(*) FILTER (WHERE opened_at > now() - interval '1 hour'),
               count(*) FILTER (WHERE opened_at <= now() - interval '1 hour' AND opened_at > now() - interval '1 day'),
               count(*) FILTER (WHERE opened_at <= now() - interval '1 day' AND opened_at > now() - interval '7 days'),
               count(*) FILTER (WHERE opened_at <= now() - interval '7 days')
        FROM hold WHERE state IN ('held', 'escalated')
        """;

    /// <summary>How many are open for less than an hour, a day, a week, and longer (APPROVE-335).</summary>
    public async Task<IReadOnlyList<long>> AgesAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AgesSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return [reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)];
    }

    /// <summary>Octets of all contents that are still there: of what waits, and of what was not sent and is kept a while (APPROVE-74).</summary>
    public async Task<long> KeptAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT coalesce(sum(size), 0)::bigint FROM held_mail WHERE dropped_at IS NULL");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<long[]> IdsAsync(string sql, Action<NpgsqlParameterCollection> with, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(sql);
        with(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ids = new List<long>();
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }

    /// <summary>These groups in the order given, each read at one moment.</summary>
    public async Task<IReadOnlyList<HoldRow>> LoadAsync(long[] ids, CancellationToken cancel)
    {
        if (ids.Length == 0)
            return [];
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using var batch = connection.CreateBatch();
        foreach (var sql in (string[])[MailsSql, ApproversSql, RecipientsSql, VotesSql, HoldsSql])
            batch.Then(sql).Parameters.With(ids);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var mails = (await AllAsync(reader, Mail, cancel)).ToDictionary(m => m.Id);
        await reader.NextResultAsync(cancel);
        var approvers = (await AllAsync(reader, r => (Hold: r.GetInt64(0), Value: Approver(r)), cancel)).ToLookup(a => a.Hold, a => a.Value);
        await reader.NextResultAsync(cancel);
        var recipients = (await AllAsync(reader, r => (Hold: r.GetInt64(0), Value: Recipient(r)), cancel)).ToLookup(a => a.Hold, a => a.Value);
        await reader.NextResultAsync(cancel);
        var votes = (await AllAsync(reader, r => (Hold: r.GetInt64(0), Value: Vote(r)), cancel)).ToLookup(a => a.Hold, a => a.Value);
        await reader.NextResultAsync(cancel);
        var holds = (await AllAsync(reader, r => Hold(r, mails[r.GetInt64(1)]), cancel)).ToDictionary(h => h.Id);
        return [.. ids.Where(holds.ContainsKey).Select(id => holds[id] with
        {
            Approvers = [.. approvers[id]],
            Recipients = [.. recipients[id]],
            Votes = [.. votes[id]],
        })];
    }

    private static async Task<List<T>> AllAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel))
            rows.Add(read(reader));
        return rows;
    }

    private static HoldApprover Approver(NpgsqlDataReader r) => new(r.GetInt16(1), r.GetInt16(2), r.GetString(3), r.TextOrNull(4), r.GetBoolean(5))
    {
        Waits = r.GetBoolean(6),
        AskedAt = r.Time(7),
        FailedAt = r.Time(8),
    };

    private static HeldRecipient Recipient(NpgsqlDataReader r) => new(r.GetInt16(1), r.GetString(2), (Notify)r.GetInt16(3), r.TextOrNull(4), r.GetBoolean(5)) { Origin = (RecipientOrigin)r.GetInt16(6) };

    private static HoldVote Vote(NpgsqlDataReader r) =>
        new(r.GetInt16(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.GetFieldValue<DateTimeOffset>(5), r.GetString(6), r.GetString(7));

    private static HoldRow Hold(NpgsqlDataReader r, HeldMailRow mail) => new()
    {
        Id = r.GetInt64(0),
        Mail = mail,
        State = HoldStore.State(r.GetString(2)),
        Version = r.GetInt32(3),
        Stage = r.GetInt16(4),
        Needed = [.. r.GetFieldValue<short[]>(5)],
        Free = r.GetBoolean(6),
        Requester = r.GetString(7),
        Barred = [.. r.GetFieldValue<string[]>(8)],
        Places = [.. r.GetFieldValue<string[]>(9)],
        Reasons = [.. r.GetFieldValue<string[]>(10)],
        Note = r.GetString(11),
        OpenedAt = r.GetFieldValue<DateTimeOffset>(12),
        RemindAt = r.Time(13),
        RemindEvery = r.IsDBNull(14) ? null : r.GetTimeSpan(14),
        Reminders = r.GetInt16(15),
        EscalateAt = r.Time(16),
        ExpireAt = r.Time(17),
        ReleasedAt = r.Time(18),
        EscalateTo = [.. r.GetFieldValue<string[]>(19)],
        OnExpire = r.GetString(20),
        Lists = [.. r.GetFieldValue<string[]>(21)],
        IsOwn = r.GetBoolean(32),
        BeginAt = r.Time(33),
        Warnings = [.. r.GetFieldValue<string[]>(34)],
        SenderNote = r.GetString(35),
        Decision = r.IsDBNull(22) ? null : new HoldDecision
        {
            ResultId = r.GetInt64(22),
            State = HoldStore.State(r.GetString(23)),
            By = r.GetString(24),
            Principal = r.TextOrNull(25),
            Channel = r.GetString(26),
            ClientAddress = r.TextOrNull(27),
            Auth = r.TextOrNull(28),
            Comment = r.GetString(29),
            Node = r.GetString(30),
            At = r.GetFieldValue<DateTimeOffset>(31),
        },
    };

    private static HeldMailRow Mail(NpgsqlDataReader r) => new()
    {
        Id = r.GetInt64(0),
        ReceivedAt = r.GetFieldValue<DateTimeOffset>(1),
        DroppedAt = r.Time(2),
        Size = r.GetInt64(3),
        Sha256 = r.GetFieldValue<byte[]>(4),
        SealedWith = r.TextOrNull(5),
        ReversePath = r.GetString(6),
        Sender = r.GetString(7),
        Subject = r.GetString(8),
        MessageId = r.GetString(9),
        Attachments = [.. r.GetFieldValue<string[]>(10)],
        Recipients = [.. r.GetFieldValue<string[]>(11)],
        SentTo = [.. r.GetFieldValue<string[]>(12)],
        Split = r.GetBoolean(13),
        LikeId = r.IsDBNull(14) ? null : r.GetInt64(14),
        Body = (BodyType)r.GetInt16(15),
        Ret = (Ret)r.GetInt16(16),
        SmtpUtf8 = r.GetBoolean(17),
        Has8Bit = r.GetBoolean(18),
        EnvelopeId = r.TextOrNull(19),
        Node = r.GetString(20),
        ClientAddress = r.TextOrNull(21),
        LocalPort = r.GetInt32(22),
        Helo = r.TextOrNull(23),
        TlsVersion = r.TextOrNull(24),
        AuthenticatedAs = r.TextOrNull(25),
        ReceivedCount = r.GetInt16(26),
    };
}

/// <summary>Which groups to list. What is null is not asked for.</summary>
public sealed record HoldFilter
{
    /// <summary>A state, <c>open</c> or <c>final</c>.</summary>
    public string? State { get; init; }
    public string? Sender { get; init; }
    public string? Approver { get; init; }
    public string? Recipient { get; init; }
    public TimeSpan? OlderThan { get; init; }

    /// <summary>How the place of the policy begins: <c>account user@domain</c>, <c>domain example.jp</c>, <c>system</c>.</summary>
    public string? Policy { get; init; }

    /// <summary>HoldId of the last one of the page before.</summary>
    public long After { get; init; }
    public int Limit { get; init; } = 50;
}
