using System.Security.Cryptography;
using System.Text;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Tests.Viewing;

public class MailReaderTests
{
    [Fact]
    public void APPROVE_113_a_mail_of_Outlook_in_ISO_2022_JP()
    {
        var view = Sample.View("outlook-iso2022jp.eml");
        Assert.Equal("見積書の件", view.Subject);
        Assert.Equal("田中 太郎 <user2@corp.example>", view.From);
        Assert.Equal("お世話になっております。営業部の田中です。\n\n見積書をお送りしますので、ご確認ください。\n\n田中", view.Text);
        Assert.False(view.IsTextFromHtml);
        Assert.Contains("見積書をお送りしますので", view.Html, StringComparison.Ordinal);
        var pdf = Assert.Single(view.Attachments);
        Assert.Equal(("見積書.pdf", "application/pdf"), (pdf.Name, pdf.MediaType));
        Assert.Equal(["okyaku@client.example", "kacho@corp.example"], view.Visible.OrderByDescending(address => address));
        Assert.Empty(view.Gaps);
    }

    [Fact]
    public void APPROVE_113_a_mail_of_Thunderbird_flowed_and_with_a_name_of_RFC_2231()
    {
        var view = Sample.View("thunderbird-flowed.eml");
        Assert.Equal("来週の打ち合わせの資料（第３四半期）", view.Subject);
        Assert.Contains("longer than seventy-two characters, as format=flowed allows.", view.Text, StringComparison.Ordinal);
        var sheet = Assert.Single(view.Attachments);
        Assert.Equal("第３四半期_売上予測（社外秘）.xlsx", sheet.Name);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("PK\u0003\u0004 a workbook"u8)), sheet.Sha256);
        Assert.Equal(15, sheet.Size);
    }

    [Fact]
    public void APPROVE_113_a_mail_of_Becky()
    {
        var view = Sample.View("becky-iso2022jp.eml");
        Assert.Equal("技術資料の送付", view.Subject);
        Assert.StartsWith("株式会社 顧客 御中\n\n技術資料をお送りします。", view.Text, StringComparison.Ordinal);
        Assert.Equal("技術資料.lzh", Assert.Single(view.Attachments).Name);
    }

    [Fact]
    public void APPROVE_113_a_mail_of_an_iPhone()
    {
        var view = Sample.View("iphone.eml");
        Assert.Equal("現場の写真です📷", view.Subject);
        Assert.StartsWith("写真を送ります。", view.Text, StringComparison.Ordinal);
        Assert.Equal(("IMG_0412.jpeg", "image/jpeg"), (view.Attachments[0].Name, view.Attachments[0].MediaType));
    }

    [Fact]
    public void APPROVE_113_what_is_packed_in_winmail_dat_is_named()
    {
        var view = Sample.View("outlook-winmail.eml");
        Assert.Equal(["winmail.dat", "winmail.dat › 価格表.xls"], view.Attachments.Select(one => one.Name));
    }

    [Fact]
    public void APPROVE_107_a_subject_without_any_declaration_is_read_by_its_octets()
    {
        var view = Sample.View("raw-shiftjis.eml");
        Assert.Equal("本文は Shift_JIS です。", view.Text);
        Assert.Equal("お見積り", view.Subject);
    }

    [Fact]
    public void APPROVE_115_who_stands_in_no_visible_header_is_Bcc()
    {
        var view = Sample.ViewOf("From: a@b.example\nTo: X <One@Client.Example>, group: two@client.example;\nCc: three@client.example\nSubject: s\n\nt\n");
        Assert.Equal(["one@client.example", "three@client.example", "two@client.example"], view.Visible.Order());
    }

    [Fact]
    public void APPROVE_70_the_hash_is_that_of_the_octets() =>
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Sample.Octets("iphone.eml"))), Sample.View("iphone.eml").ContentSha256);

    [Fact]
    public void APPROVE_124_HTML_alone_is_reduced_to_text_and_nothing_that_clients_show_is_lost()
    {
        var view = Sample.ViewOf("""
            From: a@b.example
            Subject: s
            MIME-Version: 1.0
            Content-Type: text/html; charset=utf-8

            <head><p>in the head</p><style>p{display:none}</style><script>alert(1)</script>
            <noscript>for clients without script</noscript>
            <div>one<br>two &amp; three</div><table><tr><td>a</td><td>b</td></tr></table>
            """);
        Assert.True(view.IsTextFromHtml);
        Assert.Contains("in the head", view.Text, StringComparison.Ordinal);
        Assert.Contains("for clients without script", view.Text, StringComparison.Ordinal);
        Assert.Contains("one\ntwo & three", view.Text, StringComparison.Ordinal);
        Assert.Contains("a\tb", view.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("alert", view.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("display", view.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("no mail at all")]
    [InlineData("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n")]
    [InlineData("Content-Type: multipart/mixed\r\n\r\nno boundary\r\n")]
    [InlineData("Content-Type: text/plain; charset=nonsense-9\r\n\r\nplain\r\n")]
    [InlineData("Content-Type: message/rfc822\r\n\r\n")]
    [InlineData("Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n")]
    [InlineData("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n")]
    [InlineData("Subject: =?utf-8?B?!!!?= =?x?y?z?=\r\n\r\n")]
    public void APPROVE_124_broken_mails_are_shown_as_far_as_they_go(string text) => Assert.NotNull(Sample.View(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void APPROVE_124_any_octets_at_all_are_survived()
    {
        var random = new Random(20261124);
        for (var round = 0; round < 300; round++)
        {
            var octets = Sample.Octets(round % 2 == 0 ? "outlook-iso2022jp.eml" : "outlook-winmail.eml");
            for (var change = 0; change < 30; change++)
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            Assert.NotNull(Sample.View(octets));
        }
    }

    [Fact]
    public void APPROVE_124_multiparts_without_end_are_not_followed()
    {
        var text = new StringBuilder("From: a@b.example\r\n");
        for (var level = 0; level < 500; level++)
            text.Append("Content-Type: multipart/mixed; boundary=b").Append(level).Append("\r\n\r\n--b").Append(level).Append("\r\n");
        text.Append("\r\ndeep inside\r\n");
        Assert.NotEmpty(Sample.View(Encoding.ASCII.GetBytes(text.ToString())).Gaps);
    }

    [Fact]
    public void APPROVE_124_a_mail_of_a_million_parts_is_not_taken_apart()
    {
        var text = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + string.Concat(Enumerable.Repeat("--x\r\n\r\n\r\n", 200_000));
        Assert.Contains(ViewGap.TooManyParts, Sample.View(Encoding.ASCII.GetBytes(text)).Gaps);
    }

    [Fact]
    public void APPROVE_124_a_header_without_end_is_cut()
    {
        var text = "From: a@b.example\r\n" + string.Concat(Enumerable.Range(0, 100_000).Select(number => $"X-{number}: y\r\n")) + "\r\nbody\r\n";
        Assert.Contains(ViewGap.HeadersCut, Sample.View(Encoding.ASCII.GetBytes(text)).Gaps);
    }

    [Fact]
    public void APPROVE_124_a_huge_text_is_cut_and_says_so()
    {
        var view = Sample.View(Encoding.ASCII.GetBytes("From: a@b.example\r\n\r\n" + string.Concat(Enumerable.Repeat("0123456789\r\n", 500_000))));
        Assert.Contains(ViewGap.TextCut, view.Gaps);
        Assert.InRange(view.Text.Length, 1, MailReader.TextLimit);
    }

    [Fact]
    public void APPROVE_124_the_beginning_of_a_large_mail_says_that_it_is_one()
    {
        var octets = Sample.Octets("outlook-iso2022jp.eml");
        var view = MailReader.ReadBeginning(new MemoryStream(octets, 0, 900), octets.Length, "00ff");
        Assert.Equal((octets.Length, "00ff", "見積書の件"), (view.Size, view.ContentSha256, view.Subject));
        Assert.True(view.LacksAttachments);
        Assert.False(MailReader.ReadBeginning(new MemoryStream(octets), octets.Length, "00ff").LacksAttachments);
    }

    [Fact]
    public void APPROVE_124_an_attached_message_is_not_mixed_up_with_the_mail()
    {
        var view = Sample.ViewOf("""
            From: a@b.example
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=x

            --x
            Content-Type: text/plain

            outer
            --x
            Content-Type: message/rfc822

            Subject: inner
            Content-Type: text/plain

            secret inside
            --x--
            """);
        Assert.Equal("outer", view.Text);
        Assert.Equal("inner.eml", Assert.Single(view.Attachments).Name);
    }
}
