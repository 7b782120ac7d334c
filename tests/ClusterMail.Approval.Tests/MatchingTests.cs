using ClusterMail.Approval.Content;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Levels and lines (APPROVE-3, 5, 13, 15, 26 to 35).</summary>
public class MatchingTests
{
    private const string HoldAll = "*:1::bucho@corp.example";

    [Theory]
    [InlineData("*:1::bucho@corp.example", "send")]
    [InlineData("*:2::bucho@corp.example", "send")]
    [InlineData("*:-1", "refuse")]
    [InlineData("*@corp.example:0", "refuse")]
    [InlineData("*:9::bucho@corp.example", "trouble")]
    public void APPROVE_3_while_the_switch_is_off_only_the_restriction_is_left(string own, string said) =>
        Assert.Equal(said, Said(Policy(own, options: ApprovalOptions.Default).Judge(Customer, WithAttachment("a.pdf"))));

    [Fact]
    public void APPROVE_5_mail_from_outside_that_claims_our_sender_is_not_held_but_stays_forbidden()
    {
        var stranger = Mail(ours: false);
        Assert.Equal("send", Said(Policy(HoldAll).AtEndOfData(stranger, new OutgoingRecipient(To(Customer)), Evidence())));
        Assert.Equal("refuse", Said(Policy("*:-1").AtRcpt(stranger, new OutgoingRecipient(To(Customer)))));
    }

    [Fact]
    public void APPROVE_1_a_sender_without_a_policy_sends_at_once_and_nobody_looks_at_the_content()
    {
        var policy = Policy(null);
        Assert.Equal("send", Said(policy.AtRcpt(Mail(), new OutgoingRecipient(To(Customer)))));
        Assert.False(policy.LooksAtContent(Mail()));
        Assert.True(Policy("*:2::bucho@corp.example").LooksAtContent(Mail()));
        Assert.False(Policy(HoldAll).LooksAtContent(Mail()));
    }

    [Theory]
    [InlineData("*:9::kacho@corp.example", "hold kacho@corp.example")]
    [InlineData("*:9", "hold ")]
    [InlineData("*:1:sise>5:kacho@corp.example", "hold kacho@corp.example")]
    public void APPROVE_13_a_line_that_cannot_be_read_holds_for_its_approvers_else_for_the_administrators(string own, string said)
    {
        var judgement = Policy(own).Judge(Customer);
        Assert.Equal(said, Said(judgement));
        Assert.Equal(CatchKind.Unreadable, Assert.Single(Assert.IsType<Judgement.Hold>(judgement).Catches[0].Reasons).Kind);
    }

    [Theory]
    [InlineData("*@client.example,-1\n*:0", "*:0", "refuse")]
    [InlineData("*:1::kanri@corp.example", "*:0", "send")]
    [InlineData("*:1::kanri@corp.example", "", "hold kanri@corp.example")]
    [InlineData("*:0", "*:1::bucho@corp.example", "hold bucho@corp.example")]
    [InlineData("*:0", "*:-1", "refuse")]
    [InlineData("*:1::kanri@corp.example", "*@partner.example:1::bucho@corp.example", "hold kanri@corp.example")]
    public void APPROVE_15_a_refusal_of_any_level_refuses_else_the_most_specific_level_decides(string system, string own, string said) =>
        Assert.Equal(said, Said(Policy(own, system).Judge(Customer)));

    [Theory]
    [InlineData("*:1::kanri@corp.example", "*:1::kacho@corp.example", "*:1::bucho@corp.example", "hold bucho@corp.example")]
    [InlineData("*:1::kanri@corp.example", "*:1::kacho@corp.example", "", "hold kacho@corp.example")]
    [InlineData("*:0", "*:-1", "*:0", "refuse")]
    public void APPROVE_14_the_level_of_the_domain_stands_between(string system, string domain, string own, string said) =>
        Assert.Equal(said, Said(Policy(own, system, domain).Judge(Customer)));

    [Fact]
    public void APPROVE_15_a_level_that_may_still_refuse_leaves_the_case_open_at_RCPT()
    {
        var policy = Policy("*:0", system: "*:2::kanri@corp.example\n*@client.example:-1");
        Assert.Equal("open", Said(policy.AtRcpt(Mail(), new OutgoingRecipient(To(Customer)))));
        Assert.Equal("refuse", Said(policy.Judge(Customer)));
        Assert.Equal("send", Said(policy.Judge(Customer, WithAttachment("a.pdf"))));
    }

    [Fact]
    public void APPROVE_24_what_catches_a_mail_is_named_by_level_version_and_line()
    {
        var hold = Assert.IsType<Judgement.Hold>(Policy("' comment\n*@corp.example:0\n*:1::bucho@corp.example").Judge(Customer));
        Assert.Equal(new PolicyPlace(LevelKind.Account, User2, 3, 3), hold.Catches[0].Place);
        Assert.Equal("APPROVE-28 account user2@corp.example line 3", hold.Rule);
        Assert.Equal("account user2@corp.example v3 line 3", hold.Catches[0].Place.ToString());
    }

    [Theory]
    [InlineData("*@corp.example:0\n*:1::bucho@corp.example", "user1@corp.example", "send")]
    [InlineData("*:1::bucho@corp.example\n*@corp.example:0", "user1@corp.example", "hold bucho@corp.example")]
    [InlineData("*@client.example,-1\n*,0", "okyaku@client.example", "refuse")]
    [InlineData("*,0\n*@client.example,-1", "okyaku@client.example", "send")]
    public void APPROVE_26_lines_are_tried_from_the_top(string own, string recipient, string said) => Assert.Equal(said, Said(Policy(own).Judge(recipient)));

    [Fact]
    public void APPROVE_27_each_envelope_recipient_is_judged_alone()
    {
        var policy = Policy("*@corp.example:0\n*@partner.example:1::kacho@corp.example\n*:1::bucho@corp.example");
        Assert.Equal(["send", "hold kacho@corp.example", "hold bucho@corp.example"], new[] { "user1@corp.example", "tanto@partner.example", Customer }.Select(to => Said(policy.Judge(to))));
    }

    [Fact]
    public void APPROVE_28_caught_but_not_needed_goes_on_and_at_the_end_sends()
    {
        var policy = Policy("*@corp.example:0\n*:2::bucho@corp.example");
        Assert.Equal("send", Said(policy.Judge(Customer)));
        Assert.Equal("hold bucho@corp.example", Said(policy.Judge(Customer, WithAttachment("a.pdf"))));
        Assert.Equal("refuse", Said(Policy("*:2::bucho@corp.example\n*@client.example:-1").Judge(Customer)));
    }

    [Fact]
    public void APPROVE_29_the_first_line_whose_conditions_are_all_true_decides()
    {
        var policy = Policy("*@corp.example:0\n*:1:file=keyword.txt:jomu@corp.example\n*:2::kacho@corp.example", keywords: Keywords("社外秘"));
        var secret = Plain with { Subject = "社外秘の件" };
        Assert.Equal("hold jomu@corp.example", Said(policy.Judge(Customer, secret)));
        Assert.Equal("hold jomu@corp.example", Said(policy.Judge(Customer, secret with { Attachments = [new AttachedPart("a", "application/pdf", 1)] })));
        Assert.Equal("hold kacho@corp.example", Said(policy.Judge(Customer, WithAttachment("a.pdf"))));
        Assert.Equal("send", Said(policy.Judge(Customer)));
    }

    [Theory]
    [InlineData("*@corp.example:0", NoMatch.Auto, "refuse")]
    [InlineData("*@corp.example", NoMatch.Auto, "refuse")]
    [InlineData("*@b.example,-1", NoMatch.Auto, "refuse")]
    [InlineData("*@partner.example:1::bucho@corp.example", NoMatch.Auto, "send")]
    [InlineData("' comments only\n", NoMatch.Auto, "send")]
    [InlineData("' comments only\n", NoMatch.Refuse, "send")]
    [InlineData("*@partner.example:1::bucho@corp.example", NoMatch.Refuse, "refuse")]
    [InlineData("*@corp.example:0", NoMatch.Send, "send")]
    [InlineData("*@b.example,-1", NoMatch.Send, "send")]
    public void APPROVE_30_what_no_line_matches_depends_on_the_lines_of_the_level(string own, NoMatch setting, string said) =>
        Assert.Equal(said, Said(Policy(own, options: On with { NoMatch = setting }).Judge(Customer)));

    [Theory]
    [InlineData(true, "hold bucho@corp.example")]
    [InlineData(false, "send")]
    public void APPROVE_31_an_alias_that_leads_outside_is_judged_by_where_it_leads_too(bool setting, string said)
    {
        var policy = Policy("*@corp.example:0\n*:1::bucho@corp.example", options: On with { EvaluateAfterExpansion = setting });
        Assert.Equal(said, Said(policy.AtEndOfData(Mail(), new OutgoingRecipient(To("gaibu@corp.example"), [To(Customer)]), Evidence())));
    }

    [Fact]
    public void APPROVE_31_what_it_expands_to_makes_it_stricter_and_never_milder() =>
        Assert.Equal("refuse", Said(Policy("*@corp.example:-1\n*:0").AtEndOfData(Mail(), new OutgoingRecipient(To("gaibu@corp.example"), [To(Customer)]), Evidence())));

    [Fact]
    public void APPROVE_33_one_refused_recipient_does_not_concern_the_others()
    {
        var policy = Policy("*@b.example,-1\n*,0");
        Assert.Equal(["send", "refuse", "send"], new[] { "a@a.example", "x@b.example", "c@c.example" }.Select(to => Said(policy.AtRcpt(Mail(), new OutgoingRecipient(To(to))))));
    }

    [Fact]
    public void APPROVE_94_a_policy_of_five_thousand_lines_is_asked_in_less_than_five_milliseconds()
    {
        var policy = Policy(string.Join('\n', Enumerable.Range(1, 5000).Select(i => $"*@*partner{i}.example:1::bucho@corp.example")), system: "*@corp.example:0");
        var best = Enumerable.Range(0, 50).Min(_ =>
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            policy.AtRcpt(Mail(), new OutgoingRecipient(To(Customer)));
            return System.Diagnostics.Stopwatch.GetElapsedTime(start);
        });
        Assert.InRange(best.TotalMilliseconds, 0, 5);
    }

    [Theory]
    [InlineData(RefuseText.Short, "550 5.1.1 Please mail to a valid e-mail address.")]
    [InlineData(RefuseText.Long, "550 5.1.1 Please mail to a valid e-mail address. approval filter. '<user2@corp.example>' is entry in the blacklist.(RCPT TO:<okyaku@client.example>)")]
    [InlineData(RefuseText.Standard, "550 5.7.1 <okyaku@client.example>... destination restriction.")]
    public void APPROVE_32_the_refusal_is_worded_as_the_setting_says(RefuseText text, string reply)
    {
        var policy = Policy("*:-1", options: On with { RefuseText = text });
        Assert.Equal(reply, Assert.IsType<Judgement.Refuse>(policy.AtRcpt(Mail(), new OutgoingRecipient(To(Customer)))).Reply.ToString());
    }

    [Fact]
    public void APPROVE_34_each_try_is_answered_the_same()
    {
        var policy = Policy("*@b.example,-1\n*,0");
        Assert.Equal(policy.AtRcpt(Mail(), new OutgoingRecipient(To("x@b.example"))), policy.AtRcpt(Mail(), new OutgoingRecipient(To("x@b.example"))));
    }

    [Theory]
    [InlineData("*:1::bucho@corp.example", "a.pdf", "hold bucho@corp.example")]
    [InlineData("*:1::bucho@corp.example", null, "hold bucho@corp.example")]
    [InlineData("*:2::bucho@corp.example", null, "send")]
    [InlineData("*:2:size>500:bucho@corp.example", "a.pdf", "hold bucho@corp.example")]
    [InlineData("*:2:size>500:bucho@corp.example", null, "send")]
    [InlineData("*:2:size>5M:bucho@corp.example", "a.pdf", "send")]
    [InlineData("*:1:attach:bucho@corp.example", "a.pdf", "hold bucho@corp.example")]
    [InlineData("*:1:attach&size>5M:bucho@corp.example", "a.pdf", "send")]
    [InlineData("*:1:ext=zip|exe:bucho@corp.example", "a.EXE", "hold bucho@corp.example")]
    [InlineData("*:1:ext=zip|exe:bucho@corp.example", "a.exe. ", "hold bucho@corp.example")]
    [InlineData("*:1:ext=zip|exe:bucho@corp.example", "a.pdf", "send")]
    public void APPROVE_35_mode_1_ignores_attachments_mode_2_asks_for_them_and_a_condition_must_be_true_as_well(string own, string? attachment, string said) =>
        Assert.Equal(said, Said(Policy(own).Judge(Customer, attachment is null ? Plain : WithAttachment(attachment))));

    [Theory]
    [InlineData(20, "send")]
    [InlineData(21, "hold bucho@corp.example")]
    public void APPROVE_20_rcpt_counts_outside_recipients_of_the_submission(int outside, string said) =>
        Assert.Equal(said, Said(Policy("*:1:rcpt>20:bucho@corp.example").AtEndOfData(Mail(), new OutgoingRecipient(To(Customer)), Evidence(outside: outside))));

    [Fact]
    public void EX_APPR_6_destination_refused()
    {
        string[] Asked(string own, string system, params string[] to) => [.. to.Select(one => Said(Policy(own, system).AtRcpt(Mail(), new OutgoingRecipient(To(one)))))];
        Assert.Equal(["send", "refuse", "send"], Asked("*@b.example,-1\n*,0", "", "a@a.example", "x@b.example", "c@c.example"));
        Assert.Equal(["refuse"], Asked("*@corp.example:0", "", Customer));
        Assert.Equal(["refuse"], Asked("*@b.example,-1", "", Customer));
        Assert.Equal(["send"], Asked("*@partner.example:1::bucho@corp.example", "", Customer));
        Assert.Equal(["refuse"], Asked("*:0", "*@client.example,-1", Customer));
        Assert.Equal(["send"], Asked("*:0", "*:1::kanri@corp.example", Customer));
    }

    [Theory]
    [InlineData("", "DEST-3", "send")]
    [InlineData("*@client.example", "DEST-1 account user2@corp.example line 1", "send")]
    [InlineData("OKYAKU@CLIENT.EXAMPLE", "DEST-1 account user2@corp.example line 1", "send")]
    [InlineData("*@*.example", "DEST-1 account user2@corp.example line 1", "send")]
    [InlineData("*@example.org", "DEST-4 account user2@corp.example", "refuse")]
    [InlineData("*@example.org,-1", "DEST-5 account user2@corp.example", "refuse")]
    [InlineData("okyaku@client.example,-1\n*@client.example", "DEST-5 account user2@corp.example line 1", "refuse")]
    [InlineData("*@client.example\nokyaku@client.example,-1", "DEST-1 account user2@corp.example line 1", "send")]
    [InlineData("*@client.example:1::boss@corp.example", "DEST-10 account user2@corp.example line 1", "send")]
    [InlineData("*@example.org:1::boss@corp.example", "APPROVE-28", "send")]
    [InlineData("*@client.example:7", "APPROVE-13 account user2@corp.example line 1", "trouble")]
    public void DEST_4_lines_are_tried_from_the_top_and_what_matches_nothing_depends_on_them(string own, string rule, string said)
    {
        var judgement = Policy(own, options: ApprovalOptions.Default).AtRcpt(Mail(), new OutgoingRecipient(To(Customer)));
        Assert.Equal((rule, said), (judgement.Rule, Said(judgement)));
    }

    [Fact]
    public void APPROVE_7_two_policies_two_holds_are_two_stages_the_authenticated_account_first()
    {
        var book = new PolicyBook(Level(LevelKind.System, "", ""), new Dictionary<string, PolicyLevel>(),
            new Dictionary<long, PolicyLevel> { [2] = Level(LevelKind.Account, User2, HoldAll), [1] = Level(LevelKind.Account, "user1@corp.example", "*@partner.example:-1\n*@corp.example:0\n*:1::kacho@corp.example") }, KeywordShelf.Empty);
        var policy = new ApprovalPolicy(On, book);
        var both = new OutgoingMail(new ReversePath(To("user1@corp.example")), [Requester.Of(Account(User2)), Requester.Of(Account("user1@corp.example"))], true);
        string Asked(string to) => Said(policy.AtEndOfData(both, new OutgoingRecipient(To(to)), Evidence()));
        Assert.Equal("hold bucho@corp.example > kacho@corp.example", Asked(Customer));
        Assert.Equal("refuse", Asked("x@partner.example"));
        Assert.Equal("hold bucho@corp.example", Asked("kanri@corp.example"));
    }
}
