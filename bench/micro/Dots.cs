using System.Buffers;
using BenchmarkDotNet.Attributes;
using ClusterMail.Smtp.Client;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Bench.Micro;

/// <summary>Dots on their way out and in (RFC 5321 §4.5.2): lines as an attachment has them, every tenth with a dot in front.</summary>
public class Dots : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-micro-").FullName;
    private readonly ContentBudget _budget = new();
    private readonly ReceiveOptions _options = new() { HostName = "mx.example.jp" };
    private SpoolFolder _spool = null!;
    private byte[] _plain = [];
    private byte[] _stuffed = [];
    private byte[] _wire = [];

    /// <summary>Octets of content.</summary>
    [Params(1024, 102_400)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var line = new string('x', 75);
        _plain = System.Text.Encoding.ASCII.GetBytes("Subject: dots\r\n\r\n" + string.Concat(Enumerable.Range(0, Size / 78).Select(number => (number % 10 == 0 ? "." : "x") + line + "\r\n")));
        _wire = new byte[_plain.Length * 2];
        _stuffed = _wire[..Stuff()];
        _spool = new SpoolFolder(_folder);
    }

    /// <summary>Content into its wire form.</summary>
    /// <returns>Octets on the wire.</returns>
    [Benchmark]
    public int Stuff()
    {
        var stuffer = new DotStuffer();
        stuffer.Stuff(_plain, _wire, out _, out var written);
        return written + stuffer.Finish(_wire.AsSpan(written));
    }

    /// <summary>The wire form into a buffer, with the look at its headers that every mail gets.</summary>
    /// <returns>Octets that arrived.</returns>
    [Benchmark]
    public long Unstuff()
    {
        using var content = new ContentBuffer(_options, _budget, _spool, static _ => []);
        var wire = new ReadOnlySequence<byte>(_stuffed);
        if (!new DataReader(content, dotStuffed: true).Feed(ref wire))
            throw new InvalidOperationException("the end of DATA was not found");
        return content.Length;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
