using System.Text;
using ClusterMail.Protocol.Dsn;
using MimeKit;

namespace ClusterMail.Protocol.Tests.Dsn;

public class DsnTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(9));

    private static DsnReport Report(string original = "Subject: hi\r\nFrom: s@example.jp\r\n\r\nbody text\r\n", params DsnRecipient[] recipients) => new()
    {
        HostName = "mx.example.jp",
        To = Mailbox.FromStored("s@example.jp"),
        Id = new MessageId(77),
        OriginalId = new MessageId(12, "-R0001-E001"),
        Now = Now,
        ArrivedAt = Now.AddHours(-1),
        Original = new MemoryContent(Encoding.UTF8.GetBytes(original)),
        Recipients = recipients.Length > 0 ? [.. recipients] : [Failed()],
    };

    private static DsnRecipient Failed(string address = "b@example.org") =>
        new(Mailbox.FromStored(address), DsnAction.Failed, new EnhancedStatus(5, 1, 1), "550 5.1.1 User unknown") { RemoteHost = "mx1.example.org", LastAttempt = Now };

    private static async Task<MimeMessage> Parse(DsnReport report)
    {
        var mail = await DsnWriter.WriteAsync(report);
        return MimeMessage.Load(new MemoryStream(mail.Content));
    }

    [Fact]
    public async Task BOUNCE_1_ACCT_7_the_error_mail_comes_from_postmaster_and_answers_no_machine()
    {
        var message = await Parse(Report());
        Assert.Equal("postmaster@mx.example.jp", message.From.Mailboxes.Single().Address);
        Assert.Equal("s@example.jp", message.To.Mailboxes.Single().Address);
        Assert.Equal("Delivery failure", message.Subject);
        Assert.Equal("auto-replied", message.Headers["Auto-Submitted"]);
        Assert.Equal("B0000000077@mx.example.jp", message.MessageId);
        Assert.Equal(Now, message.Date);
        foreach (var header in (string[])["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"])
            Assert.Single(message.Headers, h => h.Field.Equals(header, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task BOUNCE_8_the_delivery_status_says_per_recipient_what_RFC_3464_asks()
    {
        var waiting = new DsnRecipient(Mailbox.FromStored("c@example.net"), DsnAction.Delayed, new EnhancedStatus(4, 4, 1), "Unable to deliver to destination domain")
        {
            RetriesUntil = Now.AddDays(1),
        };
        var message = await Parse(Report(recipients: [Failed() with { OriginalRecipient = "rfc822;B+2Btag@example.org" }, waiting]) with { EnvelopeId = "QQ+3D1" });
        var report = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Equal("message/delivery-status", report[1].ContentType.MimeType);
        Assert.Equal(
            [
                "Reporting-MTA: dns; mx.example.jp",
                "Original-Envelope-Id: QQ=1",
                "Arrival-Date: Wed, 04 Mar 2026 04:06:07 +0900",
                "",
                "Original-Recipient: rfc822; B+tag@example.org",
                "Final-Recipient: rfc822; b@example.org",
                "Action: failed",
                "Status: 5.1.1",
                "Remote-MTA: dns; mx1.example.org",
                "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
                "Last-Attempt-Date: Wed, 04 Mar 2026 05:06:07 +0900",
                "",
                "Final-Recipient: rfc822; c@example.net",
                "Action: delayed",
                "Status: 4.4.1",
                "Diagnostic-Code: X-ClusterMail; Unable to deliver to destination domain",
                "Will-Retry-Until: Thu, 05 Mar 2026 05:06:07 +0900",
            ],
            ReadStatus(message));
    }

    [Fact]
    public async Task BOUNCE_8_GAP_21_the_text_is_in_English_and_Japanese_and_names_the_number()
    {
        var text = ((TextPart)((Multipart)(await Parse(Report())).Body!)[0]).Text;
        Assert.Contains("could not be delivered", text, StringComparison.Ordinal);
        Assert.Contains("配送できませんでした", text, StringComparison.Ordinal);
        Assert.Contains("<b@example.org>", text, StringComparison.Ordinal);
        Assert.Contains("mx1.example.org: 550 5.1.1 User unknown", text, StringComparison.Ordinal);
        Assert.Contains("B0000000012-R0001-E001", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Ret.Unspecified, 64 * 1024, true)]
    [InlineData(Ret.Unspecified, 64 * 1024 + 1, false)]
    [InlineData(Ret.Headers, 100, false)]
    [InlineData(Ret.Full, 64 * 1024 + 1, true)]
    [InlineData(Ret.Full, 1024 * 1024 + 1, false)]
    public async Task BOUNCE_8_the_original_comes_back_whole_or_as_its_header(Ret ret, int size, bool whole)
    {
        const string Header = "Subject: hi\r\nFrom: s@example.jp\r\n";
        var original = Header + "\r\n" + new string('x', size - Header.Length - 4) + "\r\n";
        Assert.Equal(size, original.Length);
        var message = await Parse(Report(original) with { Ret = ret });
        var last = ((Multipart)message.Body!)[2];
        Assert.Equal(whole ? "message/rfc822" : "text/rfc822-headers", last.ContentType.MimeType);
        if (!whole)
        {
            using var octets = new MemoryStream();
            last.WriteTo(octets, contentOnly: true);
            Assert.Equal(Header.TrimEnd(), Encoding.ASCII.GetString(octets.ToArray()).ReplaceLineEndings("\r\n").TrimEnd());
        }
        else
        {
            Assert.Equal("hi", ((MessagePart)last).Message!.Subject);
        }
    }

    [Fact]
    public async Task RFC_6533_an_UTF8_address_makes_the_report_a_global_one()
    {
        var mail = await DsnWriter.WriteAsync(Report("Subject: 件名\r\n\r\nbody\r\n", Failed("利用者@example.org")));
        Assert.True(mail.NeedsSmtpUtf8);
        Assert.True(mail.Has8Bit);
        var text = Encoding.UTF8.GetString(mail.Content);
        Assert.Contains("Content-Type: message/global-delivery-status", text, StringComparison.Ordinal);
        Assert.Contains("Final-Recipient: utf-8; 利用者@example.org\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Content-Type: message/global\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ordinary_report_is_seven_bit_whatever_the_host_said()
    {
        var mail = await DsnWriter.WriteAsync(Report(recipients: [Failed() with { Reason = "550 宛先がありません\r\nX-Evil: 1" }]));
        Assert.False(mail.Has8Bit);
        Assert.False(mail.NeedsSmtpUtf8);
        Assert.DoesNotContain("\nX-Evil", Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Notify.Unspecified, true)]
    [InlineData(Notify.Failure, true)]
    [InlineData(Notify.Failure | Notify.Delay, true)]
    [InlineData(Notify.Success, false)]
    [InlineData(Notify.Delay, false)]
    [InlineData(Notify.Never, false)]
    public void RFC_3461_failure_is_reported_to_who_did_not_decline(Notify notify, bool reported)
    {
        Assert.Equal(reported, DsnRules.ReportsFailure(ReversePath.FromStored("s@example.jp"), notify));
        Assert.False(DsnRules.ReportsFailure(ReversePath.Null, notify));
    }

    [Theory]
    [InlineData(Notify.Unspecified, false, false)]
    [InlineData(Notify.Unspecified, true, true)]
    [InlineData(Notify.Delay, false, true)]
    [InlineData(Notify.Failure, true, false)]
    [InlineData(Notify.Never, true, false)]
    public void BOUNCE_9_delay_is_reported_on_request_or_where_it_is_switched_on(Notify notify, bool on, bool reported)
    {
        Assert.Equal(reported, DsnRules.ReportsDelay(ReversePath.FromStored("s@example.jp"), notify, on));
        Assert.False(DsnRules.ReportsDelay(ReversePath.Null, notify, on));
    }

    [Theory]
    [InlineData(Notify.Success, true, false, DsnAction.Delivered)]
    [InlineData(Notify.Success, false, false, DsnAction.Relayed)]
    [InlineData(Notify.Success, false, true, null)]
    [InlineData(Notify.Failure, true, false, null)]
    [InlineData(Notify.Unspecified, false, false, null)]
    [InlineData(Notify.Never, true, false, null)]
    public void RFC_3461_success_is_reported_on_request_and_only_where_nobody_else_will(Notify notify, bool final, bool dsn, DsnAction? expected)
    {
        Assert.Equal(expected, DsnRules.AfterDelivery(ReversePath.FromStored("s@example.jp"), notify, final, dsn));
        Assert.Null(DsnRules.AfterDelivery(ReversePath.Null, notify, final, dsn));
    }

    private static string[] ReadStatus(MimeMessage message)
    {
        using var octets = new MemoryStream();
        var part = (MimePart)((Multipart)message.Body!)[1];
        part.Content!.DecodeTo(octets);
        return Encoding.UTF8.GetString(octets.ToArray()).TrimEnd().Split("\r\n");
    }
}
