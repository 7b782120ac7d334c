using System.Text;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Notices;

/// <summary>What mails look like on this farm: the settings of chapter 21 as they are when a mail is written.</summary>
public sealed record NoticeOptions
{
    /// <summary>Times are shown in it: the zone of the domain.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Right of <c>@</c> in Message-IDs.</summary>
    public required string HostName { get; init; }

    /// <summary>Sender: of every mail, for example <c>approval@corp.example</c> (APPROVE-104).</summary>
    public required Mailbox SystemAddress { get; init; }

    /// <summary>Display name of From:, so that people see who wrote it (APPROVE-104).</summary>
    public string DisplayName { get; init; } = "承認システム / Approval";

    /// <summary><c>approval.notice_envelope = null</c>: an empty MAIL FROM instead of the author's address. Default false (APPROVE-104).</summary>
    public bool HasNullEnvelope { get; init; }

    /// <summary><c>approval.notice_charset = iso-2022-jp</c> for very old clients; a mail it cannot hold goes as UTF-8. Default false (APPROVE-101).</summary>
    public bool PrefersIso2022Jp { get; init; }

    /// <summary><c>approval.mailto_charset</c>: of the prepared body. Default UTF-8 (APPROVE-121).</summary>
    public Encoding MailtoCharset { get; init; } = Encoding.UTF8;

    /// <summary><c>approval.attach_original_max</c>, octets; above it the original is not attached. Default 20 MB (APPROVE-124).</summary>
    public long AttachOriginalMax { get; init; } = 20_000_000;

    /// <summary>The next hop takes no 8-bit mail: the copy in the request is converted, the held octets are not (APPROVE-125). Default false.</summary>
    public bool NeedsSevenBit { get; init; }
    public DecisionRules Rules { get; init; } = new();

    /// <summary>Edited templates of the domain; what is not among them has the product's own text.</summary>
    public IReadOnlyDictionary<(NoticeKind Kind, Language Language), NoticeTemplate> Templates { get; init; } = new Dictionary<(NoticeKind, Language), NoticeTemplate>();

    public NoticeTemplate Template(NoticeKind kind, Language language) => Templates.GetValueOrDefault((kind, language)) ?? NoticeTemplate.Default(kind, language);
}
