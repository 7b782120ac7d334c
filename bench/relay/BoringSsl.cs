using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ClusterMail.Bench.Relay.Parties;
using ClusterMail.Testing;

namespace ClusterMail.Bench.Relay;

/// <summary>
/// TLS 1.3 of blocking connections by BoringSSL, because source and sink share the processors with the servers that are measured: its client needs half of the time of OpenSSL 3.0's for a
/// handshake, and that a quarter of a millisecond less than .NET's, which judges each certificate whatever it is told. Nothing is verified, and without a <see cref="Ticket"/> nothing is
/// resumed: every handshake is a full one. One lives as long as the process.
/// </summary>
internal sealed partial class BoringSsl
{
    private const string Library = "libssl.so.0", Foundation = "libcrypto.so.0";

    // ssl.h
    private const int KeepAsClient = 0x0001, KeepNowhere = 0x0300, Tls13 = 0x0304, VerifyPeer = 1, PemFile = 1, ErrorZeroReturn = 6, Good = 0;

    /// <summary>Of the connection this thread works on, for what the library tells meanwhile.</summary>
    [ThreadStatic]
    private static Ticket? _ofThread;

    private readonly nint _context;

    static BoringSsl() => NativeLibrary.SetDllImportResolver(typeof(BoringSsl).Assembly, Find);

    private BoringSsl(nint method)
    {
        _context = New(method);
        if (_context == 0 || SetLowest(_context, Tls13) != 1)
            throw Trouble("no context");
    }

    public static unsafe BoringSsl Client()
    {
        var client = new BoringSsl(MethodWithoutX509());
        SetVerify(client._context, VerifyPeer, &TakeAny);
        _ = SetSessionCacheMode(client._context, KeepAsClient | KeepNowhere);
        SetNewSession(client._context, &Keep);
        return client;
    }

    public static BoringSsl Server(CertificateAuthority.Pair certificate)
    {
        var server = new BoringSsl(ServerMethod());
        if (SetTickets(server._context, 0) != 1 || UseCertificate(server._context, certificate.Certificate) != 1 || UseKey(server._context, certificate.Key, PemFile) != 1)
            throw Trouble(certificate.Certificate);
        return server;
    }

    /// <summary>The handshake, and from then on what goes through it. The caller keeps the socket, and closes it after the stream.</summary>
    /// <exception cref="IOException">It failed.</exception>
    /// <param name="ticket">What the last session left, and takes what this one leaves. Null: a full handshake.</param>
    public Stream Connect(Socket socket, Ticket? ticket) => Start(socket, ConnectTls, ticket);

    /// <summary>The other side's; a full handshake.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public Stream Accept(Socket socket) => Start(socket, AcceptTls, null);

    private Secured Start(Socket socket, Func<nint, int> handshake, Ticket? ticket)
    {
        var secured = new Secured(NewConnection(_context));
        _ofThread = ticket;
        ticket?.Show(secured.Connection);
        if (SetSocket(secured.Connection, (int)socket.Handle) == 1 && handshake(secured.Connection) == 1)
            return secured;
        secured.Dispose();
        throw Trouble("TLS handshake");
    }

    /// <summary>For every certificate: good.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int TakeAny(nint connection, byte* alert) => Good;

    /// <returns>1: the session is this side's now.</returns>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Keep(nint connection, nint session)
    {
        if (_ofThread is not { } ticket)
            return 0;
        ticket.Take(session);
        return 1;
    }

    private static nint Find(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var folder = Path.GetDirectoryName(Directory.EnumerateFiles(Peers.Folder("boringssl"), name, SearchOption.AllDirectories).First())!;
        // The one below it first: where it is unpacked the loader would not look for it.
        _ = NativeLibrary.Load(Path.Combine(folder, Foundation));
        return NativeLibrary.Load(Path.Combine(folder, name));
    }

    private static IOException Trouble(string what)
    {
        var text = new byte[256];
        ErrorText(LastError(), text, text.Length);
        ClearErrors();
        return new IOException($"{what}: {Encoding.ASCII.GetString(text).TrimEnd('\0')}");
    }

    /// <summary>By which one session after the other is resumed. Of one thread.</summary>
    internal sealed class Ticket : IDisposable
    {
        private nint _session;

        public void Show(nint connection)
        {
            if (_session != 0 && SetSession(connection, _session) != 1)
                throw Trouble("the session cannot be resumed");
        }

        /// <param name="session">The newest; this one owns it from now on.</param>
        public void Take(nint session)
        {
            Dispose();
            _session = session;
        }

        public void Dispose()
        {
            FreeSession(_session);
            _session = 0;
        }
    }

    private sealed class Secured(nint connection) : Stream
    {
        private bool _isOpen = true;

        public nint Connection => connection;
        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            var read = ReadTls(connection, buffer, buffer.Length);
            return read > 0 ? read : GetError(connection, read) == ErrorZeroReturn ? 0 : throw Trouble("reading TLS");
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (WriteTls(connection, buffer, buffer.Length) != buffer.Length)
                throw Trouble("writing TLS");
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (_isOpen)
            {
                _isOpen = false;
                _ = Shutdown(connection);
                FreeConnection(connection);
            }

            base.Dispose(disposing);
        }
    }

    [LibraryImport(Library, EntryPoint = "TLS_with_buffers_method")]
    private static partial nint MethodWithoutX509();

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    private static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    private static partial nint New(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_min_proto_version")]
    private static partial int SetLowest(nint context, ushort version);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_session_cache_mode")]
    private static partial int SetSessionCacheMode(nint context, int mode);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_sess_set_new_cb")]
    private static unsafe partial void SetNewSession(nint context, delegate* unmanaged[Cdecl]<nint, nint, int> taken);

    [LibraryImport(Library, EntryPoint = "SSL_set_session")]
    private static partial int SetSession(nint connection, nint session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_free")]
    private static partial void FreeSession(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_custom_verify")]
    private static unsafe partial void SetVerify(nint context, int mode, delegate* unmanaged[Cdecl]<nint, byte*, int> verdict);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_num_tickets")]
    private static partial int SetTickets(nint context, nint count);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate_chain_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UseCertificate(nint context, string path);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UseKey(nint context, string path, int type);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    private static partial nint NewConnection(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    private static partial void FreeConnection(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_set_fd")]
    private static partial int SetSocket(nint connection, int descriptor);

    [LibraryImport(Library, EntryPoint = "SSL_connect")]
    private static partial int ConnectTls(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_accept")]
    private static partial int AcceptTls(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    private static partial int ReadTls(nint connection, Span<byte> buffer, int count);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    private static partial int WriteTls(nint connection, ReadOnlySpan<byte> buffer, int count);

    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    private static partial int Shutdown(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    private static partial int GetError(nint connection, int result);

    [LibraryImport(Library, EntryPoint = "ERR_get_error")]
    private static partial uint LastError();

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "ERR_error_string_n")]
    private static partial void ErrorText(uint error, Span<byte> text, nint length);
}
