using System.Net.Sockets;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>Why a session was lost, in the numbers of <see cref="SessionPhase"/>, and the replies that say so.</summary>
internal static class Trouble
{
    public const int Malformed = 0;
    public const int TlsFailed = 1;
    public const int GivenUp = (int)SocketError.OperationAborted;
    public const int Silent = (int)SocketError.TimedOut;
    public const int Closed = (int)SocketError.Disconnecting;
    public const int Reset = (int)SocketError.ConnectionReset;

    /// <summary>OUT-5, to the letter.</summary>
    public static Reply Lost(SessionPhase phase, int code) =>
        new(451, null, $"Requested action aborted: error in processing. (code={(int)phase}/{code})");

    /// <summary>RETRY-14.</summary>
    public static readonly Reply NoAnswer = new(451, new EnhancedStatus(4, 4, 1), "Unable to deliver to destination domain");

    /// <summary>What a negative reply means (RETRY-1, RETRY-2).</summary>
    public static FailureClass ClassOf(Reply reply) => reply.IsPermanent ? FailureClass.Refused : FailureClass.LineError;

    public static int CodeOf(Exception failure) => failure switch
    {
        SocketException socket => (int)socket.SocketErrorCode,
        { InnerException: SocketException socket } => (int)socket.SocketErrorCode,
        ObjectDisposedException => GivenUp,
        _ => Reset,
    };
}
