namespace ClusterMail.Approval.Tests;

public class HoldIdTests
{
    [Fact]
    public void APPROVE_56_a_HoldId_is_B_and_ten_digits()
    {
        Assert.Equal("B0000500101", new HoldId(500_101).ToString());
        Assert.True(HoldId.TryParseExact("B0000500101", out var id));
        Assert.Equal(new HoldId(500_101), id);
    }

    [Theory]
    [InlineData("b0000500101")]
    [InlineData("B500101")]
    [InlineData("B0000000000")]
    [InlineData("B00000500101")]
    [InlineData("B000050010x")]
    [InlineData(" B0000500101")]
    [InlineData("B0000500101@corp.example")]
    [InlineData("B99999999999999999999999")]
    [InlineData("")]
    [InlineData(null)]
    public void APPROVE_56_a_subject_has_the_strict_form_only(string? text) => Assert.False(HoldId.TryParseExact(text, out _));

    [Theory]
    [InlineData("500101")]
    [InlineData("B500101")]
    [InlineData("<B0000500101@corp.example>")]
    public void APPROVE_56_people_may_paste_it_in_other_forms(string text)
    {
        Assert.True(HoldId.TryParse(text, out var id));
        Assert.Equal(new HoldId(500_101), id);
    }

    [Fact]
    public void APPROVE_56_a_mail_derived_from_another_is_no_hold() => Assert.False(HoldId.TryParse("B0000500101-R0001", out _));
}
