using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Tests.Tokens;
using ClusterMail.Protocol;
using MimeKit;

namespace ClusterMail.Approval.Tests.Notices;

/// <summary>The held mail of EX-APPR-1, and how a notice about it is read back.</summary>
internal static class NoticeSample
{
    public static readonly TimeZoneInfo Tokyo = TimeZoneInfo.CreateCustomTimeZone("+09", TimeSpan.FromHours(9), "+09", "+09");

    public static readonly NoticeOptions Options = new()
    {
        Zone = Tokyo,
        HostName = "corp.example",
        SystemAddress = Sample.Box("approval@corp.example"),
    };

    public static HeldCase Held(string sample = "vector.eml", long number = 500101) => new()
    {
        Hold = Vectors.Hold(number),
        Requester = Vectors.User2,
        Mail = Sample.View(sample),
        ReceivedAt = new DateTimeOffset(2026, 11, 24, 1, 15, 2, TimeSpan.Zero),
        Recipients = [Sample.Box("okyaku@client.example")],
        Approvers = [.. Vectors.Three.Select(approver => new CurrentApprover(approver))],
        Reasons = [new CatchReason(CatchKind.Destination)],
        Deadline = new DateTimeOffset(2026, 12, 1, 1, 15, 2, TimeSpan.Zero),
    };

    public static Notice.Hold HoldNotice(params HeldCase[] groups) => new(groups.Length > 0 ? [.. groups] : [Held()], [], MayWithdraw: true);

    public static Notice.Request Request(HeldCase? held = null, Mailbox? approver = null, string? webUrl = null)
    {
        held ??= Held();
        var whom = held.Approvers.FirstOrDefault(one => one.Address == (approver ?? Vectors.Bucho)) ?? new CurrentApprover(approver ?? Vectors.Bucho);
        return new Notice.Request(held, whom, Vectors.Texts(whom.Address, held.Hold.Number), webUrl);
    }

    public static Notice.Result Result(HoldStatus outcome, string reason = "", bool toRequester = true, HeldCase? held = null) =>
        new(held ?? Held(), new Decision(outcome, outcome == HoldStatus.Expired ? null : Vectors.Bucho, null, Vectors.Now, Channel.Mail, reason), toRequester);

    public static Task<NoticeMail> Write(
        Notice notice, Mailbox to, NoticeLanguage language = NoticeLanguage.Japanese, NoticeOptions? options = null, MailContent? original = null) =>
        NoticeWriter.WriteAsync(notice, to, language, options ?? Options, original, Vectors.Now, CancellationToken.None);

    public static async Task<MimeMessage> Read(
        Notice notice, Mailbox to, NoticeLanguage language = NoticeLanguage.Japanese, NoticeOptions? options = null, MailContent? original = null) =>
        Parse(await Write(notice, to, language, options, original));

    public static MimeMessage Parse(NoticeMail mail) => MimeMessage.Load(new MemoryStream(mail.Content.ToArray()));

    public static async Task<string> Text(Notice notice, NoticeLanguage language = NoticeLanguage.Japanese, NoticeOptions? options = null) =>
        (await Read(notice, Vectors.User2, language, options)).TextBody!.ReplaceLineEndings("\n");

    public static ImmutableArray<string> Lines(string text) => [.. text.Split('\n')];
}
