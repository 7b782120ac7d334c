using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ClusterMail.Ldap;

/// <summary>
/// One connection to one directory server: simple bind, search and StartTLS of RFC 4511, one request at a time. Every answer has a deadline and a size; whatever else
/// happens is a <see cref="DirectoryUnavailableException"/>, and the connection is of no more use.
/// </summary>
internal sealed class LdapConnection : IDisposable
{
    /// <summary>Octets of one answer: an entry with one attribute has far fewer.</summary>
    private const int LargestAnswer = 1024 * 1024;

    /// <summary>Answers to one request that is to find two entries at most; references are among them.</summary>
    private const int MostAnswers = 1000;

    private const string StartTlsName = "1.3.6.1.4.1.1466.20037";

    // [APPLICATION n] of RFC 4511 §4.
    private static readonly Asn1Tag BindRequest = new(TagClass.Application, 0, isConstructed: true);
    private static readonly Asn1Tag BindResponse = new(TagClass.Application, 1, isConstructed: true);
    private static readonly Asn1Tag SearchRequest = new(TagClass.Application, 3, isConstructed: true);
    private static readonly Asn1Tag SearchEntry = new(TagClass.Application, 4, isConstructed: true);
    private static readonly Asn1Tag SearchDone = new(TagClass.Application, 5, isConstructed: true);
    private static readonly Asn1Tag ExtendedRequest = new(TagClass.Application, 23, isConstructed: true);
    private static readonly Asn1Tag ExtendedResponse = new(TagClass.Application, 24, isConstructed: true);
    private static readonly Asn1Tag Reference = new(TagClass.Application, 19, isConstructed: true);
    private static readonly Asn1Tag Simple = new(TagClass.ContextSpecific, 0);

    private readonly TimeSpan _timeout;
    private readonly Socket _socket;
    private Stream _stream;
    private int _lastId;

    private LdapConnection(LdapServer server, Socket socket, TimeSpan timeout) =>
        (Server, _socket, _stream, _timeout) = (server, socket, new NetworkStream(socket, ownsSocket: true), timeout);

    public LdapServer Server { get; }

    public bool IsTls => _stream is SslStream;

    /// <summary>As whom the connection is bound; null: not known, bind before anything else.</summary>
    public string? BoundAs { get; private set; }

    /// <summary>The server closed it, or said something nobody asked for.</summary>
    public bool IsStale
    {
        get
        {
            try
            {
                return _socket.Poll(0, SelectMode.SelectRead) && (!IsTls || _socket.Available == 0);
            }
            catch (Exception trouble) when (trouble is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Connects, without TLS yet.</summary>
    public static async Task<LdapConnection> ConnectAsync(LdapServer server, TimeSpan timeout, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await Limited(server, "connecting", timeout, cancel, limit => socket.ConnectAsync(server.Host, server.Port, limit).AsTask()).ConfigureAwait(false);
            return new LdapConnection(server, socket, timeout);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>TLS with the server's name and chain verified; before it StartTLS where the server speaks clear text first. Nothing secret was said until then.</summary>
    public async Task SecureAsync(LdapOptions options, CancellationToken cancel)
    {
        if (!Server.ImplicitTls)
        {
            var answer = await AskAsync("StartTLS", ExtendedRequest, static writer => writer.WriteOctetString(Encoding.ASCII.GetBytes(StartTlsName), new Asn1Tag(TagClass.ContextSpecific, 0)), ExtendedResponse, null, cancel).ConfigureAwait(false);
            if (answer.Code != LdapResult.Success)
                throw Trouble($"StartTLS is refused ({answer})");
        }
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await Limited(Server, "TLS", _timeout, cancel, limit => tls.AuthenticateAsClientAsync(TlsOptions(options), limit)).ConfigureAwait(false);
    }

    private SslClientAuthenticationOptions TlsOptions(LdapOptions options)
    {
        var chain = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (options.CaFile.Length > 0)
        {
            chain.TrustMode = X509ChainTrustMode.CustomRootTrust;
            try
            {
                chain.CustomTrustStore.ImportFromPemFile(options.CaFile);
            }
            catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new DirectoryUnavailableException($"ldap.ca_file cannot be read on this node: {trouble.Message}", trouble);
            }
        }
        return new SslClientAuthenticationOptions { TargetHost = Server.Host, CertificateChainPolicy = chain, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
    }

    /// <summary>A simple bind (RFC 4511 §4.2). An empty password with a name would be taken for "nobody" and succeed (RFC 4513 §5.1.2): our bug, refused here.</summary>
    public async Task<LdapResult> BindAsync(string dn, string password, CancellationToken cancel)
    {
        if (dn.Length > 0 && password.Length == 0)
            throw new ArgumentException("A bind with a name needs a password.", nameof(password));
        BoundAs = null;
        var result = await AskAsync("bind", BindRequest, writer =>
        {
            writer.WriteInteger(3);
            writer.WriteOctetString(Encoding.UTF8.GetBytes(dn));
            writer.WriteOctetString(Encoding.UTF8.GetBytes(password), Simple);
        }, BindResponse, null, cancel).ConfigureAwait(false);
        if (result.Code == LdapResult.Success)
            BoundAs = dn;
        return result;
    }

    /// <summary>Up to two entries, so that the caller sees when there is more than one.</summary>
    /// <param name="attribute">Whose values are wanted; null: none.</param>
    public async Task<(LdapResult Result, IReadOnlyList<LdapEntry> Entries)> SearchAsync(
        string baseDn, bool subtree, LdapFilter filter, LdapSubject subject, string? attribute, CancellationToken cancel)
    {
        var entries = new List<LdapEntry>();
        var result = await AskAsync("search", SearchRequest, writer =>
        {
            writer.WriteOctetString(Encoding.UTF8.GetBytes(baseDn));
            writer.WriteEnumeratedValue(subtree ? SearchScope.Subtree : SearchScope.Base);
            writer.WriteEnumeratedValue(Aliases.Never);
            writer.WriteInteger(2);
            writer.WriteInteger((int)Math.Ceiling(_timeout.TotalSeconds));
            writer.WriteBoolean(false);
            filter.Write(writer, subject);
            using (writer.PushSequence())
                writer.WriteOctetString(Encoding.UTF8.GetBytes(string.IsNullOrEmpty(attribute) ? "1.1" : attribute));
        }, SearchDone, entries, cancel).ConfigureAwait(false);
        return (result, entries);
    }

    private enum SearchScope { Base = 0, Subtree = 2 }

    private enum Aliases { Never = 0 }

    private Task<LdapResult> AskAsync(string act, Asn1Tag request, Action<AsnWriter> body, Asn1Tag wanted, List<LdapEntry>? entries, CancellationToken cancel)
    {
        var id = ++_lastId;
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using (writer.PushSequence(request))
                body(writer);
        }
        return Limited(Server, act, _timeout, cancel, async limit =>
        {
            await _stream.WriteAsync(writer.Encode(), limit).ConfigureAwait(false);
            await _stream.FlushAsync(limit).ConfigureAwait(false);
            for (var answers = 0; answers < MostAnswers; answers++)
                if (Understand(await ReadAsync(limit).ConfigureAwait(false), id, wanted, entries) is { } result)
                    return result;
            throw Trouble("there is no end to its answers");
        });
    }

    /// <summary>Null: another answer to the same request follows.</summary>
    private LdapResult? Understand(byte[] message, int id, Asn1Tag wanted, List<LdapEntry>? entries)
    {
        try
        {
            var reader = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
            if (!reader.TryReadInt32(out var answers) || answers != id)
                throw Trouble(answers == 0 ? "it ends the connection (notice of disconnection)" : "it answers what was not asked");
            var tag = reader.PeekTag();
            if (tag.HasSameClassAndValue(wanted))
            {
                var result = reader.ReadSequence(wanted);
                var code = result.ReadEnumeratedBytes();
                result.ReadOctetString();
                return new LdapResult(code.Span[^1], Printable(Encoding.UTF8.GetString(result.ReadOctetString())));
            }
            if (entries is not null && tag.HasSameClassAndValue(SearchEntry))
                entries.Add(Entry(reader.ReadSequence(SearchEntry)));
            else if (entries is null || !tag.HasSameClassAndValue(Reference))
                throw Trouble("it answers what was not asked");
            return null;
        }
        catch (AsnContentException)
        {
            throw Trouble("its answer cannot be read: is it a directory server?");
        }
    }

    private static LdapEntry Entry(AsnReader reader)
    {
        var dn = Encoding.UTF8.GetString(reader.ReadOctetString());
        var values = new List<string>();
        var attributes = reader.ReadSequence();
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            attribute.ReadOctetString();
            var set = attribute.ReadSetOf(skipSortOrderValidation: true);
            while (set.HasData)
                values.Add(Encoding.UTF8.GetString(set.ReadOctetString()));
        }
        return new LdapEntry(dn, values);
    }

    /// <summary>One whole message: an octet that says SEQUENCE, a length, and as many octets.</summary>
    private async Task<byte[]> ReadAsync(CancellationToken cancel)
    {
        var head = new byte[6];
        await _stream.ReadExactlyAsync(head.AsMemory(0, 2), cancel).ConfigureAwait(false);
        var more = head[1] < 0x80 ? 0 : head[1] & 0x7f;
        if (head[0] != 0x30 || more > 4 || head[1] == 0x80)
            throw Trouble("its answer cannot be read: is it a directory server?");
        await _stream.ReadExactlyAsync(head.AsMemory(2, more), cancel).ConfigureAwait(false);
        Span<byte> padded = stackalloc byte[sizeof(uint)];
        head.AsSpan(2, more).CopyTo(padded[(sizeof(uint) - more)..]);
        var length = more == 0 ? head[1] : BinaryPrimitives.ReadUInt32BigEndian(padded);
        if (length > LargestAnswer)
            throw Trouble($"its answer has {length} octets, more than {LargestAnswer}");
        var message = new byte[2 + more + length];
        head.AsSpan(0, 2 + more).CopyTo(message);
        await _stream.ReadExactlyAsync(message.AsMemory(2 + more), cancel).ConfigureAwait(false);
        return message;
    }

    private static string Printable(string text) => new([.. text.Where(c => !char.IsControl(c)).Take(200)]);

    private DirectoryUnavailableException Trouble(string what) => new($"{Server}: {what}");

    private static async Task Limited(LdapServer server, string act, TimeSpan timeout, CancellationToken cancel, Func<CancellationToken, Task> work) =>
        await Limited(server, act, timeout, cancel, async limit =>
        {
            await work(limit).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);

    private static async Task<T> Limited<T>(LdapServer server, string act, TimeSpan timeout, CancellationToken cancel, Func<CancellationToken, Task<T>> work)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        try
        {
            return await work(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException trouble) when (!cancel.IsCancellationRequested)
        {
            throw new DirectoryUnavailableException($"{server}: {act} took longer than {timeout.TotalSeconds:0.#} s", trouble);
        }
        catch (Exception trouble) when (trouble is IOException or SocketException or AuthenticationException or ObjectDisposedException)
        {
            throw new DirectoryUnavailableException($"{server}: {act}: {trouble.Message}", trouble);
        }
    }

    public void Dispose() => _stream.Dispose();
}
