using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>The table T1 to T12 (APPROVE-64), and what holds whatever happens.</summary>
public class TransitionTests
{
    private static readonly Mailbox ShoninA = To("shonin_a@corp.example"), ShoninB = To("shonin_b@corp.example"), Jomu = To("jomu@corp.example"), Kanri = To("kanri@corp.example");

    private static HeldState Held(params HeldStage[] stages) =>
        new() { Id = new HoldId(500_101), Status = HoldStatus.Held, Version = 1, Stages = [.. stages], Requester = To(User2), Barred = [To(User2)] };

    private static HeldStage Stage(int needed, params Mailbox[] approvers) => new([.. approvers.Select(approver => new CurrentApprover(approver))], needed);

    private static HeldState OneOfThree() => Held(Stage(1, To(Bucho), ShoninB, ShoninA));

    private static Trigger.Ballot Ballot(Mailbox voter, Verb verb, params Mailbox[] proxyFor) => new(voter, verb, [.. proxyFor], Now, Channel.Mail, "wrong price list");

    private static HeldState Moved(HeldState state, Trigger trigger, string step, ResultCode code = ResultCode.Ok)
    {
        var moved = Assert.IsType<Transition.Moved>(Transition.Apply(state, trigger));
        Assert.Equal((step, code, state.Version + 1), (moved.Step, moved.Code, moved.Next.Version));
        return moved.Next;
    }

    private static void Refused(HeldState state, Trigger trigger, ResultCode code) => Assert.Equal(code, Assert.IsType<Transition.Refused>(Transition.Apply(state, trigger)).Code);

    private static string[] Mails(HeldState state, Trigger trigger) => [.. Assert.IsType<Transition.Moved>(Transition.Apply(state, trigger)).Mails.Select(mail => $"{mail.Kind} {mail.To.LocalPart}")];

    [Fact]
    public void APPROVE_57_a_new_hold_asks_the_first_stage_and_the_hold_notice_is_none_of_the_group()
    {
        var group = new HoldGroup
        {
            Requester = To(User2),
            Recipients = [To(Customer)],
            Places = [],
            Reasons = [],
            Barred = [To(User2)],
            Timing = new GroupTiming(null, null, [], null, ExpiryAction.Reject),
            Stages = [Stage(1, To(Bucho), ShoninB, ShoninA), Stage(1, Jomu)],
        };
        Assert.Equal((HoldStatus.Held, 1, 0), (HeldState.New(new HoldId(1), group).Status, HeldState.New(new HoldId(1), group).Version, HeldState.New(new HoldId(1), group).Stage));
        Assert.Equal(["Request bucho", "Request shonin_b", "Request shonin_a"], Transition.OnHold(group).Select(mail => $"{mail.Kind} {mail.To.LocalPart}"));
    }

    [Fact]
    public void APPROVE_43_the_first_approval_of_any_decides_and_the_sender_and_the_others_are_told()
    {
        var state = Moved(OneOfThree(), Ballot(To(Bucho), Verb.Approve), "T3");
        Assert.Equal((HoldStatus.Approved, To(Bucho), null), (state.Status, state.Decision!.By, state.Decision.Principal));
        Assert.Equal(["ApprovalNotice user2", "ApprovalNotice shonin_b", "ApprovalNotice shonin_a"], Mails(OneOfThree(), Ballot(To(Bucho), Verb.Approve)));
        Assert.Empty(state.Waiting);
    }

    [Fact]
    public void APPROVE_64_T4_one_rejection_rejects_with_its_reason()
    {
        var state = Moved(OneOfThree(), Ballot(ShoninA, Verb.Reject), "T4");
        Assert.Equal((HoldStatus.Rejected, "wrong price list"), (state.Status, state.Decision!.Reason));
        Assert.Equal(["RejectionNotice user2", "RejectionNotice bucho", "RejectionNotice shonin_b"], Mails(OneOfThree(), Ballot(ShoninA, Verb.Reject)));
    }

    [Fact]
    public void EX_APPR_12_all_must_approve()
    {
        var state = Moved(Held(Stage(2, To(Bucho), To(Kacho))), Ballot(To(Bucho), Verb.Approve), "T2", ResultCode.Vote);
        Assert.Equal(HoldStatus.Held, state.Status);
        Assert.Equal([To(Kacho)], state.Waiting.Select(approver => approver.Address));
        Assert.Equal(HoldStatus.Approved, Moved(state, Ballot(To(Kacho), Verb.Approve), "T3").Status);
        Assert.Equal(HoldStatus.Rejected, Moved(state, Ballot(To(Kacho), Verb.Reject), "T4").Status);
        Assert.Equal(["RejectionNotice user2", "RejectionNotice bucho"], Mails(state, Ballot(To(Kacho), Verb.Reject)));
    }

    [Fact]
    public void APPROVE_44_two_of_three_approve_and_one_rejection_rejects()
    {
        var state = Moved(Held(Stage(2, To(Bucho), ShoninA, ShoninB)), Ballot(ShoninA, Verb.Approve), "T2", ResultCode.Vote);
        Assert.Equal(HoldStatus.Approved, Moved(state, Ballot(ShoninB, Verb.Approve), "T3").Status);
        Assert.Equal(HoldStatus.Rejected, Moved(state, Ballot(To(Bucho), Verb.Reject), "T4").Status);
    }

    [Fact]
    public void APPROVE_45_the_second_stage_is_asked_after_the_first_approved()
    {
        var first = Held(Stage(1, To(Kacho)), Stage(1, To(Bucho)));
        Refused(first, Ballot(To(Bucho), Verb.Approve), ResultCode.NotApprover);
        Assert.Equal(["Request bucho"], Mails(first, Ballot(To(Kacho), Verb.Approve)));
        var second = Moved(first, Ballot(To(Kacho), Verb.Approve), "T2", ResultCode.Vote);
        Assert.Equal((1, HoldStatus.Held), (second.Stage, second.Status));
        Refused(second, Ballot(To(Kacho), Verb.Approve), ResultCode.Duplicate);
        Assert.Equal(HoldStatus.Approved, Moved(second, Ballot(To(Bucho), Verb.Approve), "T3").Status);
        Assert.Equal(HoldStatus.Rejected, Moved(second, Ballot(To(Bucho), Verb.Reject), "T4").Status);
    }

    [Fact]
    public void APPROVE_84_an_approval_may_be_turned_into_a_rejection_while_the_mail_is_open_and_nothing_else()
    {
        var voted = Moved(Held(Stage(2, To(Bucho), To(Kacho))), Ballot(To(Bucho), Verb.Approve), "T2", ResultCode.Vote);
        Refused(voted, Ballot(To(Bucho), Verb.Approve), ResultCode.Duplicate);
        var rejected = Moved(voted, Ballot(To(Bucho), Verb.Reject), "T4");
        Assert.Equal(Verb.Reject, Assert.Single(rejected.Votes).Verb);
        Refused(rejected, Ballot(To(Bucho), Verb.Approve), ResultCode.Late);
    }

    [Fact]
    public void APPROVE_49_nobody_decides_on_his_own_mail_even_as_a_current_approver()
    {
        var state = Held(Stage(1, To(User2), To(Bucho)));
        Refused(state, Ballot(To(User2), Verb.Approve), ResultCode.SelfApproval);
        Refused(OneOfThree(), Ballot(To(User2), Verb.Approve, To(Bucho)), ResultCode.SelfApproval);
        Refused(OneOfThree(), new Trigger.AdminRelease(To(User2), "because", Now), ResultCode.SelfApproval);
        Refused(OneOfThree(), new Trigger.Reassign(Kanri, To(Bucho), To(User2), Now), ResultCode.SelfApproval);
    }

    [Fact]
    public void EX_APPR_10_who_is_no_approver_changes_nothing()
    {
        Refused(OneOfThree(), Ballot(To("bucho2@corp.example"), Verb.Approve), ResultCode.NotApprover);
        Refused(Moved(OneOfThree(), Ballot(To(Bucho), Verb.Approve), "T3"), Ballot(Kanri, Verb.Approve), ResultCode.NotApprover);
    }

    [Fact]
    public void APPROVE_206_the_proxy_decides_and_the_approver_keeps_his_right()
    {
        var state = Held(new HeldStage([new CurrentApprover(To(Kacho), To(Bucho))], 1));
        Assert.Equal((To(Kacho), To(Bucho)), (Moved(state, Ballot(To(Kacho), Verb.Approve), "T3").Decision!.By, Moved(state, Ballot(To(Kacho), Verb.Approve), "T3").Decision!.Principal));
        Assert.Equal((To(Bucho), null), (Moved(state, Ballot(To(Bucho), Verb.Approve), "T3").Decision!.By, Moved(state, Ballot(To(Bucho), Verb.Approve), "T3").Decision!.Principal));
        var without = Held(new HeldStage([new CurrentApprover(To(Kacho), To(Bucho), PrincipalMayDecide: false)], 1));
        Refused(without, Ballot(To(Bucho), Verb.Approve), ResultCode.NotApprover);
    }

    [Fact]
    public void APPROVE_206_a_proxy_decides_what_waited_for_the_approver_before()
    {
        Refused(OneOfThree(), Ballot(To(Kacho), Verb.Approve), ResultCode.NotApprover);
        var decision = Moved(OneOfThree(), Ballot(To(Kacho), Verb.Approve, To(Bucho)), "T3").Decision!;
        Assert.Equal((To(Kacho), To(Bucho)), (decision.By, decision.Principal));
    }

    [Fact]
    public void APPROVE_206_a_new_proxy_decides_what_waits_with_the_proxy_before_him()
    {
        var state = Held(new HeldStage([new CurrentApprover(To(Kacho), To(Bucho))], 1));
        var decision = Moved(state, Ballot(Jomu, Verb.Reject, To(Bucho)), "T4").Decision!;
        Assert.Equal((Jomu, To(Bucho)), (decision.By, decision.Principal));
    }

    [Fact]
    public void APPROVE_211_one_vote_of_a_proxy_does_not_count_for_two()
    {
        var state = Moved(Held(Stage(2, To(Bucho), To(Kacho))), Ballot(Jomu, Verb.Approve, To(Bucho), To(Kacho)), "T2", ResultCode.Vote);
        Refused(state, Ballot(Jomu, Verb.Approve, To(Bucho), To(Kacho)), ResultCode.Duplicate);
    }

    [Fact]
    public void APPROVE_64_T5_an_escalation_asks_the_target_too_and_tells_the_sender()
    {
        var escalate = new Trigger.Escalate(EscalationCause.Deadline, [Jomu], Now);
        var state = Moved(OneOfThree(), escalate, "T5");
        Assert.Equal(HoldStatus.Escalated, state.Status);
        Assert.Equal(["Request jomu", "EscalationNotice user2"], Mails(OneOfThree(), escalate));
        Assert.Equal(HoldStatus.Approved, Moved(state, Ballot(Jomu, Verb.Approve), "T3").Status);
        Assert.Equal(HoldStatus.Approved, Moved(state, Ballot(To(Bucho), Verb.Approve), "T3").Status);
        Refused(state, escalate, ResultCode.Duplicate);
        Refused(OneOfThree(), escalate with { Targets = [] }, ResultCode.NotAllowed);
        Refused(OneOfThree(), escalate with { Targets = [To(User2)] }, ResultCode.NotAllowed);
    }

    [Fact]
    public void APPROVE_64_T6_T7_expiry_rejects_releases_or_keeps()
    {
        Assert.Equal((HoldStatus.Expired, null), (Moved(OneOfThree(), new Trigger.Expire(ExpiryAction.Reject, Now), "T6").Status, Moved(OneOfThree(), new Trigger.Expire(ExpiryAction.Reject, Now), "T6").Decision!.By));
        Assert.Equal(["ExpiryNotice user2", "ExpiryNotice bucho", "ExpiryNotice shonin_b", "ExpiryNotice shonin_a"], Mails(OneOfThree(), new Trigger.Expire(ExpiryAction.Reject, Now)));
        var released = Moved(OneOfThree(), new Trigger.Expire(ExpiryAction.Release, Now), "T7");
        Assert.Equal((HoldStatus.Approved, null), (released.Status, released.Decision!.By));
        Assert.Equal(4, Mails(OneOfThree(), new Trigger.Expire(ExpiryAction.Release, Now)).Length);
        Refused(OneOfThree(), new Trigger.Expire(ExpiryAction.Keep, Now), ResultCode.NotAllowed);
    }

    [Fact]
    public void APPROVE_64_T8_T9_an_administrator_releases_or_discards_with_a_reason_only()
    {
        Assert.Equal(HoldStatus.AdminReleased, Moved(OneOfThree(), new Trigger.AdminRelease(Kanri, "urgent", Now), "T8").Status);
        Assert.Equal(HoldStatus.AdminDiscarded, Moved(OneOfThree(), new Trigger.AdminDiscard(Kanri, "wrong", Now), "T9").Status);
        Refused(OneOfThree(), new Trigger.AdminRelease(Kanri, "", Now), ResultCode.NotAllowed);
        Refused(OneOfThree(), new Trigger.AdminDiscard(Kanri, " ", Now), ResultCode.NotAllowed);
    }

    [Fact]
    public void APPROVE_64_T10_the_sender_takes_his_mail_back_if_that_is_allowed()
    {
        var state = Moved(OneOfThree(), new Trigger.Withdraw(To(User2), true, Now, Channel.Web), "T10");
        Assert.Equal(HoldStatus.Withdrawn, state.Status);
        Assert.Equal(["WithdrawalNotice bucho", "WithdrawalNotice shonin_b", "WithdrawalNotice shonin_a"], Mails(OneOfThree(), new Trigger.Withdraw(To(User2), true, Now, Channel.Web)));
        Refused(OneOfThree(), new Trigger.Withdraw(To(User2), false, Now, Channel.Web), ResultCode.NotAllowed);
        Refused(OneOfThree(), new Trigger.Withdraw(To(Bucho), true, Now, Channel.Web), ResultCode.NotAllowed);
    }

    [Fact]
    public void APPROVE_64_T11_a_release_needs_an_approval_the_same_octets_and_final_groups_and_happens_once()
    {
        var approved = Moved(OneOfThree(), Ballot(To(Bucho), Verb.Approve), "T3");
        Assert.True(Moved(approved, new Trigger.Release(true, true, Now), "T11").Released);
        Refused(approved, new Trigger.Release(false, true, Now), ResultCode.Integrity);
        Refused(approved, new Trigger.Release(true, false, Now), ResultCode.NotAllowed);
        Refused(approved with { Released = true }, new Trigger.Release(true, true, Now), ResultCode.Duplicate);
        foreach (var status in Enum.GetValues<HoldStatus>().Where(status => !status.IsReleasing()))
            Refused(OneOfThree() with { Status = status }, new Trigger.Release(true, true, Now), ResultCode.NotAllowed);
    }

    [Fact]
    public void EX_APPR_11_repeated_clicks()
    {
        var approved = Moved(OneOfThree(), Ballot(To(Bucho), Verb.Approve), "T3");
        Refused(approved, Ballot(To(Bucho), Verb.Approve), ResultCode.Duplicate);
        Refused(approved, Ballot(To(Bucho), Verb.Reject), ResultCode.Late);
        Refused(approved, Ballot(ShoninB, Verb.Approve), ResultCode.Duplicate);
    }

    [Fact]
    public void EX_APPR_13_a_decision_after_the_expiry_is_late()
    {
        var escalated = Moved(Held(Stage(1, To(Bucho))), new Trigger.Escalate(EscalationCause.Deadline, [Jomu], Now), "T5");
        var expired = Moved(escalated, new Trigger.Expire(ExpiryAction.Reject, Now), "T6");
        Assert.Equal(["ExpiryNotice user2", "ExpiryNotice bucho", "ExpiryNotice jomu"], Mails(escalated, new Trigger.Expire(ExpiryAction.Reject, Now)));
        Refused(expired, Ballot(To(Bucho), Verb.Approve), ResultCode.Late);
        Refused(expired, Ballot(Jomu, Verb.Reject), ResultCode.Late);
    }

    [Theory]
    [InlineData(EscalationCause.ApproverNotAvailable)]
    [InlineData(EscalationCause.RequestUndeliverable)]
    public void APPROVE_63_when_nobody_can_be_reached_it_is_escalated_like_at_its_time(EscalationCause cause) =>
        Assert.Equal(HoldStatus.Escalated, Moved(OneOfThree(), new Trigger.Escalate(cause, [Jomu], Now), "T5").Status);

    [Fact]
    public void APPROVE_79_of_mail_browser_and_automatic_rule_the_later_one_is_without_effect()
    {
        Trigger[] ways = [Ballot(To(Bucho), Verb.Approve), Ballot(ShoninB, Verb.Reject) with { Channel = Channel.Web }, new Trigger.Expire(ExpiryAction.Reject, Now), new Trigger.AdminDiscard(Kanri, "x", Now)];
        foreach (var first in ways)
            foreach (var later in ways)
                Assert.IsType<Transition.Refused>(Transition.Apply(Assert.IsType<Transition.Moved>(Transition.Apply(OneOfThree(), first)).Next, later));
    }

    [Fact]
    public void APPROVE_92_an_administrator_does_not_release_his_own_mail_and_may_discard_it()
    {
        var own = OneOfThree() with { Requester = Kanri, Barred = [Kanri] };
        Refused(own, new Trigger.AdminRelease(Kanri, "because", Now), ResultCode.SelfApproval);
        Assert.Equal(HoldStatus.AdminDiscarded, Moved(own, new Trigger.AdminDiscard(Kanri, "because", Now), "T9").Status);
    }

    [Fact]
    public void APPROVE_91_an_administrator_puts_another_in_the_place_of_an_approver()
    {
        var reassign = new Trigger.Reassign(Kanri, ShoninA, Jomu, Now);
        var state = Moved(OneOfThree(), reassign, "APPROVE-91");
        Assert.Equal(["Request jomu"], Mails(OneOfThree(), reassign));
        Refused(state, Ballot(ShoninA, Verb.Approve), ResultCode.NotApprover);
        Assert.Equal(HoldStatus.Approved, Moved(state, Ballot(Jomu, Verb.Approve), "T3").Status);
        Refused(OneOfThree(), reassign with { From = Kanri }, ResultCode.NotApprover);
        Refused(OneOfThree(), reassign with { To = To(Bucho) }, ResultCode.NotApprover);
    }

    [Fact]
    public void APPROVE_66_words_of_the_states_are_those_of_the_specification() =>
        Assert.Equal(["HELD", "ESCALATED", "APPROVED", "REJECTED", "EXPIRED", "ADMIN_RELEASED", "ADMIN_DISCARDED", "WITHDRAWN"], Enum.GetValues<HoldStatus>().Where(status => status != HoldStatus.Sent).Select(status => status.Word()));

    [Fact]
    public void APPROVE_89_words_of_the_result_codes_are_those_of_the_specification() =>
        Assert.Equal(
            ["OK", "VOTE", "LATE", "DUPLICATE", "UNKNOWN_ID", "BAD_TOKEN", "LEGACY_TOKEN_OFF", "NOT_APPROVER", "SELF_APPROVAL", "WRONG_TO", "WRONG_PATH", "LOCKED", "NOT_ALLOWED", "INTEGRITY", "DB_DOWN"],
            Enum.GetValues<ResultCode>().Select(code => code.Word()));

    private static readonly Mailbox[] People = [To(Bucho), To(Kacho), ShoninA, ShoninB, Jomu, Kanri, To(User2)];

    private static readonly Gen<Mailbox> Person = Gen.Elements(People);

    private static readonly Gen<Trigger> AnyTrigger = Gen.Frequency(
        (8, Person.SelectMany(voter => Gen.Elements(Verb.Approve, Verb.Reject).SelectMany(verb => Gen.SubListOf(People.AsEnumerable()).Select(proxies => (Trigger)new Trigger.Ballot(voter, verb, [.. proxies.Take(1)], Now, Channel.Web))))),
        (1, Person.Select(target => (Trigger)new Trigger.Escalate(EscalationCause.Deadline, [target], Now))),
        (1, Gen.Elements(Enum.GetValues<ExpiryAction>()).Select(action => (Trigger)new Trigger.Expire(action, Now))),
        (1, Person.Select(admin => (Trigger)new Trigger.AdminRelease(admin, "reason", Now))),
        (1, Person.Select(admin => (Trigger)new Trigger.AdminDiscard(admin, "reason", Now))),
        (1, Person.Select(sender => (Trigger)new Trigger.Withdraw(sender, true, Now, Channel.Web))),
        (1, Person.SelectMany(from => Person.Select(to => (Trigger)new Trigger.Reassign(Kanri, from, to, Now)))),
        (1, ArbMap.Default.GeneratorFor<bool>().SelectMany(hash => ArbMap.Default.GeneratorFor<bool>().Select(others => (Trigger)new Trigger.Release(hash, others, Now)))));

    private static readonly Gen<HeldState> AnyHold = Gen.Choose(1, 3).SelectMany(stages => Gen.ArrayOf(
        Gen.SubListOf(People.AsEnumerable()).Where(some => some.Count > 0).SelectMany(some => Gen.Choose(1, some.Count).Select(needed => Stage(needed, [.. some]))), stages)).Select(all => Held(all));

    private static Property Always(Func<List<(HeldState Before, Trigger Trigger, Transition Result)>, bool> holds) => Prop.ForAll(
        AnyHold.SelectMany(start => Gen.ListOf(AnyTrigger).Select(triggers => (start, triggers))).ToArbitrary(), run =>
        {
            var (state, steps) = (run.start, new List<(HeldState, Trigger, Transition)>());
            foreach (var trigger in run.triggers)
            {
                var result = Transition.Apply(state, trigger);
                steps.Add((state, trigger, result));
                state = result is Transition.Moved moved ? moved.Next : state;
            }
            return holds(steps);
        });

    [Property(MaxTest = 2000)]
    public Property APPROVE_65_final_is_final_whatever_comes_after() => Always(steps => steps.TrueForAll(step =>
        !step.Before.Status.IsFinal() || step.Result is Transition.Refused
        || (step.Result is Transition.Moved { Step: "T11" } moved && moved.Next.Status == step.Before.Status && moved.Next.Decision == step.Before.Decision)));

    [Property(MaxTest = 2000)]
    public Property APPROVE_64_there_is_one_outcome_at_most_and_it_is_made_by_one_act() => Always(steps =>
        steps.Count(step => step.Result is Transition.Moved { Next.Decision: not null } && step.Before.Decision is null) <= 1
        && steps.TrueForAll(step => step.Result is not Transition.Moved moved || moved.Next.Decision is null == moved.Next.Status.IsOpen()));

    [Property(MaxTest = 2000)]
    public Property APPROVE_76_every_change_has_a_new_version_and_a_refusal_none() => Always(steps => steps.TrueForAll(step => step.Result is not Transition.Moved moved || moved.Next.Version == step.Before.Version + 1));

    [Property(MaxTest = 2000)]
    public Property APPROVE_49_the_sender_never_has_a_vote_and_never_decides_but_to_take_back() => Always(steps => steps.TrueForAll(step =>
        step.Result is not Transition.Moved moved || (moved.Next.Votes.All(vote => !vote.Voter.SameAs(To(User2)))
            && (moved.Next.Decision is not { By: { } by } decision || !by.SameAs(To(User2)) || decision.Outcome is HoldStatus.Withdrawn or HoldStatus.AdminDiscarded))));

    [Property(MaxTest = 2000)]
    public Property APPROVE_44_what_is_approved_by_votes_has_them_all_each_from_another_person() => Always(steps => steps.TrueForAll(step =>
        step.Result is not Transition.Moved { Step: "T3" } moved
        || Enumerable.Range(0, moved.Next.Stages.Length).All(stage =>
            moved.Next.Votes.Where(vote => vote.Stage == stage && vote.Verb == Verb.Approve).Select(vote => vote.Voter.ToString()).Distinct().Count() >= moved.Next.Stages[stage].Needed)));

    [Property(MaxTest = 2000)]
    public Property APPROVE_78_late_votes_in_any_order_change_nothing() => Prop.ForAll(
        AnyHold.SelectMany(start => Gen.ListOf(AnyTrigger).Select(late => (start, late))).ToArbitrary(), run =>
        {
            var decided = run.start with { Status = HoldStatus.Rejected, Decision = new Decision(HoldStatus.Rejected, Jomu, null, Now, Channel.Mail) };
            return run.late.Concat(run.late.AsEnumerable().Reverse()).All(trigger => Transition.Apply(decided, trigger) is Transition.Refused);
        });
}
