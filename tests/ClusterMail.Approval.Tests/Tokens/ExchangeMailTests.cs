using System.Text;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

/// <summary>Decision mails as Exchange may hand them on (APPROVE-449).</summary>
public sealed class ExchangeMailTests
{
    private static string CommentOf(string mail) => DecisionComment.From(Sample.View(Encoding.UTF8.GetBytes(mail)).Text, "見積");

    [Fact]
    public void APPROVE_449_a_comment_is_read_out_of_winmail_dat_where_there_is_no_other_text()
    {
        Assert.Equal("金額が違います", CommentOf(Tnef.Mail("x", Tnef.WithText("Date: 2026/11/25\r\nFrom: user2@corp.example\r\nSubject: 見積\r\n\r\n金額が違います\r\n-- \r\nbucho"))));
        Assert.Equal("金額が違います", CommentOf(Tnef.Mail("x", Tnef.WithHtml("<html><head><meta charset=\"utf-8\"></head><body><p>金額が違います</p></body></html>"))));
    }

    [Fact]
    public void APPROVE_449_a_text_beside_winmail_dat_is_the_comment_and_not_both()
    {
        var mail = Tnef.Mail("x", Tnef.WithText("packed")).Replace("--b\r\nContent-Type: application", "--b\r\nContent-Type: text/plain\r\n\r\nbeside\r\n--b\r\nContent-Type: application", StringComparison.Ordinal);
        Assert.Equal("beside", CommentOf(mail));
        Assert.Equal(["winmail.dat"], Sample.View(Encoding.UTF8.GetBytes(mail)).Attachments.Select(one => one.Name));
    }

    [Fact]
    public void APPROVE_449_a_winmail_dat_that_is_cut_or_broken_is_tolerated()
    {
        var whole = Tnef.WithText("金額が違います");
        for (var length = 0; length < whole.Length; length += 3)
            CommentOf(Tnef.Mail("x", whole[..length]));
    }

    [Fact]
    public void APPROVE_449_of_HTML_alone_the_comment_is_its_text_without_the_prepared_lines()
    {
        var html = "<html><body><div>金額が違います</div><p>Date: 2026/11/25</p></body></html>";
        Assert.StartsWith("金額が違います", CommentOf($"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"), StringComparison.Ordinal);
        var prepared = "<html><body><p>Date: 2026/11/25<br>From: user2@corp.example<br>Subject: 見積</p><p>やり直し</p></body></html>";
        Assert.Equal("やり直し", CommentOf($"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{prepared}\r\n"));
    }

    [Theory]
    [InlineData("=?utf-8?B?{0}?=", true)]
    [InlineData("=?iso-2022-jp?B?{0}?=", true)]
    [InlineData("=?us-ascii?Q?{0}?=", false)]
    public void APPROVE_449_the_subject_of_a_decision_is_read_decoded(string form, bool isBase64)
    {
        var text = Vectors.Texts(Vectors.Bucho).Approve.Subject;
        var encoded = isBase64 ? Convert.ToBase64String(Encoding.ASCII.GetBytes(text)) : text.Replace("=", "=3D", StringComparison.Ordinal).Replace("_", "=5F", StringComparison.Ordinal);
        var raw = Encoding.ASCII.GetBytes(" " + string.Format(System.Globalization.CultureInfo.InvariantCulture, form, encoded) + "\r\n");
        Assert.Equal(text, Assert.IsType<DecisionSubject.Decision>(DecisionSubject.Recognise(raw, isOurs: true)).Text.Subject);
    }
}
