using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ClusterMail.Testing;

namespace ClusterMail.Bench.Relay;

/// <summary>
/// TLS 1.3 of blocking connections by the machine's OpenSSL, without what .NET puts on top of it: its client parses and judges each certificate whatever it is told, which costs
/// a quarter of a millisecond a connection, and source and sink share the processors with the servers that are measured. Nothing is verified, and without a <see cref="Ticket"/> nothing is resumed: every handshake is a full one. One lives as long as the process.
/// </summary>
internal sealed partial class OpenSsl
{
    private const string Library = "libssl.so.3";

    // ssl.h, tls1.h
    private const int SetReadAhead = 41, SetSessionCacheMode = 44, SetMinProtocolVersion = 123, Tls13 = 0x0304, PemFile = 1, ErrorZeroReturn = 6;

    private readonly nint _context;

    private OpenSsl(nint method)
    {
        _context = New(method);
        if (_context == 0)
            throw Trouble("no context");
        _ = Control(_context, SetMinProtocolVersion, Tls13, 0);
        _ = Control(_context, SetSessionCacheMode, 0, 0);
        // What has arrived is read at once, instead of the five octets of a record's head and then the rest.
        _ = Control(_context, SetReadAhead, 1, 0);
    }

    public static unsafe OpenSsl Client()
    {
        var client = new OpenSsl(ClientMethod());
        SetVerify(client._context, &TakeAny, 0);
        return client;
    }

    /// <summary>For every certificate chain: good. Without it the library builds and judges one before it ignores its own verdict.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int TakeAny(nint chain, nint none) => 1;

    public static OpenSsl Server(CertificateAuthority.Pair certificate)
    {
        var server = new OpenSsl(ServerMethod());
        if (SetTickets(server._context, 0) != 1 || UseCertificate(server._context, certificate.Certificate) != 1 || UseKey(server._context, certificate.Key, PemFile) != 1)
            throw Trouble(certificate.Certificate);
        return server;
    }

    /// <summary>The handshake, and from then on what goes through it. The caller keeps the socket, and closes it after the stream.</summary>
    /// <exception cref="IOException">It failed.</exception>
    /// <param name="ticket">What the last session left, and takes what this one leaves when it is closed. Null: a full handshake.</param>
    public Stream Connect(Socket socket, Ticket? ticket) => Start(socket, ConnectTls, ticket);

    /// <summary>The other side's; a full handshake.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public Stream Accept(Socket socket) => Start(socket, AcceptTls, null);

    private Secured Start(Socket socket, Func<nint, int> handshake, Ticket? ticket)
    {
        var secured = new Secured(NewConnection(_context), ticket);
        ticket?.Show(secured.Connection);
        if (SetSocket(secured.Connection, (int)socket.Handle) == 1 && handshake(secured.Connection) == 1)
            return secured;
        secured.Dispose();
        throw Trouble("TLS handshake");
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

        public void Keep(nint connection)
        {
            var left = GetSession(connection);
            if (left != 0 && IsResumable(left) == 1)
                (left, _session) = (_session, left);
            FreeSession(left);
        }

        public void Dispose()
        {
            FreeSession(_session);
            _session = 0;
        }
    }

    private sealed class Secured(nint connection, Ticket? ticket) : Stream
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
                ticket?.Keep(connection);
                _ = Shutdown(connection);
                FreeConnection(connection);
            }

            base.Dispose(disposing);
        }
    }

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    private static partial nint ClientMethod();

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    private static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    private static partial nint New(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    private static partial nint Control(nint context, int command, nint value, nint none);

    [LibraryImport(Library, EntryPoint = "SSL_set_session")]
    private static partial int SetSession(nint connection, nint session);

    [LibraryImport(Library, EntryPoint = "SSL_get1_session")]
    private static partial nint GetSession(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_is_resumable")]
    private static partial int IsResumable(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_SESSION_free")]
    private static partial void FreeSession(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_cert_verify_callback")]
    private static unsafe partial void SetVerify(nint context, delegate* unmanaged[Cdecl]<nint, nint, int> verdict, nint none);

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
    private static partial nint LastError();

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "ERR_error_string_n")]
    private static partial void ErrorText(nint error, Span<byte> text, nint length);
}
