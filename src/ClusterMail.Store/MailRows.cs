using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Where a content goes that is in memory, or has gone already.</summary>
internal enum ContentPlace : byte
{
    /// <summary>Into the row of its mail, whatever its size.</summary>
    Row,

    /// <summary>A small one into the row of its mail, others into pieces (<see cref="MailRows.InsertPieces"/>).</summary>
    RowOrPieces,

    /// <summary>It is in <c>mail_chunk</c> already.</summary>
    Streamed,
}

/// <summary>Mails as the arrays that <c>unnest</c> turns into rows of <c>mail</c> and <c>recipient</c>: two inserts however many mails, three where some are in pieces.</summary>
internal static class MailRows
{
    /// <summary>Octets of content up to which the row of a mail stays below the 2 KB from which PostgreSQL moves values out of it, with an ordinary envelope.</summary>
    private const int InRow = 1536;

    /// <summary>Octets of one piece: with what sealing adds (28), its key and the header of its row it fills a page of 8 KB and is not cut.</summary>
    internal const int PieceSize = 8064;

    /// <summary>Octets of a content up to which it is kept in pieces. Larger ones would be many queries for whoever streams them.</summary>
    private const int InPieces = QueueStore.ChunkSize;

    private const string MailColumns = """
        INSERT INTO mail (id, name, reverse_path, content, size, body, smtputf8, has_8bit, ret, envid,
                          client_address, local_port, helo, tls, auth, received_count, node, sealed_with)
        """;
    private const string RecipientColumns = "INSERT INTO recipient (mail_id, ordinal, forward_path, destination, notify, orcpt, owner, state, next_try, started_at)";

    // $1 is the epoch; $2 to $17 the mails, $25 the key their contents are sealed with. A filter on m may follow.
    public const string InsertMails = $"""
        {MailColumns}
        SELECT m.id, m.name, m.reverse_path, m.content, m.size, m.body, m.smtputf8, m.has_8bit, m.ret, m.envid,
               m.client_address, m.local_port, m.helo, m.tls, m.auth, m.received_count, (SELECT n.name FROM node n WHERE n.epoch = $1), $25::text
        FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::smallint[], $8::boolean[], $9::boolean[], $10::smallint[],
                    $11::text[], $12::text[], $13::integer[], $14::text[], $15::text[], $16::text[], $17::smallint[])
             AS m (id, name, reverse_path, content, size, body, smtputf8, has_8bit, ret,
                   envid, client_address, local_port, helo, tls, auth, received_count)
        """;

    // $18 to $24 the recipients. A filter on r may follow. An owned one starts with its acceptance.
    public const string InsertRecipients = $"""
        {RecipientColumns}
        SELECT r.mail_id, r.ordinal, r.forward_path, r.destination, r.notify, r.orcpt,
               CASE WHEN r.not_before IS NULL THEN $1 END,
               CASE WHEN r.not_before IS NULL THEN 'delivering' ELSE 'queued' END::recipient_state,
               now() + coalesce(r.not_before, '0'::interval),
               CASE WHEN r.not_before IS NULL THEN now() END
        FROM unnest($18::bigint[], $19::smallint[], $20::text[], $21::text[], $22::smallint[], $23::text[], $24::interval[])
             AS r (mail_id, ordinal, forward_path, destination, notify, orcpt, not_before)
        """;

    // $26 to $28 the pieces. PostgreSQL itself would cut a value into pieces of 2 KB: four times as many rows, entries of an index and deletes, which is what a mail of 100 KB costs most.
    public const string InsertPieces = """
        INSERT INTO mail_chunk (mail_id, seq, data)
        SELECT p.mail_id, p.seq, p.data FROM unnest($26::bigint[], $27::integer[], $28::bytea[]) AS p (mail_id, seq, data)
        """;

    // The same for one mail with one recipient: values instead of arrays, and the epoch asserted where its node's name is wanted. What a lone client waits for is mostly the server's
    // setting up of statements.
    private const string InsertOne = $"""
        {MailColumns}
        VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, assert_epoch($1), $18)
        """;
    private const string InsertItsRecipient = $"""
        {RecipientColumns}
        VALUES ($2, $19, $20, $21, $22, $23, CASE WHEN $24::interval IS NULL THEN $1 END, CASE WHEN $24::interval IS NULL THEN 'delivering' ELSE 'queued' END::recipient_state,
                now() + coalesce($24::interval, '0'), CASE WHEN $24::interval IS NULL THEN now() END)
        """;
    private const string InsertItsPieces = """
        INSERT INTO mail_chunk (mail_id, seq, data) SELECT $2, p.place - 1, p.data FROM unnest($25::bytea[]) WITH ORDINALITY AS p (data, place)
        """;

    public const string AcceptOne = $"WITH mails AS ({InsertOne}) {InsertItsRecipient}";
    public const string AcceptOneWithPieces = $"WITH mails AS ({InsertOne}), pieces AS ({InsertItsPieces}) {InsertItsRecipient}";

    /// <summary>$2 to $24 of <see cref="AcceptOne"/>, and $25 where its content is kept in pieces.</summary>
    public static NpgsqlParameterCollection WithOne(this NpgsqlParameterCollection parameters, NewMail mail, ContentKey? key)
    {
        var recipient = mail.Recipients[0];
        var inPieces = IsInPieces(mail);
        parameters.With(mail.Id.Number).WithText(PrintedName(mail)).With(mail.ReversePath).WithBytes(inPieces ? null : Octets(mail, key)).With(mail.Content.Length)
            .With((short)mail.Body).With(mail.SmtpUtf8).With(mail.Has8Bit).With((short)mail.Ret).WithText(mail.EnvelopeId)
            .WithText(mail.ClientAddress).With(mail.LocalPort).WithText(mail.Helo).WithText(mail.TlsVersion).WithText(mail.AuthenticatedAs).With(Counted(mail)).WithText(key?.Name)
            .With(recipient.Ordinal).With(recipient.ForwardPath).With(recipient.Destination).With((short)recipient.Notify).WithText(recipient.OriginalRecipient).WithSpan(Wait(recipient));
        return inPieces ? parameters.With(Pieces(mail, key).ToArray()) : parameters;
    }

    /// <summary>Its content is kept in pieces.</summary>
    public static bool IsInPieces(NewMail mail) => mail.Content.Length is > InRow and <= InPieces;

    /// <summary>$26 to $28: the contents of those that are kept in pieces.</summary>
    /// <param name="key">Seals each piece; null: they are stored as they are.</param>
    public static NpgsqlParameterCollection WithPieces(this NpgsqlParameterCollection parameters, IReadOnlyList<NewMail> mails, ContentKey? key)
    {
        var (numbers, places, pieces) = (new List<long>(), new List<int>(), new List<ReadOnlyMemory<byte>>());
        foreach (var mail in mails.Where(IsInPieces))
        {
            var seq = 0;
            foreach (var piece in Pieces(mail, key))
            {
                numbers.Add(mail.Id.Number);
                places.Add(seq++);
                pieces.Add(piece);
            }
        }
        return parameters.With(numbers.ToArray()).With(places.ToArray()).With(pieces.ToArray());
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(NewMail mail, ContentKey? key)
    {
        var content = InMemory(mail);
        for (var seq = 0; seq * PieceSize < content.Length; seq++)
        {
            var piece = content.Slice(seq * PieceSize, Math.Min(PieceSize, content.Length - seq * PieceSize));
            yield return key is null ? piece : key.ClosePiece(piece.Span, mail.Id.Number, seq);
        }
    }

    /// <summary>$2 to $25.</summary>
    /// <param name="key">Seals the contents; null: they are stored as they are.</param>
    public static NpgsqlParameterCollection WithMails(this NpgsqlParameterCollection parameters, IReadOnlyList<NewMail> mails, ContentKey? key, ContentPlace place = ContentPlace.Row)
    {
        parameters
            .With(mails.Select(m => m.Id.Number).ToArray())
            .With(mails.Select(PrintedName).ToArray())
            .With(mails.Select(m => m.ReversePath).ToArray())
            .With(mails.Select(m => place == ContentPlace.Streamed || (place == ContentPlace.RowOrPieces && IsInPieces(m)) ? null : Octets(m, key)).ToArray())
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
            .With(mails.Select(Counted).ToArray());
        var rows = mails.SelectMany(m => m.Recipients, (m, r) => (Mail: m.Id.Number, Recipient: r)).ToArray();
        return parameters
            .With(rows.Select(r => r.Mail).ToArray())
            .With(rows.Select(r => r.Recipient.Ordinal).ToArray())
            .With(rows.Select(r => r.Recipient.ForwardPath).ToArray())
            .With(rows.Select(r => r.Recipient.Destination).ToArray())
            .With(rows.Select(r => (short)r.Recipient.Notify).ToArray())
            .With(rows.Select(r => r.Recipient.OriginalRecipient).ToArray())
            .With(rows.Select(r => Wait(r.Recipient)).ToArray())
            .WithText(key?.Name);
    }

    private static string? PrintedName(NewMail mail) => mail.Name ?? (mail.Id.Suffix.Length > 0 ? mail.Id.ToString() : null);

    private static short Counted(NewMail mail) => (short)Math.Min(mail.ReceivedCount, short.MaxValue);

    /// <summary>Null: it is owned.</summary>
    private static TimeSpan? Wait(NewRecipient recipient) => recipient.Owned ? null : recipient.NotBefore;

    // A whole array is passed as it is; a slice is copied once, which is still less than the wire costs.
    private static byte[] Octets(NewMail mail, ContentKey? key)
    {
        var memory = InMemory(mail);
        if (key is not null)
            return key.Close(memory.Span, mail.Id.Number);
        return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment)
            && segment.Offset == 0 && segment.Array is { } array && array.Length == segment.Count ? array : memory.ToArray();
    }

    private static ReadOnlyMemory<byte> InMemory(NewMail mail) =>
        mail.Content.Memory ?? throw new ArgumentException($"The content of {mail.Id} is not in memory; it goes through AcceptLargeAsync.", nameof(mail));
}
