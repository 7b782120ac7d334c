using System.Globalization;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>The receiver's own part of the reply catalogue (chapter 01 C). Texts are kept to the letter: operators search their logs for them.</summary>
public static class ServerReplies
{
    public static readonly Reply ReadyForTls = new(220, new(2, 0, 0), "Ready to start TLS");
    public static readonly Reply Reset = new(250, new(2, 0, 0), "Reset state");
    public static readonly Reply Ok = new(250, new(2, 0, 0), "ok.");

    /// <summary>End of content, once it is committed (PIPE-20). Written by whoever implements <see cref="IAcceptMail"/>.</summary>
    public static readonly Reply Received = new(250, new(2, 0, 0), "Message received ok.");
    public static readonly Reply NotVerified = new(252, new(2, 5, 2), "Cannot VRFY user, but will accept message and attempt delivery.");       // VRFY-1
    public static readonly Reply NotExpanded = new(502, new(5, 5, 1), "EXPN command not available.");
    public static readonly Reply Help = new(214, new(2, 0, 0), "HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY EXPN AUTH STARTTLS HELP QUIT");

    public static readonly Reply TooManySessions = new(421, null, "exceeds an accepting limit.");                    // RECV-8
    public static readonly Reply Draining = new(421, new(4, 3, 2), "System going down, try another host.");          // CLU-32
    public static readonly Reply NotAccepting = new(421, new(4, 3, 2), "System not accepting mail now.");
    public static readonly Reply IdleTooLong = new(421, new(4, 4, 2), "Idle timeout, closing connection.");          // RECV-9
    public static readonly Reply TooSlow = new(421, new(4, 4, 2), "Transfer too slow, closing connection.");
    public static readonly Reply SessionTooLong = new(421, new(4, 4, 2), "Session timeout, closing connection.");
    public static readonly Reply TooManyErrors = new(421, new(4, 7, 0), "Too many errors, closing connection.");
    public static readonly Reply TooManyCommands = new(421, new(4, 7, 0), "Too many commands, closing connection.");
    public static readonly Reply NotMail = new(421, new(4, 7, 0), "This is a mail server, closing connection.");
    public static readonly Reply TalkedFirst = new(554, new(5, 5, 1), "Error: command before the greeting.");

    public static readonly Reply Unknown = new(500, new(5, 5, 1), "Command unrecognized.");                          // RECV-27
    public static readonly Reply BareLineEnd = new(500, new(5, 5, 2), "Line must end with CR LF.");
    public static readonly Reply LineTooLong = new(500, new(5, 5, 2), "Line too long.");
    public static readonly Reply BadSequence = new(503, new(5, 5, 1), "Bad sequence of commands.");
    public static readonly Reply HelloFirst = new(503, new(5, 5, 1), "Send EHLO or HELO first.");
    public static readonly Reply NoRecipients = new(503, new(5, 5, 1), "No valid recipients.");
    public static readonly Reply NoAuthentication = new(503, new(5, 5, 1), "Error: authentication not enabled.");
    public static readonly Reply Authenticated = new(235, new(2, 0, 0), "Authentication successful.");
    public static readonly Reply AuthenticationFailed = new(535, new(5, 7, 0), "Authentication failed");                  // AUTH-9
    public static readonly Reply AuthenticationCancelled = new(501, new(5, 7, 0), "Authentication cancelled.");           // RFC 4954 §4
    public static readonly Reply AuthenticationUnreadable = new(501, new(5, 5, 2), "Cannot read the authentication response.");
    public static readonly Reply AuthenticationBusy = new(454, new(4, 7, 0), "Temporary authentication failure.");
    public static readonly Reply AuthenticationLockedOut = new(421, new(4, 7, 0), "Too many failed authentications, closing connection.");   // AUTH-13, LOCK-2
    public static readonly Reply UnknownMechanism = new(504, new(5, 5, 4), "Authentication mechanism not offered.");
    public static readonly Reply TlsBeforeAuthentication = new(538, new(5, 7, 11), "Encryption required, send STARTTLS first.");
    public static readonly Reply EhloBeforeAuthentication = new(503, new(5, 0, 0), "Need EHLO before AUTH");
    public static readonly Reply AlreadyAuthenticated = new(503, new(5, 5, 1), "Already authenticated.");
    public static readonly Reply TlsActive = new(503, new(5, 5, 1), "TLS is already active.");
    public static readonly Reply NoTls = new(502, new(5, 5, 1), "TLS is not available.");

    public static readonly Reply TooManyRecipients = new(554, new(5, 5, 3), "Too many recipients.");                 // LIMIT-3
    public static readonly Reply LaterRecipients = new(452, new(4, 5, 3), "Too many recipients, send the rest again.");
    public static readonly Reply NeedsSmtpUtf8 = new(553, new(5, 6, 7), "Address needs SMTPUTF8.");
    public static readonly Reply TooBig = new(552, new(5, 3, 4), "Message size exceeds limit.");                     // LIMIT-1
    public static readonly Reply TooManyHops = new(554, new(5, 4, 6), "too many Received: headers.");                // LIMIT-5
    public static readonly Reply BadContentLines = new(550, new(5, 6, 0), "Bare CR, bare LF or NUL in message.");    // RECV-26
    public static readonly Reply SpoolFull = new(452, new(4, 3, 1), "Insufficient system storage.");
    public static readonly Reply Trouble = new(451, new(4, 3, 0), "Requested action aborted: error in processing.");

    public static Reply Greeting(ReceiveOptions options) => new(220, null, $"{options.HostName} ESMTP {options.Software}");

    public static Reply Closing(ReceiveOptions options) => new(221, new(2, 0, 0), $"{options.HostName} closing connection.");

    public static Reply StartMail(MessageId id) => new(354, null, $"Start mail input; id <{id}> end with <CRLF>.<CRLF>");

    public static Reply ChunkReceived(long octets) =>
        new(250, new(2, 0, 0), octets.ToString(CultureInfo.InvariantCulture) + " octets received.");

    public static Reply Hello(ReceiveOptions options, ClientConnection client) => new(250, null, HelloText(options, client));

    /// <summary>RECV-22, RECV-26. STARTTLS is named only while the session is clear and a certificate exists.</summary>
    public static Reply ExtendedHello(ReceiveOptions options, ClientConnection client, bool offerTls)
    {
        List<string> lines = [HelloText(options, client), string.Create(CultureInfo.InvariantCulture, $"SIZE {options.MaxBytes}")];
        void Offer(bool offered, string keyword)
        {
            if (offered)
                lines.Add(keyword);
        }
        Offer(options.OfferPipelining, "PIPELINING");
        Offer(options.Offer8BitMime, "8BITMIME");
        Offer(options.OfferSmtpUtf8, "SMTPUTF8");
        Offer(options.OfferChunking, "CHUNKING");
        Offer(options.OfferDsn, "DSN");
        Offer(options.OfferEnhancedStatusCodes, "ENHANCEDSTATUSCODES");
        // RFC 9422 §4: 1 to 6 digits, no leading zero. With N as limit N-1 recipients pass.
        Offer(options.MaxRecipients is > 1 and <= 1_000_000, string.Create(CultureInfo.InvariantCulture, $"LIMITS RCPTMAX={options.MaxRecipients - 1}"));
        Offer(offerTls, "STARTTLS");
        var methods = OfferedMethods(options, client);
        Offer(!methods.IsEmpty, "AUTH " + string.Join(' ', methods));
        lines.Add("HELP");
        return new Reply(250, null, [.. lines]);
    }

    /// <summary>AUTH-1: nothing before TLS unless the administrator wants it so.</summary>
    internal static System.Collections.Immutable.ImmutableArray<string> OfferedMethods(ReceiveOptions options, ClientConnection client) =>
        client.TlsVersion is null && !options.AuthInClear ? [] : options.AuthMethods;

    private static string HelloText(ReceiveOptions options, ClientConnection client) =>
        $"{options.HostName} Hello [{client.Remote.Address}], pleased to meet you";
}
