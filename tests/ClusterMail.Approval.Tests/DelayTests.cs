using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Mode 3, delays before a request, and copies (chapter 25, section 4).</summary>
public class DelayTests
{
    private static readonly Mailbox Sender = To(User2);

    private static ApprovalLine Line(string text) => ApprovalTable.Parse(text).Table.Rules[0];

    private static SubmissionPlan.Held Plan(string own, string system = "", params string[] to)
    {
        var policy = Policy(own, system);
        return Assert.IsType<SubmissionPlan.Held>(SubmissionPlan.Of(Mail(), [.. to.DefaultIfEmpty(Customer).Select(one => (To(one), policy.Judge(one)))], Resolver(On), On));
    }

    private static HeldState Delayed(string line = "*:3;delay=10m") => HeldState.New(new HoldId(1), Plan(line).Groups[0]);

    private static Transition.Moved Moves(HeldState state, Trigger trigger) => Assert.IsType<Transition.Moved>(Transition.Apply(state, trigger));

    private static ResultCode Refused(HeldState state, Trigger trigger) => Assert.IsType<Transition.Refused>(Transition.Apply(state, trigger)).Code;

    [Theory]
    [InlineData("*:3;delay=1m", 1)]
    [InlineData("*:3::;delay=10m", 10)]
    [InlineData("*@client.example,3:rcpt>5;delay=24h", 1440)]
    public void APPROVE_510_a_line_of_mode_3_says_how_long_from_one_minute_to_a_day(string text, int minutes)
    {
        var (table, errors) = ApprovalTable.Parse(text);
        Assert.Empty(errors);
        Assert.Equal((ApprovalMode.Delay, TimeSpan.FromMinutes(minutes)), (table.Rules[0].Mode, table.Rules[0].Options.Delay!.Value));
        Assert.Equal(table.Rules[0].Options, Line(table.Rules[0].ToString()).Options);
    }

    [Fact]
    public void APPROVE_510_a_delayed_mail_asks_nobody_tells_its_sender_and_leaves_at_its_end()
    {
        var group = Plan("*:3;delay=10m").Groups[0];
        Assert.Equal((true, TimeSpan.FromMinutes(10)), (group.IsOwn, group.Delay!.Value));
        Assert.Equal([new HoldMail(HoldMailKind.DelayNotice, Sender)], Transition.OnHold(group));
        var left = Moves(Delayed(), new Trigger.Expire(ExpiryAction.Release, Now));
        Assert.Equal((HoldStatus.Sent, null, Channel.Timer), (left.Next.Status, left.Next.Decision!.By, left.Next.Decision.Channel));
        Assert.Empty(left.Mails);
        Assert.Equal((true, true, "SENT"), (HoldStatus.Sent.IsFinal(), HoldStatus.Sent.IsReleasing(), HoldStatus.Sent.Word()));
    }

    [Fact]
    public void APPROVE_510_its_sender_and_nobody_else_sends_it_now_or_discards_it_whatever_allow_withdraw_says()
    {
        var sent = Moves(Delayed(), new Trigger.SendNow(Sender, false, Now, Channel.Web));
        Assert.Equal((HoldStatus.Sent, Sender), (sent.Next.Status, sent.Next.Decision!.By));
        var taken = Moves(Delayed(), new Trigger.Withdraw(Sender, Allowed: false, Now, Channel.Web));
        Assert.Equal(HoldStatus.Withdrawn, taken.Next.Status);
        Assert.Empty(taken.Mails);
        Assert.Equal(ResultCode.NotAllowed, Refused(Delayed(), new Trigger.SendNow(To(Bucho), false, Now, Channel.Web)));
        Assert.Equal(ResultCode.NotAllowed, Refused(Delayed(), new Trigger.Withdraw(To(Bucho), true, Now, Channel.Web)));
        Assert.Equal(ResultCode.NotApprover, Refused(Delayed(), new Trigger.Ballot(To(Bucho), Verb.Approve, [], Now, Channel.Web)));
        // Whoever comes second is late, whichever way it went.
        Assert.Equal(ResultCode.Late, Refused(taken.Next, new Trigger.SendNow(Sender, false, Now, Channel.Web)));
        Assert.Equal(ResultCode.Late, Refused(sent.Next, new Trigger.Withdraw(Sender, true, Now, Channel.Web)));
        Assert.Equal(ResultCode.Duplicate, Refused(sent.Next, new Trigger.Expire(ExpiryAction.Release, Now)));
    }

    [Fact]
    public void APPROVE_510_while_approval_is_off_a_delay_lets_pass_as_modes_1_and_2_do() =>
        Assert.IsType<Judgement.Send>(Policy("*:3;delay=10m", options: On with { Enabled = false }).Judge(Customer));

    [Fact]
    public void APPROVE_511_a_confirmed_mail_does_not_leave_by_itself_and_expires_with_reject_whatever_the_line_says()
    {
        var group = Plan("*:3;confirm;onexpire=release;expire=2d").Groups[0];
        Assert.Equal((true, null, TimeSpan.FromDays(2), ExpiryAction.Reject), (group.IsOwn, group.Delay, group.Timing.Expire, group.Timing.OnExpire));
        var state = HeldState.New(new HoldId(1), group);
        var expired = Moves(state, new Trigger.Expire(ExpiryAction.Reject, Now));
        Assert.Equal(HoldStatus.Expired, expired.Next.Status);
        Assert.Equal([new HoldMail(HoldMailKind.ExpiryNotice, Sender)], expired.Mails);
        Assert.Equal(HoldStatus.Sent, Moves(state, new Trigger.SendNow(Sender, true, Now, Channel.Web)).Next.Status);
    }

    [Fact]
    public void APPROVE_511_where_there_is_a_page_a_confirmation_by_mail_is_none()
    {
        var state = Delayed("*:3;confirm");
        Assert.Equal(ResultCode.NotAllowed, Refused(state, new Trigger.SendNow(Sender, HasPage: true, Now, Channel.Mail)));
        Assert.Equal(HoldStatus.Sent, Moves(state, new Trigger.SendNow(Sender, HasPage: false, Now, Channel.Mail)).Next.Status);
        Assert.Equal(HoldStatus.Sent, Moves(Delayed(), new Trigger.SendNow(Sender, HasPage: true, Now, Channel.Mail)).Next.Status);
    }

    [Theory]
    [InlineData("*:3;delay=10m", "*:1::bucho@corp.example", "hold bucho@corp.example")]
    [InlineData("*:3;confirm", "*:1::bucho@corp.example", "hold bucho@corp.example")]
    [InlineData("*:1::bucho@corp.example", "*:3;delay=10m", "hold bucho@corp.example")]
    [InlineData("*:3;delay=10m", "*:2::bucho@corp.example", "hold ")]
    [InlineData("*:3;delay=10m", "*:0", "hold ")]
    [InlineData("*:0", "*:3;delay=10m", "send")]
    [InlineData("*:3;delay=10m", "*:-1", "refuse")]
    public void APPROVE_512_another_level_that_demands_approval_comes_before_a_delay(string own, string system, string said) =>
        Assert.Equal(said, Said(Policy(own, system).Judge(Customer)));

    [Fact]
    public void APPROVE_512_an_exception_of_the_domain_from_the_systems_approval_stays_one_beside_a_delay_of_the_account()
    {
        var judged = Assert.IsType<Judgement.Hold>(Policy("*:3;delay=10m", "*:1::bucho@corp.example", "*@client.example:0\n*:1::kacho@corp.example").Judge(Customer));
        Assert.True(judged.IsDelay);
    }

    [Fact]
    public void APPROVE_512_of_two_requesters_the_one_whose_policy_asks_for_approval_wins_over_the_others_delay()
    {
        var book = new PolicyBook(Level(LevelKind.System, "", ""), new Dictionary<string, PolicyLevel>(),
            new Dictionary<long, PolicyLevel> { [1] = Level(LevelKind.Account, "user1@corp.example", "*:3;confirm"), [2] = Level(LevelKind.Account, User2, "*:1::bucho@corp.example") }, ClusterMail.Approval.Content.KeywordShelf.Empty);
        var mail = new OutgoingMail(new ReversePath(To(User2)), [Requester.Of(Account("user1@corp.example")), Requester.Of(Account(User2))], true);
        Assert.Equal("hold bucho@corp.example", Said(new ApprovalPolicy(On, book).AtEndOfData(mail, new OutgoingRecipient(To(Customer)), Evidence())));
    }

    [Fact]
    public void APPROVE_512_a_senders_own_word_is_never_an_approval()
    {
        var state = HeldState.New(new HoldId(1), Plan("*:1::bucho@corp.example").Groups[0]);
        Assert.Equal(ResultCode.SelfApproval, Refused(state, new Trigger.SendNow(Sender, false, Now, Channel.Web)));
        var waiting = HeldState.New(new HoldId(1), Plan("*:1::bucho@corp.example;delay=5m").Groups[0]);
        Assert.Equal(ResultCode.SelfApproval, Refused(waiting, new Trigger.SendNow(Sender, false, Now, Channel.Web)));
    }

    [Fact]
    public void APPROVE_513_until_the_delay_is_over_nobody_is_asked_nobody_may_vote_and_the_sender_takes_it_back()
    {
        var group = Plan("*:1::bucho@corp.example,kacho@corp.example;delay=5m").Groups[0];
        Assert.Empty(Transition.OnHold(group));
        var state = HeldState.New(new HoldId(1), group);
        Assert.True(state.IsDelayed);
        Assert.Empty(state.Waiting);
        Assert.Equal(ResultCode.NotApprover, Refused(state, new Trigger.Ballot(To(Bucho), Verb.Approve, [], Now, Channel.Mail)));
        var taken = Moves(state, new Trigger.Withdraw(Sender, Allowed: false, Now, Channel.Web));
        Assert.Empty(taken.Mails);
        var asked = Moves(state, new Trigger.Begin(Now));
        Assert.Equal(["bucho", "kacho"], asked.Mails.Where(mail => mail.Kind == HoldMailKind.Request).Select(mail => mail.To.LocalPart));
        Assert.Equal((HoldStatus.Held, false, 2), (asked.Next.Status, asked.Next.IsDelayed, asked.Next.Waiting.Length));
        Assert.Equal(ResultCode.Duplicate, Refused(asked.Next, new Trigger.Begin(Now)));
        Assert.Equal(ResultCode.NotAllowed, Refused(asked.Next, new Trigger.Withdraw(Sender, Allowed: false, Now, Channel.Web)));
        Assert.Equal(HoldStatus.Approved, Moves(asked.Next, new Trigger.Ballot(To(Bucho), Verb.Approve, [], Now, Channel.Mail)).Next.Status);
    }

    [Theory]
    [InlineData("*:1::bucho@corp.example;bcc=kacho@corp.example", "kacho@corp.example False")]
    [InlineData("*:3;delay=1m;bcc=eigyo@corp.example;bcc-silent", "bucho@corp.example True")]
    [InlineData("*:1::bucho@corp.example;bcc=gaibu@corp.example", "")]
    [InlineData("*:1::bucho@corp.example;bcc=okyaku@client.example", "")]
    [InlineData("*:1::bucho@corp.example;bcc=nobody@corp.example", "")]
    public void APPROVE_514_a_copy_goes_inside_only_to_the_account_itself(string line, string copies) =>
        Assert.Equal(copies, string.Join(' ', Plan(line).Groups[0].Copies.Select(copy => $"{copy.Address} {copy.IsSilent}")));

    [Theory]
    [InlineData("*:1::bucho@corp.example;bcc=okyaku@client.example", 1)]
    [InlineData("*:1::bucho@corp.example;bcc=gaibu@corp.example", 1)]
    [InlineData("*:1::bucho@corp.example;bcc=kacho@corp.example", 0)]
    public void APPROVE_514_a_policy_with_a_copy_to_the_outside_is_not_saved(string text, int errors)
    {
        var context = new PolicyContext(Level(LevelKind.Account, User2, text), [], To(User2), Directory(), ApproverRegister.Empty, ClusterMail.Approval.Content.KeywordShelf.Empty, On, Now);
        var found = PolicyCheck.Of(text, context).Errors.Where(error => !error.IsWarning).ToList();
        Assert.Equal(errors, found.Count);
        Assert.All(found, error => Assert.Equal(("APPROVE-514", 1, 29), (error.Rule, error.Line, error.Column)));
    }

    [Theory]
    [InlineData("*:3;delay=10m", "*: sent after 10m", "*: 送信ディレイ (10m 後に送信)")]
    [InlineData("*:3;confirm", "*: sent when its sender has confirmed it", "*: 自己承認 (送信者の確認後に送信)")]
    [InlineData("*:1::bucho@corp.example;delay=5m;bcc=kacho@corp.example", "*: always needs approval, approved by bucho@corp.example, asked after 5m, copy to kacho@corp.example",
        "*: 無条件承認、承認者 bucho@corp.example、依頼は 5m 後、写し kacho@corp.example")]
    public void APPROVE_44_and_510_the_check_says_a_line_in_words(string line, string english, string japanese)
    {
        Assert.Equal(english, PolicyWords.English.Line(Line(line)));
        Assert.Equal(japanese, PolicyWords.Japanese.Line(Line(line)));
    }
}
