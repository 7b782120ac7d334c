namespace ClusterMail.Smtp.Client;

/// <summary>
/// Where in a session trouble came: the first number of OUT-5's <c>(code=n/n)</c>. The second is the socket error in Winsock numbering, the same
/// on every platform: 10060 silent too long, 10054 reset, 10101 closed by the peer, 10061 connection refused, 995 given up by ourselves,
/// 0 what came was not an SMTP reply, 1 TLS failed. Operators search logs for these numbers: never change them.
/// </summary>
public enum SessionPhase : byte
{
    Connect = 1,
    Greeting = 2,
    Hello = 3,
    StartTls = 4,
    Auth = 5,
    Mail = 6,
    Rcpt = 7,
    Data = 8,
    Content = 9,
    FinalDot = 10,
    Reset = 11,
}
