using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

public class DecisionClaimTests
{
    [Theory]
    [InlineData(500101, Verb.Approve, "bucho@corp.example", "HCUVAgBvRFfZAXzJaD46lQ")]
    [InlineData(500101, Verb.Reject, "bucho@corp.example", "vgLxNGEFtcvBl0PFEYYW9w")]
    [InlineData(500101, Verb.Approve, "shonin_b@corp.example", "BRyYYETv9MbkepmdpKNEZg")]
    [InlineData(500101, Verb.Reject, "shonin_b@corp.example", "tGuoewkRfpI8EZ1y_mceAQ")]
    [InlineData(500101, Verb.Approve, "shonin_a@corp.example", "M4RETfSy-FZrr7l0qp3_Qw")]
    [InlineData(500101, Verb.Reject, "shonin_a@corp.example", "mFFErzCDk1uRouMJ_Tsqig")]
    [InlineData(500103, Verb.Approve, "bucho@corp.example", "FdMtgqvHIXoDYpV-RVD9AQ")]
    [InlineData(500103, Verb.Reject, "bucho@corp.example", "ABqlWDEm6KuKRjSb3N_dNQ")]
    [InlineData(500103, Verb.Reject, "shonin_a@corp.example", "dRqrZuPmDu85UyqHttj68g")]
    public void APPROVE_135_M_is_the_value_of_the_specification(long hold, Verb verb, string approver, string expected)
    {
        var claim = new DecisionClaim(verb, Vectors.Hold(hold), Sample.Box(approver), Vectors.ListKey, Vectors.ContentSha256);
        Assert.Equal(expected, claim.Sign(Vectors.K1));
        Assert.True(claim.IsSignedBy(Vectors.K1, expected));
    }

    [Fact]
    public void APPROVE_135_one_approver_without_filling()
    {
        var texts = DecisionTexts.Issue(Vectors.Hold(500120), [Vectors.Kacho], Vectors.Kacho, Vectors.ContentSha256, Vectors.K1);
        Assert.Equal("approval_B0000500120@a2FjaG9AY29ycC5leGFtcGxl.k1.nAZJ-Z20QbJ8OyEXd2nrYw", texts.Approve.Subject);
    }

    [Fact]
    public void APPROVE_135_the_content_of_the_vectors_has_77_octets_and_the_hash_that_is_printed()
    {
        var octets = Sample.Octets("vector.eml");
        Assert.Equal(77, octets.Length);
        Assert.Equal(Vectors.ContentSha256, Sample.View("vector.eml").ContentSha256);
    }

    [Fact]
    public void APPROVE_133_P_is_the_same_for_all_approvers_and_M_differs_for_each_approver_and_verb()
    {
        var texts = Vectors.Three.Select(approver => Vectors.Texts(approver)).ToList();
        Assert.Single(texts.SelectMany(one => new[] { one.Approve.Approvers, one.Reject.Approvers }).Distinct());
        Assert.Equal(6, texts.SelectMany(one => new[] { one.Approve.Signature, one.Reject.Signature }).Distinct().Count());
    }

    [Fact]
    public void APPROVE_134_case_of_addresses_does_not_matter_and_everything_else_does()
    {
        var claim = new DecisionClaim(Verb.Approve, Vectors.Hold(500101), Vectors.Bucho, Vectors.ListKey, Vectors.ContentSha256);
        var signature = claim.Sign(Vectors.K1);
        Assert.True((claim with { Approver = Sample.Box("Bucho@Corp.Example"), ListKey = Vectors.ListKey.ToUpperInvariant(), ContentSha256 = Vectors.ContentSha256.ToUpperInvariant() }).IsSignedBy(Vectors.K1, signature));
        Assert.False((claim with { Verb = Verb.Reject }).IsSignedBy(Vectors.K1, signature));
        Assert.False((claim with { Hold = Vectors.Hold(500102) }).IsSignedBy(Vectors.K1, signature));
        Assert.False((claim with { Approver = Vectors.ShoninA }).IsSignedBy(Vectors.K1, signature));
        Assert.False((claim with { ListKey = "bucho@corp.example" }).IsSignedBy(Vectors.K1, signature));
        Assert.False((claim with { ContentSha256 = new string('0', 64) }).IsSignedBy(Vectors.K1, signature));
        Assert.False(claim.IsSignedBy(new TokenKey("k2", new byte[32], Vectors.Now), signature));
    }

    [Fact]
    public void APPROVE_132_the_last_character_of_M_may_not_be_changed_to_one_that_decodes_alike()
    {
        var claim = new DecisionClaim(Verb.Approve, Vectors.Hold(500101), Vectors.Bucho, Vectors.ListKey, Vectors.ContentSha256);
        // Q is 010000: the four low bits are not part of the 16 octets, so R decodes to the same ones.
        Assert.False(claim.IsSignedBy(Vectors.K1, "HCUVAgBvRFfZAXzJaD46lR"));
        Assert.False(claim.IsSignedBy(Vectors.K1, ""));
    }
}
