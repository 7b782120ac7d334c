using System.Text;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

public class ApproverTextTests
{
    [Theory]
    [InlineData("user1@test.jp", "dXNlcjFAdGVzdC5qcCAgICAg")]
    [InlineData("bucho@corp.example,kacho@corp.example", "YnVjaG9AY29ycC5leGFtcGxlLGthY2hvQGNvcnAuZXhhbXBsZSAgICAg")]
    [InlineData("kacho@corp.example", "a2FjaG9AY29ycC5leGFtcGxl")]
    [InlineData("bucho@corp.example,shonin_b@corp.example,shonin_a@corp.example", Vectors.P3)]
    public void APPROVE_135_the_list_gives_the_value_of_the_specification(string list, string expected)
    {
        Assert.Equal(expected, ApproverText.Encode(list.Split(',').Select(Sample.Box)));
        Assert.True(ApproverText.TryDecode(expected, out var decoded));
        Assert.Equal(list, string.Join(',', decoded));
    }

    [Theory]
    [InlineData(13, 18)]
    [InlineData(22, 24)]
    [InlineData(71, 72)]
    [InlineData(74, 78)]
    [InlineData(18, 18)]
    public void APPROVE_130_the_list_is_filled_with_spaces_to_a_multiple_of_6(int octets, int filled)
    {
        var text = ApproverText.Encode([Sample.Box($"{new string('a', octets - 2)}@b")]);
        Assert.Equal(filled, Convert.FromBase64String(text).Length);
        Assert.Equal(0, text.Length % 8);
        Assert.DoesNotContain('=', text);
    }

    [Theory]
    [InlineData("dXNlcjFAdGVzdC5qcA==")]
    [InlineData("dXNlcjFAdGVzdC5qcA")]
    [InlineData("dXNlcjFA dGVzdC5q\r\n\tcCAgICAg")]
    [InlineData("dXNlcjFAdGVzdC5qcCAgICAgICAgICAg")]
    public void APPROVE_131_padding_white_space_and_any_filling_are_accepted(string text)
    {
        Assert.True(ApproverText.TryDecode(text, out var approvers));
        Assert.Equal(["user1@test.jp"], approvers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@@@@")]
    [InlineData("====")]
    [InlineData("A")]
    public void APPROVE_150_what_is_no_base64_does_not_decode(string text) => Assert.False(ApproverText.TryDecode(text, out _));

    [Fact]
    public void APPROVE_150_a_list_with_control_characters_or_of_any_length_does_not_decode()
    {
        Assert.False(ApproverText.TryDecode(Convert.ToBase64String("a@b\r\nBcc: x"u8), out _));
        Assert.False(ApproverText.TryDecode(Convert.ToBase64String([0xFF, 0xFE, 0xFD]), out _));
        Assert.False(ApproverText.TryDecode(Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('a', 20_000))), out _));
    }
}
