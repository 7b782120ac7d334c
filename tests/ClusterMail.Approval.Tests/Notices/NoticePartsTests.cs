using System.Text;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tests.Tokens;
using ClusterMail.Protocol;
using MimeKit;

namespace ClusterMail.Approval.Tests.Notices;

public class NoticePartsTests
{
    /// <summary>The octets between the header of the attached original and the boundary after it, as they stand on the wire.</summary>
    private static byte[] Attached(NoticeMail mail, byte[] original)
    {
        var at = mail.Content.Span.IndexOf(original);
        Assert.True(at > 0, "the original is not in the notice octet by octet");
        return mail.Content.Slice(at, original.Length).ToArray();
    }

    [Theory]
    [InlineData("vector.eml")]
    [InlineData("outlook-iso2022jp.eml")]
    [InlineData("outlook-winmail.eml")]
    [InlineData("thunderbird-flowed.eml")]
    [InlineData("becky-iso2022jp.eml")]
    [InlineData("iphone.eml")]
    [InlineData("raw-shiftjis.eml")]
    [InlineData("html-newsletter.eml")]
    public async Task APPROVE_70_the_request_carries_the_held_octets_unchanged(string sample)
    {
        var original = Sample.Octets(sample);
        var mail = await NoticeSample.Write(NoticeSample.Request(NoticeSample.Held(sample)), Vectors.Bucho, original: Sample.Content(sample));
        Assert.Equal(original, Attached(mail, original));
        var part = Assert.IsType<MessagePart>(NoticeSample.Parse(mail).Attachments.Single());
        Assert.Equal("message/rfc822", part.ContentType.MimeType);
        Assert.Equal("original.eml", part.ContentDisposition!.FileName);
        Assert.Equal("original.eml", part.ContentType.Name);
        Assert.Equal(original.Any(octet => octet > 127), mail.Has8Bit);
    }

    [Fact]
    public async Task APPROVE_102_alternative_of_text_and_HTML_then_the_original()
    {
        var message = await NoticeSample.Read(NoticeSample.Request(), Vectors.Bucho, original: Sample.Content("vector.eml"));
        var mixed = Assert.IsType<Multipart>(message.Body);
        var alternative = Assert.IsType<MultipartAlternative>(mixed[0]);
        Assert.Equal(["text/plain", "text/html"], alternative.Select(part => part.ContentType.MimeType));
        Assert.IsType<MultipartAlternative>((await NoticeSample.Read(NoticeSample.HoldNotice(), Vectors.User2)).Body);
    }

    [Fact]
    public async Task APPROVE_102_the_HTML_fetches_nothing_and_runs_nothing()
    {
        foreach (var notice in (Notice[])[NoticeSample.HoldNotice(), NoticeSample.Request(webUrl: "https://mail.corp.example/a/x"), NoticeSample.Result(HoldStatus.Rejected, "no")])
        {
            var html = (await NoticeSample.Read(notice, Vectors.Bucho, NoticeLanguage.Both)).HtmlBody;
            Assert.DoesNotMatch(@"(?i)<(img|script|link|iframe|object|style|form)\b|url\(|\bon\w+=|@import|src=", html);
        }
    }

    [Fact]
    public async Task APPROVE_102_what_the_sender_wrote_is_text_in_the_HTML()
    {
        var held = NoticeSample.Held() with
        {
            Mail = NoticeSample.Held().Mail with { Subject = "<script>alert(1)</script>", Text = "</div><img src=x onerror=alert(1)>" },
            RequesterName = "\"><b>",
            Recipients = [Sample.Box("\"<i>x\"@client.example")],
        };
        var html = (await NoticeSample.Read(NoticeSample.Request(held), Vectors.Bucho)).HtmlBody;
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script|<img|<i>|<b>", html);
    }

    [Fact]
    public async Task APPROVE_124_above_the_limit_the_original_stays_away()
    {
        var options = NoticeSample.Options with { AttachOriginalMax = 76 };
        var message = await NoticeSample.Read(NoticeSample.Request(webUrl: "https://mail.corp.example/a/x"), Vectors.Bucho, options: options, original: Sample.Content("vector.eml"));
        Assert.Empty(message.Attachments);
        Assert.Contains("大きすぎるため添付していません。", message.TextBody, StringComparison.Ordinal);
        Assert.Contains("| hello", message.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_125_for_a_next_hop_without_8BITMIME_only_the_copy_is_converted()
    {
        var original = Sample.Octets("thunderbird-flowed.eml");
        var options = NoticeSample.Options with { NeedsSevenBit = true };
        var mail = await NoticeSample.Write(NoticeSample.Request(NoticeSample.Held("thunderbird-flowed.eml")), Vectors.Bucho, options: options, original: new MemoryContent(original));
        Assert.False(mail.Has8Bit);
        var copy = ((MessagePart)NoticeSample.Parse(mail).Attachments.Single()).Message!;
        Assert.Contains("来週の打ち合わせについて", copy.TextBody, StringComparison.Ordinal);
        Assert.Equal(Sample.Octets("thunderbird-flowed.eml"), original);
        var raw = await NoticeSample.Write(NoticeSample.Request(NoticeSample.Held("raw-shiftjis.eml")), Vectors.Bucho, options: options, original: Sample.Content("raw-shiftjis.eml"));
        Assert.False(raw.Has8Bit);
    }

    [Fact]
    public async Task APPROVE_117_the_rejection_carries_the_original_once_to_the_sender_and_not_to_other_approvers()
    {
        var original = Sample.Content("outlook-iso2022jp.eml");
        var held = NoticeSample.Held("outlook-iso2022jp.eml");
        var toSender = await NoticeSample.Read(NoticeSample.Result(HoldStatus.Rejected, "no", held: held), Vectors.User2, original: original);
        Assert.Equal("original.eml", toSender.Attachments.Single().ContentDisposition!.FileName);
        Assert.Empty((await NoticeSample.Read(NoticeSample.Result(HoldStatus.Rejected, "no", toRequester: false, held: held), Vectors.ShoninA, original: original)).Attachments);
        Assert.Empty((await NoticeSample.Read(NoticeSample.Result(HoldStatus.Approved, held: held), Vectors.User2, original: original)).Attachments);
        Assert.Single((await NoticeSample.Read(NoticeSample.Result(HoldStatus.Expired, held: held), Vectors.User2, original: original)).Attachments);
    }

    [Fact]
    public async Task APPROVE_221_the_history_is_attached_as_files()
    {
        var files = HistoryFiles.Pack([(new DateOnly(2026, 11, 24), ["[2026/11/24:10:16:19] [承認]"])], new UTF8Encoding(true));
        var message = await NoticeSample.Read(new Notice.History(new DayRange(new DateOnly(2026, 11, 24), new DateOnly(2026, 11, 24)), files, null), Sample.Box("kanri@corp.example"));
        var file = Assert.IsType<TextPart>(message.Attachments.Single());
        Assert.Equal("261124.txt", file.FileName);
        using var content = new MemoryStream();
        file.Content!.DecodeTo(content);
        Assert.Equal(files.Files[0].Octets.ToArray(), content.ToArray());
    }

    [Fact]
    public async Task APPROVE_104_addresses_beyond_ASCII_need_SMTPUTF8()
    {
        var mail = await NoticeSample.Write(NoticeSample.HoldNotice(), Sample.Box("田中@corp.example"));
        Assert.True(mail.NeedsSmtpUtf8);
        Assert.False((await NoticeSample.Write(NoticeSample.HoldNotice(), Vectors.User2)).NeedsSmtpUtf8);
    }
}
