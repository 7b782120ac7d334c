using System.Text;
using ClusterMail.Approval.Content;
using FsCheck.Xunit;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>What counts as an attachment (APPROVE-36 to APPROVE-38, EX-APPR-4), and bounded work on hostile mails.</summary>
public class AttachmentTests
{
    private const string Head = "From: user2@corp.example\nTo: okyaku@client.example\nSubject: test\nMIME-Version: 1.0\n";

    private static string Multipart(string type, params string[] parts) =>
        $"{Head}Content-Type: {type}; boundary=\"b\"\n\n{string.Concat(parts.Select(part => $"--b\n{part}\n"))}--b--\n";

    private const string Text = "Content-Type: text/plain; charset=utf-8\n\nhello";
    private const string Html = "Content-Type: text/html; charset=utf-8\n\n<p>hello<img src=\"cid:logo@corp\"></p>";
    private const string Logo = "Content-Type: image/png; name=logo.png\nContent-ID: <logo@corp>\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\niVBORw==";
    private const string Pdf = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=";

    private static string Related(params string[] parts) => Multipart("multipart/related", parts);

    private static async Task<bool> AttachedAsync(string mail, AttachmentTest test = AttachmentTest.Mime)
    {
        var content = await InspectAsync(mail, test);
        return !content.Attachments.IsEmpty || content.Unreadable is not null;
    }

    public static TheoryData<string, string, bool> Examples => new()
    {
        { "text only", $"{Head}Content-Type: text/plain\n\nhello\n", false },
        { "no MIME at all", "From: user2@corp.example\nSubject: test\n\nhello\n", false },
        { "multipart/alternative text and html", Multipart("multipart/alternative", Text, Html), false },
        { "html with an inline image by cid", Related(Html, Logo), false },
        { "multipart/mixed with a.pdf", Multipart("multipart/mixed", Text, Pdf), true },
        { "text/plain; name=list.csv, inline", Multipart("multipart/mixed", Text, "Content-Type: text/plain; name=list.csv\nContent-Disposition: inline\n\n1,2"), true },
        { "uuencoded block in plain text", $"{Head}Content-Type: text/plain\n\nsee\nbegin 644 a.txt\n#0V%T\n`\nend\n", true },
        { "read receipt", Report("\"disposition-notification\"", "Content-Type: message/disposition-notification\n\nReporting-UA: x"), false },
        { "read receipt with a PDF", Report("disposition-notification", "Content-Type: message/disposition-notification\n\nx", Pdf), true },
        { "S/MIME signed text", Multipart("multipart/signed; protocol=\"application/pkcs7-signature\"", Text, "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment; filename=smime.p7s\n\nMIIB"), false },
        { "S/MIME encrypted", $"{Head}Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nMIIB\n", true },
    };

    private static string Report(string type, params string[] parts) => Multipart($"Multipart/Report; REPORT-TYPE={type}", [Text, .. parts]);

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task EX_APPR_4_mode_2_attachments_and_read_receipts(string name, string mail, bool attached)
    {
        var content = await InspectAsync(mail);
        Assert.True(attached == !content.Attachments.IsEmpty, $"{name}: {string.Join(", ", content.Attachments)}");
        Assert.Null(content.Unreadable);
        Assert.Equal(attached ? "hold bucho@corp.example" : "send", Said(Policy("*@corp.example:0\n*:2::bucho@corp.example").Judge(Customer, content)));
    }

    public static TheoryData<string, string, bool> Rules => new()
    {
        { "1 disposition attachment without a name", Multipart("multipart/mixed", Text, "Content-Type: text/plain\nContent-Disposition: ATTACHMENT\n\nx"), true },
        { "2 name in RFC 2231 form", Multipart("multipart/mixed", Text, "Content-Type: text/plain\nContent-Disposition: inline; filename*=UTF-8''%E8%A6%8B%E7%A9%8D.txt\n\nx"), true },
        { "2 name in RFC 2047 form", Multipart("multipart/mixed", Text, "Content-Type: text/plain; name=\"=?ISO-2022-JP?B?GyRCOCsbKEI=?=\"\n\nx"), true },
        { "2 image with a name that no HTML shows", Related(Html.Replace("logo@corp", "other", StringComparison.Ordinal), Logo), true },
        { "3 message/rfc822", Multipart("multipart/mixed", Text, "Content-Type: message/rfc822\n\nSubject: x\n\ny"), true },
        { "3 the whole mail is an audio", $"{Head}Content-Type: audio/wav\n\nx\n", true },
        { "3 image outside multipart/related", Multipart("multipart/mixed", Html, Logo.Replace("; name=logo.png", "", StringComparison.Ordinal).Replace("; filename=logo.png", "", StringComparison.Ordinal)), true },
        { "signature of a mail that is a multipart itself", Multipart("multipart/signed; protocol=\"application/pkcs7-signature\"", $"Content-Type: multipart/alternative; boundary=c\n\n--c\n{Text}\n--c\n{Html}\n--c--", "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment; filename=smime.p7s\n\nMIIB"), false },
        { "a multipart without parts", $"{Head}Content-Type: multipart/mixed; boundary=b\n\nall in the preamble\n", true },
        { "an encrypted mail without parts", $"{Head}Content-Type: multipart/encrypted; boundary=b\n\n--b--\n", true },
        { "3 signature type where no signature belongs", Multipart("multipart/mixed", Text, "Content-Type: application/pkcs7-signature\n\nMIIB"), true },
        { "3 third part of multipart/signed", Multipart("multipart/signed", Text, "Content-Type: application/pgp-signature\n\nx", "Content-Type: application/pgp-signature\n\nx"), true },
        { "3 a type nobody knows", Multipart("multipart/mixed", Text, "Content-Type: x-secret/drawing\n\nx"), true },
        { "4 winmail.dat", Multipart("multipart/mixed", Text, "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"), true },
        { "4 winmail.dat under another type", Multipart("multipart/mixed", Text, "Content-Type: text/plain\nContent-Disposition: inline; filename=winmail.dat\n\nx"), true },
        { "4 uuencoded within base64 text", $"{Head}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String("begin 644 a b.txt\r\nx\r\nend\r\n"u8)}\n", true },
        { "begin without end", $"{Head}\nbegin 644 report today\nno end here\n", false },
        { "the word begin", $"{Head}\nbegin to work\nend\n", false },
        { "calendar as alternative", Multipart("multipart/alternative", Text, "Content-Type: text/calendar; method=REQUEST; name=invite.ics\n\nBEGIN:VCALENDAR"), false },
        { "calendar as attachment", Multipart("multipart/mixed", Text, "Content-Type: text/calendar; name=invite.ics\nContent-Disposition: attachment\n\nBEGIN:VCALENDAR"), true },
        { "multipart/encrypted", Multipart("multipart/encrypted; protocol=\"application/pgp-encrypted\"", "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: text/plain\n\nx"), true },
        { "attachment deeper in", Multipart("multipart/mixed", Text, "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: application/zip\n\nPK\n--c--"), true },
        { "two content types", Multipart("multipart/mixed", Text, "Content-Type: text/plain\nContent-Type: application/zip\n\nPK"), true },
        { "an unknown transfer encoding", Multipart("multipart/mixed", "Content-Type: text/plain\nContent-Transfer-Encoding: x-secret\n\nx"), true },
        { "a content type that is none", $"{Head}Content-Type: ;;;\n\nx\n", true },
        { "a multipart without boundary", $"{Head}Content-Type: multipart/mixed\n\n--b\n{Pdf}\n--b--\n", true },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task APPROVE_37_every_part_is_looked_at(string name, string mail, bool attached) => Assert.True(attached == await AttachedAsync(mail), name);

    [Fact]
    public async Task APPROVE_37_what_is_in_an_attached_mail_is_not_looked_at()
    {
        var content = await InspectAsync(Multipart("multipart/mixed", Text, $"Content-Type: message/rfc822\n\nSubject: inner\nFrom: evil@elsewhere.example\nContent-Type: application/zip; name=b.zip\n\nPK"));
        Assert.Equal("message/rfc822", Assert.Single(content.Attachments).MediaType);
        Assert.Equal(("test", "user2@corp.example"), (content.Subject, Assert.Single(content.From)));
    }

    [Theory]
    [InlineData("multipart/alternative", true)]
    [InlineData("multipart/report; report-type=\"Disposition-Notification\"", false)]
    [InlineData("multipart/report; report-type=delivery-status", true)]
    public async Task APPROVE_36_the_old_test_looks_at_the_type_of_the_mail_alone(string type, bool attached) =>
        Assert.Equal(attached, await AttachedAsync(Multipart(type, Text), AttachmentTest.Multipart));

    [Theory]
    [InlineData("delivery-status", "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x", false)]
    [InlineData("delivery-status", "Content-Type: text/rfc822-headers\n\nSubject: x", false)]
    [InlineData("delivery-status", "Content-Type: application/octet-stream\n\nx", true)]
    [InlineData("disposition-notification", "Content-Type: message/rfc822\n\nSubject: x\n\ny", false)]
    [InlineData("feedback-report", "Content-Type: message/rfc822\n\nSubject: x\n\ny", true)]
    public async Task APPROVE_38_reports_of_nothing_but_their_usual_parts_are_no_attachment(string type, string part, bool attached) =>
        Assert.Equal(attached, await AttachedAsync(Report(type, part)));

    [Fact]
    public async Task APPROVE_38_a_receipt_is_not_exempt_from_mode_1() =>
        Assert.Equal("hold bucho@corp.example", Said(Policy("*:1::bucho@corp.example").Judge(Customer, await InspectAsync(Report("disposition-notification", "Content-Type: message/disposition-notification\n\nx")))));

    [Fact]
    public async Task APPROVE_37_a_mail_nested_too_deep_counts_as_an_attachment()
    {
        var mail = new StringBuilder(Head);
        for (var i = 0; i < 5000; i++)
            mail.Append($"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n");
        Assert.Contains("deeper", (await InspectAsync(mail.Append("\nx\n").ToString())).Unreadable, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_37_attached_mails_nested_too_deep_are_bounded_too()
    {
        var mail = new StringBuilder(Head);
        for (var i = 0; i < 5000; i++)
            mail.Append("Content-Type: message/rfc822\n\n");
        Assert.True(await AttachedAsync(mail.Append("\nx\n").ToString()));
    }

    [Fact]
    public async Task APPROVE_37_a_mail_of_a_million_parts_is_given_up_early()
    {
        var content = await InspectAsync(Encoding.ASCII.GetBytes($"{Head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{string.Concat(Enumerable.Repeat("--b\r\n\r\n", 1_000_000))}"));
        Assert.Contains("5000 parts", content.Unreadable, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_37_more_text_than_anybody_writes_counts_as_an_attachment()
    {
        var content = await InspectAsync($"{Head}\n{new string('a', ContentInspector.MaxTextOctets + 1)}\n");
        Assert.Contains("of text", content.Unreadable, StringComparison.Ordinal);
        Assert.Equal("hold bucho@corp.example", Said(Policy("*:2::bucho@corp.example").Judge(Customer, content)));
    }

    [Property(MaxTest = 500)]
    public bool APPROVE_37_no_octets_whatever_stop_the_reading(byte[] octets)
    {
        var mail = (byte[])[.. Encoding.ASCII.GetBytes("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"), .. octets];
        return ContentInspector.InspectAsync(new MemoryStream(mail), mail.Length, AttachmentTest.Mime, true, CancellationToken.None).IsCompletedSuccessfully;
    }

    [Fact]
    public async Task APPROVE_115_addresses_of_To_and_Cc_are_known_so_that_Bcc_can_be_marked() =>
        Assert.Equal(["okyaku@client.example", "a@x.example", "b@x.example"], (await InspectAsync("From: user2@corp.example\nTo: Okyaku <OKYAKU@client.example>\nCc: Group: a@x.example, b@x.example;\n\nx\n")).Visible);
}
