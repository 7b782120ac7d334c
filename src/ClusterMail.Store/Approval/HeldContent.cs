using System.Security.Cryptography;
using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>The content of a held mail, read and opened piece by piece; whoever reads it whole has had its hash checked (APPROVE-69).</summary>
public sealed class HeldContent(NpgsqlDataSource dataSource, HeldMailRow mail, ContentSeal? seal) : MailContent
{
    private const string PieceSql = "SELECT data FROM held_piece WHERE mail_id = $1 AND seq = $2";

    public override long Length => mail.Size;

    /// <exception cref="IntegrityException">While it is read: the content is not what was held, or cannot be opened.</exception>
    public override Stream OpenRead()
    {
        if (mail.SealedWith is { } name && seal?.Knows(name) != true)
            throw new IntegrityException(mail.Id, $"it is sealed with the key {mail.SealedWith}, which this node does not have");
        var pieces = new PieceStream(mail.Size, [], Ask, $"The content of {new MessageId(mail.Id)} is not there.",
            mail.SealedWith is null ? null : (piece, seq) => seal!.Open(piece, mail.Id, seq) ?? throw new IntegrityException(mail.Id, $"piece {seq} is not what was stored"));
        return new CheckedStream(pieces, mail.Size, mail.Sha256, () => new IntegrityException(mail.Id, "its hash is not the one taken when it was held"));
    }

    /// <summary>In memory when it is small, with its hash checked; else itself, checked while it is read.</summary>
    public async Task<MailContent> LoadAsync(int inMemory, CancellationToken cancel)
    {
        if (Length > inMemory)
            return this;
        var octets = new byte[Length];
        await using var stream = OpenRead();
        await stream.ReadExactlyAsync(octets, cancel);
        if (octets.Length == 0 && !SHA256.HashData(octets).AsSpan().SequenceEqual(mail.Sha256))
            throw new IntegrityException(mail.Id, "its hash is not the one taken when it was held");
        return new MemoryContent(octets);
    }

    private NpgsqlCommand Ask(int seq)
    {
        var command = dataSource.Ask(PieceSql);
        command.Parameters.With(mail.Id).With(seq);
        return command;
    }

    /// <summary>Hashes what passes, and does not give the last octets out when the whole is wrong: nobody can take it for complete.</summary>
    private sealed class CheckedStream(Stream inner, long length, byte[] expected, Func<Exception> wrong) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _read;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => length;

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Passed(buffer.Span[..count]);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = inner.Read(buffer, offset, count);
            Passed(buffer.AsSpan(offset, read));
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private void Passed(ReadOnlySpan<byte> octets)
        {
            if (octets.IsEmpty)
                return;
            _hash.AppendData(octets);
            _read += octets.Length;
            if (_read == length && !_hash.GetHashAndReset().AsSpan().SequenceEqual(expected))
                throw wrong();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
                _hash.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}

/// <summary>A held content is not what was held (APPROVE-69): it is not released.</summary>
public sealed class IntegrityException(long mail, string reason) : Exception($"The held content of {new MessageId(mail)} must not leave: {reason}.")
{
    public long Mail => mail;
}
