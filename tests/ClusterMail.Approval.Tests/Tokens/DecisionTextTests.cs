using System.Text;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

public class DecisionTextTests
{
    private const string Signed = $"approval_B0000500101@{Vectors.P3}.k1.HCUVAgBvRFfZAXzJaD46lQ";

    [Fact]
    public void APPROVE_133_the_signed_form_is_read_and_written_alike()
    {
        var text = DecisionText.Parse(Signed)!;
        Assert.Equal((Verb.Approve, Vectors.Hold(500101), Vectors.P3, "k1", "HCUVAgBvRFfZAXzJaD46lQ"), (text.Verb, text.Hold, text.Approvers, text.KeyId, text.Signature));
        Assert.Equal(Signed, text.Subject);
        Assert.False(text.IsLegacy);
    }

    [Fact]
    public void APPROVE_130_the_old_form_has_no_signature()
    {
        var text = DecisionText.Parse($"reject_B0000500101@{Vectors.P3}")!;
        Assert.True(text.IsLegacy);
        Assert.Equal(Verb.Reject, text.Verb);
        Assert.Equal($"reject_B0000500101@{Vectors.P3}", text.Subject);
    }

    [Fact]
    public void APPROVE_139_no_display_holds_the_signature()
    {
        var text = DecisionText.Parse(Signed)!;
        Assert.Equal($"B0000500101@{Vectors.P3}", text.ForLog);
        Assert.Equal(text.ForLog, text.ToString());
        Assert.DoesNotContain("HCUVAgBv", $"{text}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("APPROVAL_B0000500101@dXNlcjFAdGVzdC5qcCAgICAg")]
    [InlineData("  Approval_B0000500101@dXNlcjFAdGVzdC5qcCAgICAg  ")]
    [InlineData("approval_B0000500101@dXNl cjFA\tdGVzdC5qcCAgICAg")]
    public void APPROVE_140_verb_without_regard_to_case_and_white_space_after_the_at_sign_removed(string subject) =>
        Assert.Equal("dXNlcjFAdGVzdC5qcCAgICAg", DecisionText.Parse(subject)?.Approvers);

    [Theory]
    [InlineData("")]
    [InlineData("approval")]
    [InlineData("approval_B0000500101")]
    [InlineData("approval_B0000500101@")]
    [InlineData("approval_B0000500101@  ")]
    [InlineData("approval_B500101@dXNl")]
    [InlineData("approve_B0000500101@dXNl")]
    [InlineData("Re: approval_B0000500101@dXNl")]
    [InlineData("[ml] approval_B0000500101@dXNl")]
    [InlineData("承認依頼(user2@corp.example)test")]
    public void APPROVE_140_anything_else_is_no_decision(string subject) => Assert.Null(DecisionText.Parse(subject));

    [Theory]
    [InlineData(".k1")]
    [InlineData(".k1.")]
    [InlineData(".k1.short")]
    [InlineData(".toolong.HCUVAgBvRFfZAXzJaD46lQ")]
    [InlineData(".k1.HCUVAgBvRFfZAXzJaD46lQ.x")]
    public void APPROVE_133_a_broken_signature_is_a_signed_text_no_key_signed(string rest)
    {
        var text = DecisionText.Parse($"approval_B0000500101@{Vectors.P3}{rest}")!;
        Assert.False(text.IsLegacy);
        Assert.Null(Vectors.Ring.Find(text.KeyId));
    }

    [Theory]
    [InlineData("decision-outlook.eml", Verb.Approve, 500101)]
    [InlineData("decision-iphone.eml", Verb.Approve, 500101)]
    [InlineData("decision-thunderbird.eml", Verb.Approve, 500101)]
    [InlineData("decision-becky.eml", Verb.Reject, 500103)]
    public void APPROVE_140_the_subject_is_read_as_each_client_writes_it(string sample, Verb verb, long hold)
    {
        var decision = Assert.IsType<DecisionSubject.Decision>(DecisionSubject.Recognise(Sample.RawSubject(sample), isOurs: true));
        Assert.Equal((verb, Vectors.Hold(hold), Vectors.P3), (decision.Text.Verb, decision.Text.Hold, decision.Text.Approvers));
        Assert.NotNull(decision.Text.Signature);
    }

    [Fact]
    public void APPROVE_140_an_ordinary_reply_to_the_request_is_ordinary_mail() =>
        Assert.IsType<DecisionSubject.Ordinary>(DecisionSubject.Recognise(Sample.RawSubject("reply-to-request.eml"), isOurs: true));

    [Theory]
    [InlineData($"Re: {Signed}")]
    [InlineData($"Fwd: [spam] {Signed} please")]
    [InlineData($"Re: approval_B0000500101@{Vectors.P3}\r\n .k1.HCUVAgBv RFfZAXzJaD46lQ")]
    public void APPROVE_140_something_in_front_of_a_complete_text_is_refused_from_our_accounts_only(string subject)
    {
        Assert.IsType<DecisionSubject.Disclosing>(DecisionSubject.Recognise(Encoding.UTF8.GetBytes(subject), isOurs: true));
        Assert.IsType<DecisionSubject.Ordinary>(DecisionSubject.Recognise(Encoding.UTF8.GetBytes(subject), isOurs: false));
    }

    [Fact]
    public void APPROVE_140_something_in_front_of_an_old_or_incomplete_text_is_ordinary_mail() =>
        Assert.IsType<DecisionSubject.Ordinary>(DecisionSubject.Recognise(Encoding.UTF8.GetBytes($"Re: approval_B0000500101@{Vectors.P3}"), isOurs: true));

    [Fact]
    public void APPROVE_140_a_subject_of_any_length_is_judged_without_delay()
    {
        var flood = Encoding.ASCII.GetBytes("x" + string.Concat(Enumerable.Repeat("approval_B0000500101@", 4000)));
        Assert.IsType<DecisionSubject.Ordinary>(DecisionSubject.Recognise(flood, isOurs: true));
        Assert.IsType<DecisionSubject.Ordinary>(DecisionSubject.Recognise(new byte[1_000_000], isOurs: true));
    }
}
