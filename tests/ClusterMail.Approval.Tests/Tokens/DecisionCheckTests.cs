using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tests.Tokens;

/// <summary>The order of APPROVE-150, and every line of EX-APPR-10.</summary>
public class DecisionCheckTests
{
    private static ResultCode? Judge(DecisionAttempt attempt, DecidableHold? hold = null, DecisionRules? rules = null, bool isLocked = false) =>
        DecisionCheck.Judge(attempt, hold ?? Vectors.Held(), Vectors.Ring, rules ?? new DecisionRules(), isLocked).Failure;

    private static DecisionAttempt With(DecisionAttempt attempt, Func<string, string> change) => attempt with { Text = DecisionText.Parse(change(attempt.Text.Subject))! };

    [Fact]
    public void EX_APPR_1_the_text_of_the_request_sent_by_its_approver_may_be_committed()
    {
        var verdict = DecisionCheck.Judge(Vectors.Attempt(Vectors.Bucho), Vectors.Held(), Vectors.Ring, new DecisionRules(), isLocked: false);
        Assert.True(verdict.MayCommit);
        Assert.Equal(Vectors.Bucho, verdict.Decider);
    }

    [Fact]
    public void EX_APPR_10_another_account_of_the_same_person()
    {
        var bucho2 = Sample.Box("bucho2@corp.example");
        Assert.Equal(ResultCode.NotApprover, Judge(Vectors.Attempt(Vectors.Bucho) with { EnvelopeSender = bucho2, SenderAccount = bucho2, Authenticated = bucho2 }));
    }

    [Fact]
    public void EX_APPR_10_the_requester_logged_in_writes_the_approver_into_MAIL_FROM() =>
        Assert.Equal(ResultCode.NotApprover, Judge(Vectors.Attempt(Vectors.Bucho) with { Authenticated = Vectors.User2 }));

    [Fact]
    public void EX_APPR_10_the_requester_copies_the_text_of_an_approver() =>
        Assert.Equal(ResultCode.NotApprover, Judge(Vectors.Attempt(Vectors.ShoninB) with { EnvelopeSender = Vectors.User2, SenderAccount = Vectors.User2, Authenticated = Vectors.User2 }));

    [Fact]
    public void EX_APPR_10_an_approver_uses_the_signature_of_another_one() =>
        Assert.Equal(ResultCode.BadToken, Judge(Vectors.Attempt(Vectors.Bucho) with { Text = Vectors.Texts(Vectors.ShoninB).Approve }));

    [Fact]
    public void EX_APPR_10_any_changed_character_of_P_or_M()
    {
        var subject = Vectors.Attempt(Vectors.Bucho).Text.Subject;
        for (var at = subject.IndexOf('@', StringComparison.Ordinal) + 1; at < subject.Length; at++)
        {
            var changed = subject[..at] + (subject[at] == 'A' ? 'B' : 'A') + subject[(at + 1)..];
            Assert.Equal(ResultCode.BadToken, Judge(With(Vectors.Attempt(Vectors.Bucho), _ => changed)));
        }
    }

    [Fact]
    public void EX_APPR_10_the_number_of_another_open_mail() =>
        Assert.Equal(ResultCode.BadToken, Judge(With(Vectors.Attempt(Vectors.Bucho), text => text.Replace("500101", "500103", StringComparison.Ordinal)), Vectors.Held(500103)));

    [Fact]
    public void EX_APPR_10_a_reject_text_turned_into_approval() =>
        Assert.Equal(ResultCode.BadToken, Judge(With(Vectors.Attempt(Vectors.Bucho, Verb.Reject), text => text.Replace("reject_", "approval_", StringComparison.Ordinal))));

    [Fact]
    public void EX_APPR_10_the_old_form() =>
        Assert.Equal(ResultCode.LegacyTokenOff, Judge(With(Vectors.Attempt(Vectors.Bucho), _ => $"approval_B0000500101@{Vectors.P3}")));

    [Fact]
    public void EX_APPR_10_an_unknown_number()
    {
        var verdict = DecisionCheck.Judge(Vectors.Attempt(Vectors.Bucho, number: 9_999_999_999), null, Vectors.Ring, new DecisionRules(), isLocked: false);
        Assert.Equal(ResultCode.UnknownId, verdict.Failure);
    }

    [Fact]
    public void EX_APPR_10_sent_to_somebody_else_than_the_requester() =>
        Assert.Equal(ResultCode.WrongTo, Judge(Vectors.Attempt(Vectors.Bucho) with { Recipients = [Vectors.Kacho] }));

    [Fact]
    public void EX_APPR_10_a_copy_to_a_third_person() =>
        Assert.Equal(ResultCode.WrongTo, Judge(Vectors.Attempt(Vectors.Bucho) with { Recipients = [Vectors.User2, Vectors.User1] }));

    [Fact]
    public void EX_APPR_10_from_the_Internet() =>
        Assert.Equal(ResultCode.WrongPath, Judge(Vectors.Attempt(Vectors.Bucho) with { Path = SubmissionPath.Outside, Authenticated = null }));

    [Fact]
    public void EX_APPR_10_the_eleventh_attempt_meets_a_lock_whether_right_or_wrong()
    {
        Assert.Equal(ResultCode.Locked, Judge(Vectors.Attempt(Vectors.Bucho), isLocked: true));
        Assert.Equal(ResultCode.Locked, Judge(Vectors.Attempt(Vectors.Bucho) with { Text = Vectors.Texts(Vectors.ShoninB).Approve }, isLocked: true));
    }

    [Fact]
    public void APPROVE_143_a_copy_to_the_approver_himself_is_tolerated() =>
        Assert.Null(Judge(Vectors.Attempt(Vectors.Bucho) with { Recipients = [Vectors.User2, Vectors.Bucho] }));

    [Fact]
    public void APPROVE_143_only_a_copy_to_himself_is_not_enough() =>
        Assert.Equal(ResultCode.WrongTo, Judge(Vectors.Attempt(Vectors.Bucho) with { Recipients = [Vectors.Bucho] }));

    [Fact]
    public void APPROVE_120_in_sub_domain_mode_the_decision_goes_to_the_sub_domain_and_not_to_the_normal_address()
    {
        var rules = new DecisionRules { SubDomainLabel = "sub" };
        Assert.Equal(ResultCode.WrongTo, Judge(Vectors.Attempt(Vectors.Bucho), rules: rules));
        Assert.Null(Judge(Vectors.Attempt(Vectors.Bucho) with { Recipients = [Sample.Box("user2@sub.corp.example")] }, rules: rules));
    }

    [Fact]
    public void APPROVE_150_the_path_is_asked_before_the_number_and_the_number_before_the_address()
    {
        var attempt = Vectors.Attempt(Vectors.Bucho) with { Path = SubmissionPath.Outside, Recipients = [Vectors.Kacho] };
        Assert.Equal(ResultCode.WrongPath, DecisionCheck.Judge(attempt, null, Vectors.Ring, new DecisionRules(), false).Failure);
        Assert.Equal(ResultCode.UnknownId, DecisionCheck.Judge(attempt with { Path = SubmissionPath.Authenticated }, null, Vectors.Ring, new DecisionRules(), false).Failure);
        Assert.Equal(ResultCode.WrongTo, Judge(attempt with { Path = SubmissionPath.Authenticated }));
    }

    [Fact]
    public void APPROVE_150_a_list_that_was_never_issued_is_a_bad_token()
    {
        var others = DecisionTexts.Issue(Vectors.Hold(500101), [Vectors.Bucho], Vectors.Bucho, Vectors.ContentSha256, Vectors.K1);
        Assert.Equal(ResultCode.BadToken, Judge(Vectors.Attempt(Vectors.Bucho) with { Text = others.Approve }));
        Assert.Null(Judge(Vectors.Attempt(Vectors.Bucho) with { Text = others.Approve }, Vectors.Held() with { IssuedLists = [Vectors.ListKey, "bucho@corp.example"] }));
    }

    [Fact]
    public void APPROVE_151_and_155_logged_in_another_address_of_the_account_is_as_good() =>
        Assert.Null(Judge(Vectors.Attempt(Vectors.Bucho) with { EnvelopeSender = Sample.Box("b.tanaka@corp.example"), SenderAccount = Vectors.Bucho }));

    [Fact]
    public void APPROVE_132_without_login_it_must_be_the_very_address()
    {
        var attempt = Vectors.Attempt(Vectors.Bucho) with { Path = SubmissionPath.TrustedNetwork, IsAuthOffered = false, Authenticated = null };
        Assert.Null(Judge(attempt));
        Assert.Equal(ResultCode.NotApprover, Judge(attempt with { EnvelopeSender = Sample.Box("b.tanaka@corp.example"), SenderAccount = Vectors.Bucho }));
    }

    [Fact]
    public void APPROVE_138_the_old_form_needs_the_setting_a_login_and_the_embedded_approver()
    {
        var rules = new DecisionRules { AcceptsLegacy = true };
        var legacy = With(Vectors.Attempt(Vectors.Bucho), _ => $"approval_B0000500101@{Vectors.P3}");
        Assert.Null(Judge(legacy, rules: rules));
        Assert.Equal(ResultCode.LegacyTokenOff, Judge(legacy with { Path = SubmissionPath.TrustedNetwork, IsAuthOffered = false, Authenticated = null }, rules: rules));
        var proxy = legacy with { EnvelopeSender = Vectors.Kacho, SenderAccount = Vectors.Kacho, Authenticated = Vectors.Kacho };
        Assert.Equal(ResultCode.LegacyTokenOff, Judge(proxy, Vectors.Held() with { Deciders = [.. Vectors.Three, Vectors.Kacho] }, rules));
    }

    [Fact]
    public void APPROVE_152_AUTH_is_demanded_where_it_is_offered_but_not_from_internal_servers()
    {
        var attempt = Vectors.Attempt(Vectors.Bucho) with { Authenticated = null, Path = SubmissionPath.TrustedNetwork, IsAuthOffered = true };
        Assert.Equal(ResultCode.WrongPath, Judge(attempt));
        Assert.Null(Judge(attempt with { IsAuthOffered = false }));
        Assert.Null(Judge(attempt with { Path = SubmissionPath.InternalServer }));
        var everywhere = new DecisionRules { AuthDemand = AuthDemand.Yes };
        Assert.Equal(ResultCode.WrongPath, Judge(attempt with { IsAuthOffered = false }, rules: everywhere));
        Assert.Equal(ResultCode.WrongPath, Judge(attempt with { Path = SubmissionPath.InternalServer }, rules: everywhere));
    }

    [Fact]
    public void APPROVE_152_without_AUTH_the_signature_is_the_proof()
    {
        var attempt = Vectors.Attempt(Vectors.Bucho) with { Authenticated = null, Path = SubmissionPath.InternalServer };
        Assert.Equal(ResultCode.BadToken, Judge(With(attempt, text => text.Replace(".k1.H", ".k1.I", StringComparison.Ordinal))));
    }

    [Fact]
    public void APPROVE_153_the_From_header_decides_nothing_but_is_noted()
    {
        var attempt = Vectors.Attempt(Vectors.Bucho) with { From = Vectors.User1 };
        Assert.Null(Judge(attempt));
        Assert.True(attempt.NamesSomeoneElse);
        Assert.False(Vectors.Attempt(Vectors.Bucho).NamesSomeoneElse);
    }

    [Fact]
    public void EX_APPR_7_a_proxy_cannot_decide_on_his_own_mail_with_a_correct_text()
    {
        var hold = Vectors.Held() with { Requester = Vectors.Kacho, IssuedLists = ["kacho@corp.example"], Deciders = [Vectors.Bucho, Vectors.Kacho] };
        var texts = DecisionTexts.Issue(Vectors.Hold(500101), [Vectors.Kacho], Vectors.Kacho, Vectors.ContentSha256, Vectors.K1);
        Assert.Equal(ResultCode.SelfApproval, Judge(Vectors.Attempt(Vectors.Kacho) with { Text = texts.Approve, Recipients = [Vectors.Kacho] }, hold));
    }

    [Theory]
    [InlineData(Verb.Approve, Verb.Approve, ResultCode.Duplicate)]
    [InlineData(Verb.Approve, Verb.Reject, ResultCode.Late)]
    [InlineData(Verb.Reject, Verb.Approve, ResultCode.Late)]
    [InlineData(Verb.Reject, Verb.Reject, ResultCode.Duplicate)]
    public void EX_APPR_11_after_the_decision_the_same_is_DUPLICATE_and_the_other_is_LATE(Verb outcome, Verb verb, ResultCode expected) =>
        Assert.Equal(expected, Judge(Vectors.Attempt(Vectors.Bucho, verb), Vectors.Held() with { Outcome = outcome }));

    [Fact]
    public void APPROVE_154_the_null_sender_proves_nothing() =>
        Assert.Equal(ResultCode.WrongPath, Judge(Vectors.Attempt(Vectors.Bucho) with { EnvelopeSender = null }));

    [Fact]
    public void APPROVE_164_the_page_runs_through_the_same_steps()
    {
        ResultCode? Web(Mailbox person, DecidableHold? hold, bool isLocked = false) => DecisionCheck.JudgeWeb(Verb.Approve, person, hold, isLocked).Failure;
        Assert.Null(Web(Vectors.Bucho, Vectors.Held()));
        Assert.Equal(ResultCode.NotApprover, Web(Vectors.Kacho, Vectors.Held()));
        Assert.Equal(ResultCode.SelfApproval, Web(Vectors.User2, Vectors.Held() with { Deciders = [Vectors.User2] }));
        Assert.Equal(ResultCode.UnknownId, Web(Vectors.Bucho, null));
        Assert.Equal(ResultCode.Locked, Web(Vectors.Bucho, Vectors.Held(), isLocked: true));
        Assert.Equal(ResultCode.Late, Web(Vectors.Bucho, Vectors.Held() with { Outcome = Verb.Reject }));
    }

    [Fact]
    public void APPROVE_150_steps_2_to_10_give_one_answer_and_the_others_their_own()
    {
        ResultCode[] refused =
        [
            ResultCode.WrongPath, ResultCode.UnknownId, ResultCode.WrongTo, ResultCode.BadToken, ResultCode.NotApprover, ResultCode.LegacyTokenOff, ResultCode.SelfApproval, ResultCode.Locked,
        ];
        Reply Reply(ResultCode code) => DecisionReply.For(code, Verb.Approve, Vectors.Hold(500101));
        var only = Assert.Single(refused.Select(Reply).Distinct());
        Assert.StartsWith("550 5.7.1 ", only.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("500101", only.ToString(), StringComparison.Ordinal);
        Assert.All([ResultCode.Ok, ResultCode.Vote, ResultCode.Late, ResultCode.Duplicate], code => Assert.StartsWith("250 2.0.0 B0000500101 ", Reply(code).ToString(), StringComparison.Ordinal));
        Assert.StartsWith("451 4.3.0 ", Reply(ResultCode.DbDown).ToString(), StringComparison.Ordinal);
    }
}
