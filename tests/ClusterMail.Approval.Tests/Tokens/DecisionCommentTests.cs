using ClusterMail.Approval.Tokens;
using MimeKit;

namespace ClusterMail.Approval.Tests.Tokens;

public class DecisionCommentTests
{
    private const string Prepared = "Date: Tue, 24 Nov 2026 10:15:02 +0900\r\nFrom: user2@corp.example\r\nSubject: test\r\n\r\n";

    private static string CommentOf(string sample) => DecisionComment.From(Sample.View(sample).Text, "test");

    [Fact]
    public void EX_APPR_2_the_reason_is_what_was_written_below_the_prepared_lines() =>
        Assert.Equal("wrong price list", DecisionComment.From(Prepared + "wrong price list\r\n", "test"));

    [Theory]
    [InlineData("decision-outlook.eml", "問題ありません。")]
    [InlineData("decision-becky.eml", "価格表が違います。\nwrong price list")]
    [InlineData("decision-iphone.eml", "OKです\n\niPhoneから送信")]
    [InlineData("decision-thunderbird.eml", "This comment is longer than a line of seventy-two characters and so the program breaks it.")]
    public void APPROVE_144_the_comment_is_found_as_each_client_writes_it(string sample, string comment) => Assert.Equal(comment, CommentOf(sample));

    [Fact]
    public void APPROVE_144_nothing_written_is_no_comment()
    {
        Assert.Equal("", DecisionComment.From(Prepared, "test"));
        Assert.Equal("", DecisionComment.From("", "test"));
        Assert.Equal("", DecisionComment.From(Prepared + "\r\n-- \r\nsignature\r\n", "test"));
    }

    [Theory]
    [InlineData("too late\r\n\r\n-----Original Message-----\r\nFrom: x\r\n\r\nold text")]
    [InlineData("too late\r\n\r\n-------- 元のメッセージ --------\r\nold text")]
    [InlineData("too late\r\n> quoted\r\n")]
    [InlineData("too late\r\n\r\n2026/11/24 10:15、user2@corp.example のメール:\r\n> quoted\r\n")]
    [InlineData("too late\r\n-- \r\nBucho\r\n")]
    public void APPROVE_144_quoted_original_and_signature_are_left_out(string body) => Assert.Equal("too late", DecisionComment.From(Prepared + body, "test"));

    [Fact]
    public void APPROVE_144_a_prepared_subject_that_the_client_wrapped_is_left_out_whole() => Assert.Equal(
        "no",
        DecisionComment.From("Date: x\r\nFrom: y\r\nSubject: a very long subject that the client\r\nhas broken into two lines\r\n\r\nno", "a very long subject that the client has broken into two lines"));

    [Fact]
    public void APPROVE_144_at_most_2000_characters_and_no_control_characters()
    {
        Assert.Equal(2000, DecisionComment.From(Prepared + new string('あ', 5000), "test").Length);
        Assert.Equal("a b c", DecisionComment.From(Prepared + "a\u0007b\u001bc", "test"));
        Assert.Equal(1999, DecisionComment.From(new string('x', 1999) + "😀", "test").Length);
    }

    [Fact]
    public void APPROVE_145_a_receipt_request_in_a_decision_mail_changes_nothing_about_it()
    {
        Assert.NotNull(Sample.Message("decision-outlook.eml").Headers[HeaderId.DispositionNotificationTo]);
        Assert.Equal("問題ありません。", CommentOf("decision-outlook.eml"));
    }
}
