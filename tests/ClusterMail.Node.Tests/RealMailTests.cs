using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using MimeKit;

namespace ClusterMail.Node.Tests;

/// <summary>Mails as people's programs write them: through the listener of a node, held, looked at, approved, and out again without a changed octet.</summary>
public sealed class RealMailTests
{
    /// <summary>File, and what the page shows of it: subject, a name of an attachment, a word of the text.</summary>
    private static readonly (string Sample, string Subject, string Attached, string Word)[] Samples =
    [
        ("outlook-iso2022jp.eml", "見積書の件", "見積書.pdf", ""),
        ("outlook-winmail.eml", "価格表", "winmail.dat", ""),
        ("becky-iso2022jp.eml", "技術資料の送付", "技術資料.lzh", "株式会社"),
        ("thunderbird-flowed.eml", "来週の打ち合わせの資料（第３四半期）", "第３四半期_売上予測（社外秘）.xlsx", ""),
        ("iphone.eml", "現場の写真です", "IMG_0412.jpeg", ""),
        ("raw-shiftjis.eml", "お見積り", "", ""),
        ("html-newsletter.eml", "新製品のご案内", "", ""),
        ("read-receipt.eml", "開封済み: 見積書の件", "", ""),
    ];

    [Fact]
    public async Task APPROVE_69_what_Outlook_Becky_Thunderbird_and_an_iPhone_wrote_leaves_octet_by_octet_as_it_came()
    {
        await using var scene = await PageScene.StartAsync(settings: ("approval.web.auth", "link"));
        foreach (var (sample, subject, attached, word) in Samples)
        {
            var sent = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "samples", sample), TestContext.Current.CancellationToken);
            var hold = await scene.HoldAsync(sent);
            var page = await ApproveAsync(scene, hold);
            Assert.All(new[] { subject, attached, word }.Where(text => text.Length > 0), text => Assert.Contains(text, page, StringComparison.Ordinal));
            AssertOnlyTraceAdded(sample, sent, await scene.ReleasedAsync(hold));
        }
    }

    [Fact]
    public async Task APPROVE_69_mails_composed_in_every_charset_and_encoding_leave_as_they_came()
    {
        await using var scene = await PageScene.StartAsync(settings: ("approval.web.auth", "link"));
        foreach (var message in Composed())
        {
            message.Headers.Add("X-Mailer", "a program");
            var hold = await scene.HoldAsync(message);
            var page = await ApproveAsync(scene, hold);
            Assert.Contains("お見積り①の件", page, StringComparison.Ordinal);
            Assert.Contains("技術資料", page, StringComparison.Ordinal);
            var released = await scene.ReleasedAsync(hold);
            // MailKit sends what the server takes: 8BITMIME is offered, so 8-bit text stays.
            using var written = new MemoryStream();
            var format = FormatOptions.Default.Clone();
            format.NewLineFormat = NewLineFormat.Dos;
            format.EnsureNewLine = true;
            format.HiddenHeaders.Add(HeaderId.Bcc);
            await message.WriteToAsync(format, written, TestContext.Current.CancellationToken);
            AssertOnlyTraceAdded(message.Headers["X-Form"]!, written.ToArray(), released);
        }
    }

    [Fact]
    public async Task APPROVE_70_the_request_carries_the_octets_that_are_held_and_the_page_names_their_hash()
    {
        await using var scene = await PageScene.StartAsync(settings: ("approval.web.auth", "link"));
        var sent = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "samples", "raw-shiftjis.eml"), TestContext.Current.CancellationToken);
        var hold = await scene.HoldAsync(sent);
        _ = await scene.LinkAsync(hold);
        var request = await scene.Database.ScalarAsync<byte[]>("SELECT m.content FROM mail m JOIN recipient r ON r.mail_id = m.id WHERE m.name = $1 AND r.forward_path = $2", $"{new MessageId(hold.Id)}-A0001", PageScene.Bucho);
        Assert.True(request.AsSpan().IndexOf(sent) > 0, "the octets as they came stand in the request");
        using var browser = scene.Open();
        Assert.Contains($"SHA-256 {Convert.ToHexStringLower(hold.Mail.Sha256)}", await browser.GetAsync(await scene.LinkAsync(hold)), StringComparison.Ordinal);
    }

    /// <summary>Approves on the page, and gives what it showed.</summary>
    private static async Task<string> ApproveAsync(PageScene scene, HoldRow hold)
    {
        var link = await scene.LinkAsync(hold);
        using var browser = scene.Open();
        var page = await browser.GetAsync(link);
        await browser.SubmitAsync(link, ("verb", "approval"));
        Assert.Equal((HttpStatusCode.OK, HoldState.Approved), (browser.Status, (await scene.AgainAsync(hold)).State));
        return WebUtility.HtmlDecode(page);
    }

    /// <summary>In front stands the trace of this server, and behind it every octet as it was sent.</summary>
    private static void AssertOnlyTraceAdded(string what, byte[] sent, byte[] released)
    {
        Assert.True(released.AsSpan().EndsWith(sent), $"{what}: {FirstDifference(sent, released)}");
        using var added = MimeMessage.Load(new MemoryStream([.. released[..^sent.Length], .. "\r\n"u8.ToArray()]));
        Assert.All(added.Headers, header => Assert.Contains(header.Field, (string[])["Received", "Return-Path"]));
        Assert.Contains(added.Headers, header => header.Id == HeaderId.Received);
    }

    private static string FirstDifference(byte[] sent, byte[] released)
    {
        var tail = released.AsSpan()[Math.Max(0, released.Length - sent.Length)..];
        var at = tail.CommonPrefixLength(sent);
        return $"differs at octet {at} of {sent.Length}: sent {Encoding.Latin1.GetString(sent.AsSpan(at, Math.Min(60, sent.Length - at)))}, left {Encoding.Latin1.GetString(tail[at..Math.Min(tail.Length, at + 60)])}";
    }

    private static IEnumerable<MimeMessage> Composed()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        (string Charset, ContentEncoding Text, ParameterEncodingMethod Names)[] forms =
        [
            ("utf-8", ContentEncoding.Base64, ParameterEncodingMethod.Rfc2231),
            ("utf-8", ContentEncoding.QuotedPrintable, ParameterEncodingMethod.Rfc2047),
            ("utf-8", ContentEncoding.EightBit, ParameterEncodingMethod.Rfc2231),
            ("iso-2022-jp", ContentEncoding.SevenBit, ParameterEncodingMethod.Rfc2047),
            ("shift_jis", ContentEncoding.Base64, ParameterEncodingMethod.Rfc2231),
            ("shift_jis", ContentEncoding.EightBit, ParameterEncodingMethod.Rfc2047),
        ];
        foreach (var (charset, encoding, names) in forms)
            foreach (var isFlowed in (bool[])[false, true])
            {
                var text = new TextPart("plain") { ContentTransferEncoding = encoding };
                text.SetText(charset, "技術資料をお送りします。 \r\n. 点で始まる行\r\n..\r\nFrom here\r\n-- \r\n鈴木\r\n");
                if (isFlowed)
                    text.ContentType.Parameters["format"] = "flowed";
                var file = new MimePart("application", "pdf")
                {
                    ContentTransferEncoding = ContentEncoding.Base64,
                    ContentDisposition = new ContentDisposition(ContentDisposition.Attachment),
                    Content = new MimeContent(new MemoryStream([0, 1, 2, 3, 13, 10, 46, 13, 10, 255])),
                };
                file.ContentDisposition.Parameters.Add(Encoding.UTF8, "filename", "技術資料 (最終版).pdf");
                file.ContentType.Parameters.Add(Encoding.UTF8, "name", "技術資料 (最終版).pdf");
                foreach (var parameter in file.ContentDisposition.Parameters.Concat(file.ContentType.Parameters))
                    parameter.EncodingMethod = names;
                var message = new MimeMessage(
                    [new MailboxAddress(Encoding.UTF8, "鈴木 花子", PageScene.User2)], [new MailboxAddress(Encoding.UTF8, "お客様", PageScene.Okyaku)], "", new Multipart("mixed") { text, file });
                message.Headers.Replace(HeaderId.Subject, charset == "iso-2022-jp" ? Encoding.UTF8 : Encoding.GetEncoding(charset), "お見積り①の件");
                message.Headers.Add("X-Form", $"{charset} {encoding} {names} {isFlowed}");
                yield return message;
            }
    }
}
