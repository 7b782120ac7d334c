using System.Security.Cryptography;
using System.Text;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tests.Tokens;

/// <summary>The mark in front of released mail (APPROVE-452).</summary>
public sealed class ReleaseMarkTests
{
    private static readonly byte[] Sha256 = Convert.FromHexString(Vectors.ContentSha256);
    private static readonly ReversePath Sender = ReversePath.FromStored("user2@corp.example");

    [Fact]
    public void APPROVE_452_the_mark_names_the_held_mail_and_is_signed_over_it_its_sender_and_its_content()
    {
        var mark = ReleaseMark.Issue(Vectors.Hold(500101), Sender, Sha256, Vectors.K1);
        var line = Encoding.ASCII.GetString(mark.Line);
        // Computed here from the rule: the first 16 octets of HMAC-SHA256 over these four lines.
        var mac = HMACSHA256.HashData((byte[])[.. Enumerable.Range(0, 32).Select(octet => (byte)octet)], Encoding.UTF8.GetBytes($"CMR1\nB0000500101\nuser2@corp.example\n{Vectors.ContentSha256}\n"));
        Assert.Equal($"X-ClusterMail-Released: B0000500101; s=k1.{Convert.ToBase64String(mac.AsSpan(0, 16)).TrimEnd('=').Replace('+', '-').Replace('/', '_')}\r\n", line);
        Assert.Equal(mark, ReleaseMark.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]));
        Assert.True(mark.IsSignedBy(Vectors.K1, ReversePath.FromStored("USER2@corp.example"), Sha256));
    }

    [Fact]
    public void APPROVE_452_any_other_number_sender_content_or_key_is_not_signed()
    {
        var mark = ReleaseMark.Issue(Vectors.Hold(500101), Sender, Sha256, Vectors.K1);
        var other = Sha256.ToArray();
        other[31] ^= 1;
        Assert.False((mark with { Hold = Vectors.Hold(500102) }).IsSignedBy(Vectors.K1, Sender, Sha256));
        Assert.False(mark.IsSignedBy(Vectors.K1, ReversePath.FromStored("user1@corp.example"), Sha256));
        Assert.False(mark.IsSignedBy(Vectors.K1, Sender, other));
        Assert.False(mark.IsSignedBy(new TokenKey("k1", new byte[32], Vectors.Now), Sender, Sha256));
    }

    [Theory]
    [InlineData("B0000500101")]
    [InlineData("B0000500101; s=HCUVAgBvRFfZAXzJaD46lQ")]
    [InlineData("B0000500101; s=k1.HCUVAgBvRFfZAXzJaD46lQ; x=1")]
    [InlineData("B1; s=k1.HCUVAgBvRFfZAXzJaD46lQ")]
    [InlineData("")]
    public void APPROVE_452_what_has_another_form_is_no_mark(string value) => Assert.Null(ReleaseMark.Parse(value));

    [Fact]
    public void APPROVE_452_the_mark_is_found_below_what_others_put_above_it_and_in_the_header_only()
    {
        var mark = ReleaseMark.Issue(Vectors.Hold(500101), Sender, Sha256, Vectors.K1);
        var above = "Received: from cloud.example\r\n\tby edge.example\r\nX-Other: 1\r\n"u8.ToArray();
        byte[] mail = [.. above, .. mark.Line, .. "Subject: x\r\n\r\n"u8, .. mark.Line];
        var found = Assert.Single(MarkedMail.FindAll(mail));
        Assert.Equal((mark, above.Length + mark.Line.Length), (found.Mark, found.Behind));
        // Folded on the way.
        byte[] folded = [.. Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(mark.Line).Replace("; ", ";\r\n ", StringComparison.Ordinal)), .. "\r\n"u8];
        Assert.Equal(mark, Assert.Single(MarkedMail.FindAll(folded)).Mark);
        Assert.Empty(MarkedMail.FindAll("Subject: x"u8));
        Assert.Empty(MarkedMail.FindAll([]));
    }

    [Fact]
    public void APPROVE_452_of_many_marks_only_some_are_looked_at()
    {
        var mark = ReleaseMark.Issue(Vectors.Hold(500101), Sender, Sha256, Vectors.K1);
        Assert.Equal(4, MarkedMail.FindAll([.. Enumerable.Repeat(mark.Line, 1000).SelectMany(line => line)]).Length);
    }
}
