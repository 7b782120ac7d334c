using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>The lines that chapter 08 prints, character by character.</summary>
public sealed class LogFormatTests
{
    private static readonly TimeZoneInfo Tokyo = TimeZoneInfo.CreateCustomTimeZone("JST", TimeSpan.FromHours(9), "JST", "JST");
    private static readonly LogFormat Mx = new("mx.example.jp", TimeZoneInfo.Utc);

    private static DateTimeOffset At(int year, int month, int day, int hour, int minute, int second) => new(year, month, day, hour, minute, second, TimeSpan.Zero);

    [Fact]
    public void LOG_12_the_stamp_is_local_time_with_english_months() =>
        Assert.Equal("[01/Mar/2026:08:59:59]", new LogFormat("h", Tokyo).Stamp(At(2026, 2, 28, 23, 59, 59)));

    [Fact]
    public void LOG_22_inlog_has_all_recipients_in_order() => Assert.Equal(
        "<B0000318867@mx.example.jp> [09/Jun/2014:14:18:23] 192.168.0.75 [192.168.0.75] u2@example.jp b1@example.jp b2@example.jp",
        Mx.Inlog(new("B0000318867", At(2014, 6, 9, 14, 18, 23), "192.168.0.75", "[192.168.0.75]", "u2@example.jp", ["b1@example.jp", "b2@example.jp"])));

    [Fact]
    public void LOG_22_an_empty_sender_is_written_so_that_columns_stay_countable() => Assert.Equal(
        "<B0000000001@mx.example.jp> [09/Jun/2014:14:18:23] 192.0.2.1 mail.example.net <> b1@example.jp",
        Mx.Inlog(new("B0000000001", At(2014, 6, 9, 14, 18, 23), "192.0.2.1", "mail.example.net", "", ["b1@example.jp"])));

    [Fact]
    public void LOG_22_a_stranger_cannot_forge_a_column_or_a_line() => Assert.Equal(
        "<B0000000001@mx.example.jp> [09/Jun/2014:14:18:23] 192.0.2.1 a?b??c \"x?y\"@example.net b1@example.jp",
        Mx.Inlog(new("B0000000001", At(2014, 6, 9, 14, 18, 23), "192.0.2.1", "a b\r\nc", "\"x y\"@example.net", ["b1@example.jp"])));

    [Fact]
    public void LOG_23_outlog() => Assert.Equal(
        "B0000318868@mx.example.jp sent on [09/Jun/2014:14:19:20] to example.net from u2@example.jp to guest@example.net",
        Mx.Outlog(new("B0000318868", At(2014, 6, 9, 14, 19, 20), "u2@example.jp", "guest@example.net", "250 ok", FailureClass.None)));

    [Fact]
    public void LOG_23_generated_mail_is_from_the_null_path() => Assert.Equal(
        "B0000000098-E001@mx.example.jp sent on [09/Jun/2014:14:19:20] to example.net from <> to guest@example.net",
        Mx.Outlog(new("B0000000098-E001", At(2014, 6, 9, 14, 19, 20), "", "guest@example.net", "250 ok", FailureClass.None)));

    [Fact]
    public void LOG_24_faillog_has_code_and_text_of_the_other_server() => Assert.Equal(
        "B0000055688@mx.example.jp send fail on [01/Nov/2017:10:29:51] from u@example.jp to x@example.net [550 User Unknown]",
        Mx.Faillog(new("B0000055688", At(2017, 11, 1, 10, 29, 51), "u@example.jp", "x@example.net", "550 User Unknown", FailureClass.Refused)));

    [Fact]
    public void LOG_24_when_none_ever_answered_the_reason_is_always_the_same() => Assert.Equal(
        "B0000055688@mx.example.jp send fail on [01/Nov/2017:10:29:51] from u@example.jp to x@example.net [Unable to deliver to destination domain]",
        Mx.Faillog(new("B0000055688", At(2017, 11, 1, 10, 29, 51), "u@example.jp", "x@example.net", "Cannot resolve example.net", FailureClass.NoAnswer)));

    [Fact]
    public void LOG_25_senderlog_puts_the_number_before_each_line_of_the_dialogue()
    {
        var row = new AttemptRow
        {
            Id = "B0000000012-R0001",
            At = At(2026, 1, 2, 3, 4, 5),
            Destination = "example.net",
            Rule = "ROUTE-1 row 6",
            Reply = "451 4.3.0 Later",
            Class = FailureClass.LineError,
            Remote = new("mx1.example.net", "192.0.2.9", 25, "TLS 1.3"),
            NextTry = At(2026, 1, 2, 3, 6, 5),
            Dialogue = ["MAIL FROM:<u@example.jp>", "451 4.3.0 Later"],
        };
        Assert.Equal(
            [
                "[B0000000012-R0001] [example.net] Route: ROUTE-1 row 6",
                "[B0000000012-R0001] ConnectHost:mx1.example.net [192.0.2.9]:25 TLS 1.3",
                "[B0000000012-R0001] MAIL FROM:<u@example.jp>",
                "[B0000000012-R0001] 451 4.3.0 Later",
                "[B0000000012-R0001] Result: line error [02/Jan/2026:03:04:05] [451 4.3.0 Later], next try [02/Jan/2026:03:06:05]",
            ],
            Mx.Senderlog(row));
    }

    [Fact]
    public void QUEUE_3_the_envelope_file_is_written_and_read_back()
    {
        var text = EnvelopeFile.Write("B0000000012@mx.example.jp", "", ["a@example.jp", "b@example.org"]);
        Assert.Equal("Message-ID: <B0000000012@mx.example.jp>\r\nReturn-path: \r\nRecipient: a@example.jp\r\nRecipient: b@example.org\r\n", text);
        var (envelope, fault) = EnvelopeFile.Read(text);
        Assert.Null(fault);
        Assert.Equal("", envelope!.Sender);
        Assert.Equal(["a@example.jp", "b@example.org"], envelope.Recipients);
    }

    [Theory]
    [InlineData("Message-ID: <B1@h>\nRecipient: a@example.jp\n", 3)]
    [InlineData("Return-path: u@example.jp\n", 2)]
    [InlineData("Return-path: u@example.jp\nRecipient: a@example.jp\nCc: b@example.jp\n", 3)]
    [InlineData("Return-path: u@example.jp\nReturn-path: v@example.jp\nRecipient: a@example.jp\n", 2)]
    public void QUEUE_3_a_faulty_envelope_file_is_refused_by_line(string text, int line) => Assert.Equal(line, EnvelopeFile.Read(text).Fault!.Line);
}
