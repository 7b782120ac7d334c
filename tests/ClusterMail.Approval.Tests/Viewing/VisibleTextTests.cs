using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Tests.Viewing;

public class VisibleTextTests
{
    [Theory]
    [InlineData("invoice\u202Efdp.exe", "invoice⟦U+202E⟧fdp.exe")]
    [InlineData("a\u200Bb\uFEFFc\u00ADd", "a⟦U+200B⟧b⟦U+FEFF⟧c⟦U+00AD⟧d")]
    [InlineData("a\u0000b\u001Bc\u007Fd\u0085e", "a⟦U+0000⟧b⟦U+001B⟧c⟦U+007F⟧d⟦U+0085⟧e")]
    [InlineData("a\u2066b\u2069", "a⟦U+2066⟧b⟦U+2069⟧")]
    [InlineData("one\r\ntwo\tthree", "one  two three")]
    [InlineData("👨‍👩‍👧 見積", "👨‍👩‍👧 見積")]
    public void APPROVE_107_what_hides_or_turns_text_is_shown_by_its_number(string text, string shown) => Assert.Equal(shown, VisibleText.Line(text));

    [Fact]
    public void APPROVE_107_a_sign_is_never_cut_in_two()
    {
        Assert.Equal("aaaa…", VisibleText.Cut("aaaaaaaaaa", 5));
        Assert.Equal("aaa…", VisibleText.Cut("aaa😀😀", 5));
        Assert.Equal("が…", VisibleText.Cut("か\u3099き\u3099く\u3099"[..6].Replace("か\u3099", "が", StringComparison.Ordinal), 2));
        Assert.Equal("abc", VisibleText.Cut("abc", 3));
    }

    [Fact]
    public void APPROVE_107_lone_surrogates_are_replaced() => Assert.Equal("a\uFFFDb", VisibleText.Line("a\uD800b"));

    [Fact]
    public void APPROVE_124_lines_keep_their_ends() => Assert.Equal("a\nb\n\tc", VisibleText.Lines("a\r\nb\r\tc"));
}
