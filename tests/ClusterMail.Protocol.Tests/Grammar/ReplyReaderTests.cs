using System.Text;
using ClusterMail.Protocol.Grammar;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ClusterMail.Protocol.Tests.Grammar;

public class ReplyReaderTests
{
    private static (ReplyState State, Reply? Reply, int Consumed) Read(string text, ReplyReader? reader = null)
    {
        var state = (reader ?? new ReplyReader()).Read(Encoding.UTF8.GetBytes(text), out var consumed, out var reply);
        return (state, reply, consumed);
    }

    [Theory]
    [InlineData("250 2.1.0 Ok\r\n", 250, "2.1.0", "Ok")]
    [InlineData("250 Ok\r\n", 250, null, "Ok")]
    [InlineData("250\r\n", 250, null, "")]
    [InlineData("250 \r\n", 250, null, "")]
    [InlineData("354 Go ahead\n", 354, null, "Go ahead")]
    [InlineData("550 5.1.1 ユーザ不明\r\n", 550, "5.1.1", "ユーザ不明")]
    [InlineData("550 2.1.1 a success in a refusal is only text\r\n", 550, null, "2.1.1 a success in a refusal is only text")]
    [InlineData("550 5.1.1\r\n", 550, "5.1.1", "")]
    [InlineData("450 4.7.1 bell\a and escape\u001b[2J\r\n", 450, "4.7.1", "bell? and escape?[2J")]
    public void RFC_5321_4_2_single_lines(string text, int code, string? status, string line)
    {
        var (state, reply, consumed) = Read(text);
        Assert.Equal(ReplyState.Complete, state);
        Assert.Equal((code, status, line), (reply!.Code, reply.Status?.ToString(), reply.Lines.Single()));
        Assert.Equal(Encoding.UTF8.GetByteCount(text), consumed);
    }

    [Fact]
    public void RFC_2034_a_status_on_every_line_is_taken_off_every_line()
    {
        var same = Read("550-5.7.1 first\r\n550 5.7.1 second\r\n").Reply!;
        Assert.Equal(("5.7.1", "first", "second"), (same.Status.ToString(), same.Lines[0], same.Lines[1]));
        var mixed = Read("550-5.7.1 first\r\n550 second\r\n").Reply!;
        Assert.Equal((null, "5.7.1 first", "second"), (mixed.Status, mixed.Lines[0], mixed.Lines[1]));
    }

    [Theory]
    [InlineData("hello\r\n")]
    [InlineData("25\r\n")]
    [InlineData("\r\n")]
    [InlineData("150 x\r\n")]
    [InlineData("650 x\r\n")]
    [InlineData("260 x\r\n")]
    [InlineData("2a0 x\r\n")]
    [InlineData("250_x\r\n")]
    [InlineData("2500 x\r\n")]
    [InlineData("250-a\r\n251 b\r\n")]
    public void RFC_5321_4_2_what_is_no_reply_is_malformed(string text) => Assert.Equal(ReplyState.Malformed, Read(text).State);

    [Fact]
    public void P6_lines_and_their_number_are_limited()
    {
        Assert.Equal(ReplyState.Malformed, Read("250 " + new string('x', 2044)).State);
        Assert.Equal(ReplyState.Malformed, Read("250 " + new string('x', 2044) + "\r\n").State);
        Assert.Equal(ReplyState.Complete, Read("250 " + new string('x', 2042) + "\r\n").State);
        Assert.Equal(ReplyState.Complete, Read(string.Concat(Enumerable.Repeat("250-x\r\n", 99)) + "250 x\r\n").State);
        Assert.Equal(ReplyState.Malformed, Read(string.Concat(Enumerable.Repeat("250-x\r\n", 100)) + "250 x\r\n").State);
    }

    [Fact]
    public void Octet_by_octet_gives_the_same_as_at_once()
    {
        const string Text = "250-2.0.0 one\r\n250-2.0.0 two\r\n250 2.0.0 three\r\n";
        var whole = Read(Text).Reply;
        var reader = new ReplyReader();
        var waiting = new List<byte>();
        Reply? reply = null;
        foreach (var octet in Encoding.ASCII.GetBytes(Text))
        {
            Assert.Null(reply);
            waiting.Add(octet);
            Assert.NotEqual(ReplyState.Malformed, reader.Read(waiting.ToArray(), out var consumed, out reply));
            waiting.RemoveRange(0, consumed);
        }
        Assert.Equal(whole, reply);
    }

    [Fact]
    public void A_reply_heard_before_is_not_built_again()
    {
        var reader = new ReplyReader();
        var first = Read("250 2.1.0 Ok\r\n", reader).Reply;
        Assert.Same(first, Read("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n", reader).Reply);
        Assert.NotSame(first, Read("250 2.1.5 Ok\r\n", reader).Reply);
    }

    [Property(MaxTest = 2000)]
    public Property Arbitrary_octets_never_throw_and_never_yield_more_than_was_given() => Prop.ForAll(
        Gen.Elements("250", "4", "-", " ", "\r", "\n", "\r\n", "2.1.0", "x", "\0", "é", "250 ok\r\n").ListOf().Select(string.Concat).ToArbitrary(),
        text =>
        {
            var octets = Encoding.UTF8.GetBytes(text);
            var state = new ReplyReader(64, 4).Read(octets, out var consumed, out var reply);
            return consumed <= octets.Length && state == ReplyState.Complete == reply is not null;
        });
}
