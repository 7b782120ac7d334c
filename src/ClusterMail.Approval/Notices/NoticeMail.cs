using ClusterMail.Protocol;

namespace ClusterMail.Approval.Notices;

/// <summary>A notice ready for the queue.</summary>
/// <param name="From">MAIL FROM (APPROVE-104).</param>
/// <param name="MessageId">Without angle brackets; the same again for the same held mail, kind and addressee (APPROVE-83).</param>
/// <param name="Content">Octets with CRLF line ends.</param>
/// <param name="Has8Bit">The next hop needs 8BITMIME.</param>
/// <param name="NeedsSmtpUtf8">An address is not ASCII.</param>
public sealed record NoticeMail(NoticeKind Kind, ReversePath From, Mailbox To, string MessageId, ReadOnlyMemory<byte> Content, bool Has8Bit, bool NeedsSmtpUtf8);
