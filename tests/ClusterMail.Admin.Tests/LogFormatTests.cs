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
            Id = "B0000000012",
            At = At(2026, 1, 2, 3, 4, 5),
            Destination = "example.net",
            Rule = "ROUTE-1 row 6",
            Reply = "451 4.3.0 Later",
            Class = FailureClass.LineError,
            Remote = new("mx1.example.net", "192.0.2.9", 25, "TLS 1.3"),
            NextTry = At(2026, 1, 2, 3, 6, 5),
            AcceptedAt = At(2026, 1, 2, 3, 0, 0),
            Number = 2,
            Dialogue = ["MAIL FROM:<u@example.jp>", "451 4.3.0 Later"],
        };
        Assert.Equal(
            [
                "[B0000000012-R0001] [example.net] GetTryServer:()",
                "[B0000000012-R0001] GetTryServer:(ltime(1767323045)-otime(1767322800))/120=(2)",
                "[B0000000012-R0001] Route: ROUTE-1 row 6",
                "[B0000000012-R0001] ConnectHost:mx1.example.net [192.0.2.9]:25 TLS 1.3",
                "[B0000000012-R0001] MAIL FROM:<u@example.jp>",
                "[B0000000012-R0001] 451 4.3.0 Later",
                "[B0000000012-R0001] Result: line error [02/Jan/2026:03:04:05] [451 4.3.0 Later], next try [02/Jan/2026:03:06:05]",
            ],
            Mx.Senderlog(row));
    }

    [Fact]
    public void LOG_25_at_the_first_attempt_no_interval_has_passed_and_a_gateway_is_named()
    {
        var lines = Mx.Senderlog(new AttemptRow
        {
            Id = "B0000000012",
            At = At(2026, 1, 2, 3, 4, 5),
            AcceptedAt = At(2026, 1, 2, 3, 4, 4),
            Number = 1,
            Outcome = "delivered",
            Recipient = "x@b.example",
            Destination = "[192.0.2.50]:465*",
            Rule = "ROUTE-1 row 4, route.table line 3",
            Reply = "250 2.0.0 Ok",
            Remote = new("192.0.2.50", "192.0.2.50", 465, "TLSv1.3"),
        }).ToList();
        Assert.Equal("[B0000000012] [b.example] GetTryServer:()", lines[0]);
        Assert.Equal("[B0000000012] GetTryServer:(ltime(1767323045)-otime(1767323044))/120=(0)", lines[1]);
        Assert.Equal("[B0000000012] Route: ROUTE-1 row 4, route.table line 3", lines[2]);
        Assert.Equal("[B0000000012] GetSMTPServer = SMTP GateWay(192.0.2.50:465)", lines[3]);
    }

    [Fact]
    public void LOG_20_acceptlog_has_a_line_for_the_connect_and_one_for_the_outcome()
    {
        Assert.Equal("[30/Nov/2017:08:20:44], (mx.example.jp), [203.0.113.7]:25, Client accept now.",
            Mx.Acceptlog(new(At(2017, 11, 30, 8, 20, 44), ConnectionKind.Connect, "", "203.0.113.7", null, null, 25, "S1")));
        Assert.Equal("[30/Nov/2017:08:22:06], (mx.example.jp), out.example.net [203.0.113.7], a@example.net,<B0000097586>,ok",
            Mx.Acceptlog(new(At(2017, 11, 30, 8, 22, 6), ConnectionKind.Accepted, "out.example.net", "203.0.113.7", "a@example.net", "B0000097586", 25, "")));
    }

    [Fact]
    public void LOG_21_a_refused_transaction_without_number_is_an_abort_with_empty_brackets() =>
        Assert.Equal("[30/Nov/2017:08:22:06], (mx.example.jp), out.example.net [203.0.113.7], <>,<>,abort",
            Mx.Acceptlog(new(At(2017, 11, 30, 8, 22, 6), ConnectionKind.Aborted, "out.example.net", "203.0.113.7", "", null, 25, "S1")));

    [Fact]
    public void EX_LOG_5_a_client_on_a_block_list_is_in_acceptlog_by_the_original_words() =>
        Assert.Equal("[30/Nov/2017:08:22:06], (mx.example.jp), - [203.0.113.7], -,<>,It was in the ORDB IP.",
            Mx.Acceptlog(new(At(2017, 11, 30, 8, 22, 6), ConnectionKind.Listed, "", "203.0.113.7", null, null, 25, "S1")));

    [Fact]
    public void LOG_27_receivelog_puts_time_and_number_before_each_line() => Assert.Equal(
        ["[30/Nov/2017:08:22:06] [B0000097586] RECV <- MAIL FROM:<a@example.net>", "[30/Nov/2017:08:22:07] [B0000097586] SEND -> 550 5.1.7 No"],
        Mx.Receivelog(new("B0000097586", At(2017, 11, 30, 8, 22, 8), "S1",
            [(At(2017, 11, 30, 8, 22, 6), "RECV <- MAIL FROM:<a@example.net>"), (At(2017, 11, 30, 8, 22, 7), "SEND -> 550 5.1.7 No")])));

    /// <summary>HELO names, addresses and replies are strangers' texts: whatever they hold, a line stays one line and a column one column.</summary>
    [Theory]
    [InlineData("a\r\n[30/Nov/2017:08:22:06], (mx), forged [1.2.3.4], x,<B0000000001>,ok")]
    [InlineData("a\u2028b\u0085c\u2029d")]
    [InlineData("x [192.0.2.1], a@example.net,<B0000000001>,ok")]
    [InlineData("\u202egnp.exe")]
    [InlineData("tab\there")]
    public void LOG_20_no_text_of_a_stranger_forges_a_line_or_a_column(string text)
    {
        var accept = Mx.Acceptlog(new(At(2017, 11, 30, 8, 22, 6), ConnectionKind.Aborted, text, "203.0.113.7", text, null, 25, "S1"));
        Assert.Equal(6, accept.Split(',').Length);
        Assert.EndsWith(",<>,abort", accept, StringComparison.Ordinal);
        Assert.Equal(6, Mx.Inlog(new("B0000000001", At(2014, 6, 9, 14, 18, 23), "192.0.2.1", text, text, [text])).Split(' ').Length);
        var fail = Mx.Faillog(new("B0000000001", At(2017, 11, 1, 10, 29, 51), text, text, text, FailureClass.Refused));
        var receive = Mx.Receivelog(new("S1", At(2017, 11, 30, 8, 22, 8), "S1", [(At(2017, 11, 30, 8, 22, 6), text)])).Single();
        foreach (var line in (string[])[accept, fail, receive])
            Assert.DoesNotContain(line, c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e');
    }

    [Fact]
    public void LOG_22_japanese_addresses_stay_as_they_are() => Assert.Equal(
        "<B0000000001@mx.example.jp> [09/Jun/2014:14:18:23] 2001:db8::1 client 田中@例え.jp 山田@例え.jp",
        Mx.Inlog(new("B0000000001", At(2014, 6, 9, 14, 18, 23), "2001:db8::1", "client", "田中@例え.jp", ["山田@例え.jp"])));

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
