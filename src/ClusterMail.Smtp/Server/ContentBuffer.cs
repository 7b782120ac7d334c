using System.Buffers;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// Holds the content of one mail while it arrives: in pooled memory up to <see cref="ReceiveOptions.MaxContentInMemory"/>, then in a spool file.
/// Past a limit it forgets what it has and only counts on, because the client must be heard to its end before it can be refused.
/// </summary>
public sealed class ContentBuffer : IDisposable
{
    private const int FirstSize = 8192;

    /// <summary>Octets collected between two writes to the spool file.</summary>
    private const int SpoolBlock = 32_768;

    /// <summary>A header block longer than this goes to the spool before its end is known; missing headers are then not added.</summary>
    private const int MaxHeaderInMemory = 65_536;

    private readonly ReceiveOptions _options;
    private readonly ContentBudget _budget;
    private readonly SpoolFolder _folder;
    private readonly HeaderScanner _scanner = new();
    private readonly Func<ContentFacts, byte[]> _top;
    private byte[] _buffer = [];
    private int _used;
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
        if (_used > _options.MaxContentInMemory)
            _mustSpool = true;
        if (!_mustSpool || IsForgotten)
            return;
        if (_spool is null ? !_scanner.HeaderEnded && _used < MaxHeaderInMemory : _used < SpoolBlock)
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

    public void Dispose()
    {
        Forget();
        _budget.GiveBackMemory(_memoryTaken);
        _memoryTaken = 0;
    }

    private MemoryContent InMemory()
    {
        var top = _top(_scanner.Facts);
        var whole = GC.AllocateUninitializedArray<byte>(top.Length + _used);
        top.CopyTo(whole, 0);
        _buffer.AsSpan(0, _used).CopyTo(whole.AsSpan(top.Length));
        Return();
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
        if (_used + text.Length > _buffer.Length)
            Grow(_used + text.Length);
        text.CopyTo(_buffer.AsSpan(_used));
        _used += text.Length;
    }

    private void Grow(int needed)
    {
        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(FirstSize, _buffer.Length * 2)));
        // The node's memory being spoken for does not stop the mail: it goes to disk from here on.
        var more = grown.Length - _memoryTaken;
        if (more > 0 && _budget.TryTakeMemory(more, _options.MaxContentMemory))
            _memoryTaken += more;
        else if (more > 0)
            _mustSpool = true;
        _buffer.AsSpan(0, _used).CopyTo(grown);
        var old = _buffer;
        _buffer = grown;
        if (old.Length > 0)
            ArrayPool<byte>.Shared.Return(old);
    }

    private async ValueTask SpoolAsync(CancellationToken cancel)
    {
        var isFirst = _spool is null;
        var top = isFirst ? _top(_scanner.HeaderEnded ? _scanner.Facts : new ContentFacts { HasDate = true, HasMessageId = true }) : [];
        if (!_budget.TryTakeSpool(top.Length + _used, _options.MaxSpool))
        {
            IsOutOfSpace = true;
            Forget();
            return;
        }
        _spoolTaken += top.Length + _used;
        ServerMetrics.SpoolBytes.Add(top.Length + _used);
        try
        {
            _spool ??= _folder.Create();
            await _spool.WriteAsync(top, cancel);
            await _spool.WriteAsync(_buffer.AsMemory(0, _used), cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            IsOutOfSpace = true;
            Forget();
            return;
        }
        _used = 0;
        if (isFirst)
            Return();          // the large buffer goes back; the next piece rents a small one
    }

    private void Forget()
    {
        Return();
        if (_spool is { } spool)
        {
            _spool = null;
            spool.Dispose();
            new SpooledContent(spool.Name, 0).Dispose();
        }
        GiveBackSpool(_spoolTaken);
        _spoolTaken = 0;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _used = 0;
        // While the mail is still ours in memory the budget stays taken (until Dispose); once it went to disk it is free.
        if (_mustSpool || IsForgotten)
        {
            _budget.GiveBackMemory(_memoryTaken);
            _memoryTaken = 0;
        }
    }

    private void GiveBackSpool(long octets)
    {
        if (octets == 0)
            return;
        _budget.GiveBackSpool(octets);
        ServerMetrics.SpoolBytes.Add(-octets);
    }
}
