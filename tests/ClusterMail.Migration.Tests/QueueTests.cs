using ClusterMail.Protocol;
using ClusterMail.Testing;

namespace ClusterMail.Migration.Tests;

public sealed class QueueTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void QUEUE_7_pairs_are_found_wherever_their_halves_lie_and_halves_alone_are_told(bool japanese)
    {
        var plan = Tree.Plan(japanese);
        Assert.Equal(["B0000000201", "B0000000202"], plan.Queue.Select(pair => pair.Id));
        Assert.Equal(("taro@example.jp", 2), (plan.Queue[0].Content.Sender, plan.Queue[0].Content.Recipients.Count));
        Assert.Equal(("", "mail/holding/B0000000202.MSG"), (plan.Queue[1].Content.Sender, plan.Queue[1].Message.Path));
        Assert.Equal("QUEUE-2", plan.Line("mail/incoming/B0000000203.RCP", 0).Rule);
        Assert.Equal((true, "QUEUE-3"), (plan.Line("mail/incoming/B0000000204.RCP", 2).IsFault, plan.Line("mail/incoming/B0000000204.RCP", 2).Rule));
        Assert.Equal("QUEUE-2", plan.Line("mail/incoming/B0000000205.MSG", 0).Rule);
        Assert.Equal(EpostTree.Queued, plan.Queue[0].QueuedAt);
    }

    [Theory]
    [InlineData("B0000000001.RCP", 1)]
    [InlineData("b0000000001.rcx", 1)]
    [InlineData("B0000000001.$OK", 0)]
    public void QUEUE_2_both_endings_are_envelopes_and_work_files_are_none(string envelope, int pairs)
    {
        var plan = Tree.PlanOf(("incoming/B0000000001.MSG", "Subject: x\r\n\r\n"), ($"incoming/{envelope}", "Return-path: a@example.jp\r\nRecipient: b@example.net\r\n"));
        Assert.Equal(pairs, plan.Queue.Count);
    }

    [Fact]
    public void QUEUE_4_the_retry_record_is_read_from_the_envelope()
    {
        var retry = Tree.Plan().Queue[1].Retry!;
        Assert.Equal(("example.net", 3, FailureClass.LineError), (retry.Domain, retry.Tries, retry.Class));
        Assert.StartsWith("451 ", retry.Error, StringComparison.Ordinal);
        Assert.Equal(new DateTime(2025, 11, 24, 22, 30, 0), retry.LastTried!.Value.DateTime);
        Assert.Null(Tree.Plan().Queue[0].Retry);
    }

    [Fact]
    public void QUEUE_4_a_record_beside_the_envelopes_of_its_domain_counts_for_them()
    {
        var plan = Tree.PlanOf(
            ("holding/B0000000001.MSG", "Subject: x\r\n\r\n"), ("domains/example.net/B0000000001.RCP", "Return-path: a@example.jp\r\nRecipient: b@example.net\r\n"),
            ("domains/example.net/retry", "Domain-name: example.net\r\nTry-number: 7\r\nErr-code: 550 User unknown\r\nLast-tried: yesterday\r\n"));
        Assert.Equal((7, FailureClass.Refused), (plan.Queue[0].Retry!.Tries, plan.Queue[0].Retry!.Class));
        Assert.Equal((true, "QUEUE-4"), (plan.Line("domains/example.net/retry", 4).IsFault, plan.Line("domains/example.net/retry", 4).Rule));
    }

    [Fact]
    public void APPROVE_95_notices_of_held_mails_are_listed_for_a_decision_in_the_original()
    {
        var plan = Tree.Plan();
        Assert.Equal("APPROVE-95", plan.Line("mail/incoming/B0000000206-S0001.RCP", 0).Rule);
        Assert.Contains("decided in the original", plan.Line("mail/incoming/B0000000206-S0001.RCP", 0).Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(plan.Queue, pair => pair.Id.Contains("-S", StringComparison.Ordinal));
    }

    [Fact]
    public void QUEUE_1_housekeeping_and_logs_are_told_once_for_each_file()
    {
        Assert.Equal("LOG-10", Assert.Single(Tree.Plan().Of("mail/inlog/SV01/140609.log")).Rule);
        Assert.Equal("QUEUE-2", Assert.Single(Tree.Plan().Of("mail/incoming/B0000000201.$CP")).Rule);
    }
}
