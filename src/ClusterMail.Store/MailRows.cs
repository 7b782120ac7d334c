using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Mails as the arrays that <c>unnest</c> turns into rows of <c>mail</c> and <c>recipient</c>: two inserts however many mails.</summary>
internal static class MailRows
{
    // $1 is the epoch; $2 to $17 the mails, $25 the key their contents are sealed with. A filter on m may follow.
    public const string InsertMails = """
        INSERT INTO mail (id, name, reverse_path, content, size, body, smtputf8, has_8bit, ret, envid,
                          client_address, local_port, helo, tls, auth, received_count, node, sealed_with)
        SELECT m.id, m.name, m.reverse_path, m.content, m.size, m.body, m.smtputf8, m.has_8bit, m.ret, m.envid,
               m.client_address, m.local_port, m.helo, m.tls, m.auth, m.received_count, (SELECT n.name FROM node n WHERE n.epoch = $1), $25::text
        FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::smallint[], $8::boolean[], $9::boolean[], $10::smallint[],
                    $11::text[], $12::text[], $13::integer[], $14::text[], $15::text[], $16::text[], $17::smallint[])
             AS m (id, name, reverse_path, content, size, body, smtputf8, has_8bit, ret,
                   envid, client_address, local_port, helo, tls, auth, received_count)
        """;

    // $18 to $24 the recipients. A filter on r may follow. An owned one starts with its acceptance.
    public const string InsertRecipients = """
        INSERT INTO recipient (mail_id, ordinal, forward_path, destination, notify, orcpt, owner, state, next_try, started_at)
        SELECT r.mail_id, r.ordinal, r.forward_path, r.destination, r.notify, r.orcpt,
               CASE WHEN r.not_before IS NULL THEN $1 END,
               CASE WHEN r.not_before IS NULL THEN 'delivering' ELSE 'queued' END::recipient_state,
               now() + coalesce(r.not_before, '0'::interval),
               CASE WHEN r.not_before IS NULL THEN now() END
        FROM unnest($18::bigint[], $19::smallint[], $20::text[], $21::text[], $22::smallint[], $23::text[], $24::interval[])
             AS r (mail_id, ordinal, forward_path, destination, notify, orcpt, not_before)
        """;

    /// <summary>$2 to $25.</summary>
    /// <param name="key">Seals the contents; null: they are stored as they are.</param>
    /// <param name="withContent">False: the content is in <c>mail_chunk</c>.</param>
    public static NpgsqlParameterCollection WithMails(this NpgsqlParameterCollection parameters, IReadOnlyList<NewMail> mails, ContentKey? key, bool withContent = true)
    {
        parameters
            .With(mails.Select(m => m.Id.Number).ToArray())
            .With(mails.Select(m => m.Name ?? (m.Id.Suffix.Length > 0 ? m.Id.ToString() : null)).ToArray())
            .With(mails.Select(m => m.ReversePath).ToArray())
            .With(mails.Select(m => withContent ? Octets(m, key) : null).ToArray())
            .With(mails.Select(m => m.Content.Length).ToArray())
            .With(mails.Select(m => (short)m.Body).ToArray())
            .With(mails.Select(m => m.SmtpUtf8).ToArray())
            .With(mails.Select(m => m.Has8Bit).ToArray())
            .With(mails.Select(m => (short)m.Ret).ToArray())
            .With(mails.Select(m => m.EnvelopeId).ToArray())
            .With(mails.Select(m => m.ClientAddress).ToArray())
            .With(mails.Select(m => m.LocalPort).ToArray())
            .With(mails.Select(m => m.Helo).ToArray())
            .With(mails.Select(m => m.TlsVersion).ToArray())
            .With(mails.Select(m => m.AuthenticatedAs).ToArray())
            .With(mails.Select(m => (short)Math.Min(m.ReceivedCount, short.MaxValue)).ToArray());
        var rows = mails.SelectMany(m => m.Recipients, (m, r) => (Mail: m.Id.Number, Recipient: r)).ToArray();
        return parameters
            .With(rows.Select(r => r.Mail).ToArray())
            .With(rows.Select(r => r.Recipient.Ordinal).ToArray())
            .With(rows.Select(r => r.Recipient.ForwardPath).ToArray())
            .With(rows.Select(r => r.Recipient.Destination).ToArray())
            .With(rows.Select(r => (short)r.Recipient.Notify).ToArray())
            .With(rows.Select(r => r.Recipient.OriginalRecipient).ToArray())
            .With(rows.Select(r => r.Recipient.Owned ? (TimeSpan?)null : r.Recipient.NotBefore).ToArray())
            .WithText(key?.Name);
    }

    // A whole array is passed as it is; a slice is copied once, which is still less than the wire costs.
    private static byte[] Octets(NewMail mail, ContentKey? key)
    {
        var memory = mail.Content.Memory
            ?? throw new ArgumentException($"The content of {mail.Id} is not in memory; it goes through AcceptLargeAsync.", nameof(mail));
        if (key is not null)
            return key.Close(memory.Span, mail.Id.Number);
        return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment)
            && segment.Offset == 0 && segment.Array is { } array && array.Length == segment.Count ? array : memory.ToArray();
    }
}
