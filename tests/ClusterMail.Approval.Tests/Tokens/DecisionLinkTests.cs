using System.Text;
using System.Web;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

public class DecisionLinkTests
{
    private static readonly PreparedBody Body = new("Tue, 24 Nov 2026 10:15:02 +0900", "user2@corp.example", "test");

    private static string Link(PreparedBody? body = null, Encoding? charset = null, string to = "user2@corp.example") =>
        DecisionLink.For(Sample.Box(to), Vectors.Texts(Vectors.Bucho).Approve, body ?? Body, charset ?? Encoding.UTF8);

    [Fact]
    public void EX_APPR_1_the_link_is_the_one_of_the_specification() => Assert.StartsWith(
        $"mailto:user2@corp.example?subject=approval_B0000500101@{Vectors.P3}.k1.HCUVAgBvRFfZAXzJaD46lQ&body=Date%3A", Link(), StringComparison.Ordinal);

    [Fact]
    public void APPROVE_121_the_body_holds_date_from_and_subject_with_CRLF()
    {
        var body = HttpUtility.UrlDecode(Link()[(Link().IndexOf("&body=", StringComparison.Ordinal) + 6)..]);
        Assert.Equal("Date: Tue, 24 Nov 2026 10:15:02 +0900\r\nFrom: user2@corp.example\r\nSubject: test\r\n\r\n", body);
        Assert.Contains("%0D%0A", Link(), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_121_Japanese_is_UTF_8_or_Shift_JIS_percent_encoded()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var body = Body with { Subject = "見積" };
        Assert.Contains("Subject%3A%20%E8%A6%8B%E7%A9%8D%0D%0A", Link(body), StringComparison.Ordinal);
        Assert.Contains("Subject%3A%20%8C%A9%90%CF%0D%0A", Link(body, Encoding.GetEncoding("shift_jis")), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_122_plus_slash_equals_ampersand_percent_and_space_are_encoded_in_the_subject()
    {
        // 0x3FBFFE gives "/" and 0xFBEFBE gives "+" in base64.
        var text = Vectors.Texts(Vectors.Bucho).Approve with { Approvers = "P7/+++a= &%" };
        var link = DecisionLink.For(Sample.Box("user2@corp.example"), text, Body, Encoding.UTF8);
        Assert.Contains("@P7%2F%2B%2B%2Ba%3D%20%26%25.k1.", link, StringComparison.Ordinal);
        Assert.Single(link, '&');
    }

    [Fact]
    public void APPROVE_122_the_link_is_one_line_of_ASCII_whatever_stands_in_the_mail()
    {
        var link = Link(new PreparedBody("x\r\ny", "\"悪い\"\n<a@b>", "<script>\r\nBcc: x"), to: "us er?&#'\"2@corp.example");
        Assert.All(link, c => Assert.True(char.IsAsciiLetterOrDigit(c) || "-._~:@?=&%+".Contains(c, StringComparison.Ordinal), $"{c}"));
        Assert.StartsWith("mailto:us%20er%3F%26%23%27%222@corp.example?subject=", link, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_122_a_long_subject_is_shortened_so_that_no_program_cuts_the_link()
    {
        var link = Link(Body with { Subject = string.Concat(Enumerable.Repeat("長い件名", 200)) });
        Assert.InRange(link.Length, 1000, DecisionLink.LengthLimit);
        Assert.Contains(".k1.HCUVAgBvRFfZAXzJaD46lQ&body=Date%3A", link, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_121_where_even_an_empty_subject_does_not_fit_the_body_is_left_out()
    {
        var many = Enumerable.Range(0, 20).Select(index => Sample.Box($"approver.with.a.very.long.name.{index}.of.section.eleven@department.headquarters.corp.example")).ToList();
        var text = DecisionTexts.Issue(Vectors.Hold(500101), [.. many], many[0], Vectors.ContentSha256, Vectors.K1).Approve;
        Assert.EndsWith($".k1.{text.Signature}", DecisionLink.For(Vectors.User2, text, Body, Encoding.UTF8), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_160_the_web_link_has_256_bits_and_is_known_by_its_hash_only()
    {
        var link = WebLink.Create(Vectors.Hold(500101), [.. Enumerable.Range(0, 32).Select(octet => (byte)octet)]);
        Assert.Equal("https://mail.corp.example/a/B0000500101/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", link.Url("https://mail.corp.example/"));
        Assert.Equal(link, WebLink.Parse(link.Path));
        Assert.True(link.IsKnownAs(link.Hash()));
        Assert.False(link.IsKnownAs(WebLink.Create(Vectors.Hold(500101), new byte[32]).Hash()));
        Assert.DoesNotContain(link.Secret, link.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => WebLink.Create(Vectors.Hold(500101), new byte[16]));
    }

    [Theory]
    [InlineData("/a/B0000500101/")]
    [InlineData("/a/B0000500101/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh")]
    [InlineData("/a/B0000500101/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8/x")]
    [InlineData("/a/500101/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    [InlineData("/a/B0000500101/../AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    [InlineData(null)]
    public void APPROVE_160_any_other_path_is_no_link(string? path) => Assert.Null(WebLink.Parse(path));

    [Fact]
    public void APPROVE_161_a_POST_needs_the_value_of_the_page_it_comes_from()
    {
        var value = PostGuard.Issue(Vectors.K1, "B0000500101", "session-1", Vectors.Now);
        bool Check(string? given, string subject = "B0000500101", string session = "session-1", int hours = 1) =>
            PostGuard.Check(Vectors.Ring, given, subject, session, Vectors.Now.AddHours(hours));
        Assert.True(Check(value));
        Assert.True(Check(value, hours: 12));
        Assert.False(Check(value, hours: 13));
        Assert.False(Check(value, hours: -1));
        Assert.False(Check(value, subject: "B0000500103"));
        Assert.False(Check(value, session: "session-2"));
        Assert.False(Check(null));
        Assert.False(Check(""));
        Assert.False(Check(value[..^1]));
        Assert.False(Check("99999999999999999999.k1.x"));
        Assert.False(PostGuard.Check(TokenKeyRing.Of(new TokenKey("k1", new byte[32], Vectors.Now)), value, "B0000500101", "session-1", Vectors.Now));
    }
}
