using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Writes held submissions inside the transaction that accepts the mail. Few mails are held, so each is statements of its own; the others pay nothing.</summary>
internal static class HeldRows
{
    // Two submissions of one mail, because the client saw no reply to the first (APPROVE-88). The content hash does not tell: our trace line is in it.
    private const string MailSql = """
        INSERT INTO held_mail (id, size, local_port, received_count, body, ret, smtputf8, has_8bit, split, sha256, sealed_with, reverse_path, sender, envid,
                               client_address, helo, tls, auth, subject, message_id, attachments, recipients, sent_to, node, like_id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
               (SELECT n.name FROM node n WHERE n.epoch = $24),
               (SELECT o.id FROM held_mail o
                WHERE lower(o.sender) = lower($13) AND o.received_at > now() - interval '10 minutes' AND o.message_id = $20 AND o.message_id <> ''
                  AND o.recipients = $22 ORDER BY o.id LIMIT 1)
        """;

    private const string PieceSql = "INSERT INTO held_piece (mail_id, seq, data) VALUES ($1, $2, $3)";

    private const string HoldSql = """
        INSERT INTO hold (id, mail_id, needed, free, state, requester, barred, places, reasons, note, remind_at, remind_every, escalate_at, expire_at,
                          escalate_to, on_expire, lists, self, begin_at, warnings)
        VALUES ($1, $2, $3, $4, CASE WHEN $4 THEN 'approved' ELSE 'held' END::hold_state, $5, $6, $7, $8, $9,
                coalesce(now() + $10::interval, 'infinity'), $11, coalesce(now() + $12::interval, 'infinity'), coalesce(now() + $13::interval, 'infinity'),
                $14, $15, $16, $17, now() + $18::interval, $19)
        """;

    private const string RecipientsSql = """
        INSERT INTO hold_recipient (hold_id, ordinal, forward_path, notify, orcpt, bcc, added)
        SELECT $1, r.* FROM unnest($2::smallint[], $3::text[], $4::smallint[], $5::text[], $6::boolean[], $7::smallint[]) AS r
        """;

    private const string ApproversSql = """
        INSERT INTO hold_approver (hold_id, stage, place, address, principal, principal_decides, waits, asked_at)
        SELECT $1, a.stage, a.place, a.address, a.principal, a.decides, a.stage = 0 AND $7, CASE WHEN a.stage = 0 AND $7 THEN now() END
        FROM unnest($2::smallint[], $3::smallint[], $4::text[], $5::text[], $6::boolean[]) AS a (stage, place, address, principal, decides)
        """;

    internal const string JobsSql = """
        INSERT INTO hold_job (hold_id, kind, addressee) SELECT $1, j.kind, j.addressee FROM unnest($2::text[], $3::text[]) AS j (kind, addressee)
        """;

    internal const string AuditSql = "INSERT INTO audit_entry (hold_id, record) SELECT a.hold_id, a.record FROM unnest($1::bigint[], $2::text[]) AS a (hold_id, record)";

    /// <summary>Envelope, groups, jobs and audit of one submission; the content apart.</summary>
    public static void Write(NpgsqlBatch batch, long epoch, NewMail mail)
    {
        var held = mail.Held!;
        batch.Then(MailSql).Parameters.With(mail.Id.Number).With(mail.Content.Length).With(mail.LocalPort).With((short)Math.Min(mail.ReceivedCount, short.MaxValue))
            .With((short)mail.Body).With((short)mail.Ret).With(mail.SmtpUtf8).With(mail.Has8Bit).With(held.Split).With(held.Sha256).WithText(held.Seal?.Name)
            .With(mail.ReversePath).With(held.Sender).WithText(mail.EnvelopeId).WithText(mail.ClientAddress).WithText(mail.Helo).WithText(mail.TlsVersion)
            .WithText(mail.AuthenticatedAs).With(Cleaned.Text(held.Subject, 1000)).With(Cleaned.Text(held.MessageId, 1000)).With(Cleaned.Texts(held.Attachments))
            .With(Cleaned.Texts(held.Recipients)).With(Cleaned.Texts(held.SentTo)).With(epoch);
        foreach (var hold in held.Holds)
            Write(batch, mail.Id.Number, hold);
        if (!held.Audit.IsEmpty)
            batch.Then(AuditSql).Parameters.WithAudit(held.Audit);
    }

    private static void Write(NpgsqlBatch batch, long mail, NewHold hold)
    {
        batch.Then(HoldSql).Parameters.With(hold.Id).With(mail).With(hold.Needed.ToArray()).With(hold.Free)
            .With(hold.Requester).With(hold.Barred.ToArray()).With(hold.Places.ToArray()).With(Cleaned.Texts(hold.Reasons)).With(Cleaned.Text(hold.Note, 1000))
            .WithSpan(hold.RemindAfter).WithSpan(hold.RemindEvery).WithSpan(hold.EscalateAfter).WithSpan(hold.OnExpire == "keep" ? null : hold.ExpireAfter)
            .With(hold.EscalateTo.ToArray()).With(hold.OnExpire).With(hold.List.Length > 0 ? new[] { hold.List } : [])
            .With(hold.IsOwn).WithSpan(hold.BeginAfter).With(Cleaned.Texts(hold.Warnings));
        batch.Then(RecipientsSql).Parameters.With(hold.Id)
            .With(hold.Recipients.Select(r => r.Ordinal).ToArray()).With(hold.Recipients.Select(r => r.ForwardPath).ToArray())
            .With(hold.Recipients.Select(r => (short)r.Notify).ToArray()).With(hold.Recipients.Select(r => r.OriginalRecipient).ToArray())
            .With(hold.Recipients.Select(r => r.Bcc).ToArray()).With(hold.Recipients.Select(r => (short)r.Origin).ToArray());
        if (!hold.Approvers.IsEmpty)
            batch.Then(ApproversSql).Parameters.With(hold.Id)
                .With(hold.Approvers.Select(a => a.Stage).ToArray()).With(hold.Approvers.Select(a => a.Place).ToArray())
                .With(hold.Approvers.Select(a => a.Address).ToArray()).With(hold.Approvers.Select(a => a.Principal).ToArray())
                .With(hold.Approvers.Select(a => a.PrincipalDecides).ToArray()).With(hold.BeginAfter is null);
        if (!hold.Jobs.IsEmpty)
            batch.Then(JobsSql).Parameters.With(hold.Id).WithJobs(hold.Jobs);
    }

    /// <summary>The content of a mail in memory, in pieces.</summary>
    public static void WriteContent(NpgsqlBatch batch, NewMail mail, ReadOnlyMemory<byte> content)
    {
        for (var seq = 0; seq * QueueStore.ChunkSize < content.Length; seq++)
            Piece(batch.Then(PieceSql).Parameters, mail, seq, content.Slice(seq * QueueStore.ChunkSize, Math.Min(QueueStore.ChunkSize, content.Length - seq * QueueStore.ChunkSize)));
    }

    /// <summary>One piece of a content that is streamed.</summary>
    public static async Task WritePieceAsync(NpgsqlConnection connection, NewMail mail, int seq, ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(PieceSql, connection);
        Piece(command.Parameters, mail, seq, piece);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static void Piece(NpgsqlParameterCollection parameters, NewMail mail, int seq, ReadOnlyMemory<byte> piece) =>
        parameters.With(mail.Id.Number).With(seq).With<ReadOnlyMemory<byte>>(mail.Held!.Seal is { } seal ? seal.Close(piece.Span, mail.Id.Number, seq) : piece);

    public static NpgsqlParameterCollection WithJobs(this NpgsqlParameterCollection parameters, IReadOnlyList<NewJob> jobs) =>
        parameters.With(jobs.Select(j => j.Kind).ToArray()).With(jobs.Select(j => j.Addressee).ToArray());

    public static NpgsqlParameterCollection WithAnswers(this NpgsqlParameterCollection parameters, long hold, IReadOnlyList<NewAnswer> answers) => parameters
        .With(hold).With(answers.Select(a => a.Kind).ToArray()).With(answers.Select(a => a.Addressee).ToArray()).With(answers.Select(a => Cleaned.Text(a.Detail, 4000)).ToArray());

    public static NpgsqlParameterCollection WithAudit(this NpgsqlParameterCollection parameters, IReadOnlyList<AuditLine> audit) =>
        parameters.With(audit.Select(a => a.Hold).ToArray()).With(audit.Select(a => a.Record).ToArray());
}
