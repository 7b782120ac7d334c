using System.Buffers;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// Holds the content of one mail while it arrives: in pooled pieces of memory up to <see cref="ReceiveOptions.MaxContentInMemory"/>, then in a spool file.
/// Past a limit it forgets what it has and only counts on, because the client must be heard to its end before it can be refused.
/// </summary>
public sealed class ContentBuffer : IDisposable
{
    /// <summary>The first piece of memory: most mails fit.</summary>
    private const int FirstPiece = 8192;

    /// <summary>
    /// All further ones. Hundreds of large mails at once, each in one growing array, cost a node five times what they held. Below the 85,000 octets from which .NET by default
    /// keeps arrays on a heap of their own that is rarely cleaned.
    /// </summary>
    private const int Piece = 65_536;

    /// <summary>Octets collected between two writes to the spool file.</summary>
    private const int SpoolBlock = 32_768;

    /// <summary>A header block longer than this goes to the spool before its end is known; missing headers are then not added.</summary>
    private const int MaxHeaderInMemory = 65_536;

    private readonly ReceiveOptions _options;
    private readonly ContentBudget _budget;
    private readonly SpoolFolder _folder;
    private readonly HeaderScanner _scanner = new();
    private readonly Func<ContentFacts, byte[]> _top;
    private List<byte[]>? _full;
    private byte[] _last = [];
    private int _usedOfLast;
    private int _inMemory;
    private long _memoryTaken;
    private long _spoolTaken;
    private FileStream? _spool;
    private bool _mustSpool;

    /// <param name="top">The headers to put on top, asked once the content's own headers are known.</param>
    public ContentBuffer(ReceiveOptions options, ContentBudget budget, SpoolFolder folder, Func<ContentFacts, byte[]> top)
    {
        _options = options;
        _budget = budget;
        _folder = folder;
        _top = top;
    }

    /// <summary>Octets that arrived, ours not counted (LIMIT-1).</summary>
    public long Length { get; private set; }

    public ContentFacts Facts => _scanner.Facts;

    /// <summary>More than <see cref="ReceiveOptions.MaxBytes"/> arrived.</summary>
    public bool IsTooBig { get; private set; }

    /// <summary>The spool folder is full or cannot be written.</summary>
    public bool IsOutOfSpace { get; private set; }

    private bool IsForgotten => IsTooBig || IsOutOfSpace;

    internal void Append(ReadOnlySpan<byte> text) => Take(text, endsLine: false);

    internal void AppendLine(ReadOnlySpan<byte> lineWithCrLf) => Take(lineWithCrLf, endsLine: true);

    internal void EndOfContent() => _scanner.End();

    /// <summary>To be called after each piece fed: moves to disk what is too much for memory. Trouble of the disk shows as <see cref="IsOutOfSpace"/>.</summary>
    public async ValueTask SettleAsync(CancellationToken cancel)
    {
        if (_inMemory > _options.MaxContentInMemory)
            _mustSpool = true;
        if (!_mustSpool || IsForgotten)
            return;
        if (_spool is null ? !_scanner.HeaderEnded && _inMemory < MaxHeaderInMemory : _inMemory < SpoolBlock)
            return;
        await SpoolAsync(cancel);
    }

    /// <summary>The finished content; this object gives up its claim on it. Null when the disk failed at the last moment.</summary>
    public async ValueTask<MailContent?> CompleteAsync(CancellationToken cancel)
    {
        if (_spool is null && !_mustSpool)
            return InMemory();
        await SpoolAsync(cancel);
        if (IsForgotten || _spool is null)
            return null;
        var spool = _spool;
        var taken = _spoolTaken;
        var length = spool.Position;
        await spool.DisposeAsync();
        _spool = null;
        _spoolTaken = 0;
        return new SpooledContent(spool.Name, length, () => GiveBackSpool(taken));
    }

    public void Dispose() => Forget();

    private MemoryContent InMemory()
    {
        var top = _top(_scanner.Facts);
        var whole = GC.AllocateUninitializedArray<byte>(top.Length + _inMemory);
        top.CopyTo(whole, 0);
        var at = top.Length;
        foreach (var piece in _full ?? [])
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }
        _last.AsSpan(0, _usedOfLast).CopyTo(whole.AsSpan(at));
        ReturnPieces();        // the budget stays taken until this is disposed: the mail is still ours in memory
        return new MemoryContent(whole);
    }

    private void Take(ReadOnlySpan<byte> text, bool endsLine)
    {
        Length += text.Length;
        _scanner.See(text, endsLine);
        if (IsForgotten)
            return;
        if (_options.MaxBytes > 0 && Length > _options.MaxBytes)
        {
            IsTooBig = true;
            Forget();
            return;
        }
        while (!text.IsEmpty)
        {
            if (_usedOfLast == _last.Length)
                AddPiece();
            var count = Math.Min(text.Length, _last.Length - _usedOfLast);
            text[..count].CopyTo(_last.AsSpan(_usedOfLast));
            text = text[count..];
            _usedOfLast += count;
            _inMemory += count;
        }
    }

    private void AddPiece()
    {
        var piece = ArrayPool<byte>.Shared.Rent(_last.Length == 0 ? FirstPiece : Piece);
        // The node's memory being spoken for does not stop the mail: it goes to disk from here on.
        if (_budget.TryTakeMemory(piece.Length, _options.MaxContentMemory))
            _memoryTaken += piece.Length;
        else
            _mustSpool = true;
        if (_last.Length > 0)
            (_full ??= []).Add(_last);
        _last = piece;
        _usedOfLast = 0;
    }

    private async ValueTask SpoolAsync(CancellationToken cancel)
    {
        var top = _spool is null ? _top(_scanner.HeaderEnded ? _scanner.Facts : new ContentFacts { HasDate = true, HasMessageId = true }) : [];
        if (!_budget.TryTakeSpool(top.Length + _inMemory, _options.MaxSpool))
        {
            IsOutOfSpace = true;
            Forget();
            return;
        }
        _spoolTaken += top.Length + _inMemory;
        ServerMetrics.SpoolBytes.Add(top.Length + _inMemory);
        try
        {
            _spool ??= _folder.Create();
            await _spool.WriteAsync(top, cancel);
            foreach (var piece in _full ?? [])
                await _spool.WriteAsync(piece, cancel);
            await _spool.WriteAsync(_last.AsMemory(0, _usedOfLast), cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            IsOutOfSpace = true;
            Forget();
            return;
        }
        ReturnPieces();
        GiveBackMemory();
    }

    private void Forget()
    {
        ReturnPieces();
        GiveBackMemory();
        if (_spool is { } spool)
        {
            _spool = null;
            spool.Dispose();
            new SpooledContent(spool.Name, 0).Dispose();
        }
        GiveBackSpool(_spoolTaken);
        _spoolTaken = 0;
    }

    private void ReturnPieces()
    {
        foreach (var piece in _full ?? [])
            ArrayPool<byte>.Shared.Return(piece);
        if (_last.Length > 0)
            ArrayPool<byte>.Shared.Return(_last);
        _full = null;
        (_last, _usedOfLast, _inMemory) = ([], 0, 0);
    }

    private void GiveBackMemory()
    {
        _budget.GiveBackMemory(_memoryTaken);
        _memoryTaken = 0;
    }

    private void GiveBackSpool(long octets)
    {
        if (octets == 0)
            return;
        _budget.GiveBackSpool(octets);
        ServerMetrics.SpoolBytes.Add(-octets);
    }
}
