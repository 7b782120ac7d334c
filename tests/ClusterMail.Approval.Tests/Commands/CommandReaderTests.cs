using ClusterMail.Approval.Commands;

namespace ClusterMail.Approval.Tests.Commands;

public class CommandReaderTests
{
    [Theory]
    [InlineData("waitlist_")]
    [InlineData("waitlist")]
    [InlineData(" WaitList_ ")]
    public void APPROVE_201_the_waiting_list_with_and_without_line_and_in_any_case(string subject) =>
        Assert.Equal(new ApprovalCommand.WaitingList(false), CommandReader.Read(subject));

    [Fact]
    public void APPROVE_217_waitlist_full_attaches_the_mails() => Assert.Equal(new ApprovalCommand.WaitingList(true), CommandReader.Read("waitlist_full"));

    [Theory]
    [InlineData("setproxyuser_kacho@corp.example")]
    [InlineData("SETPROXYUSER_kacho@corp.example ")]
    [InlineData("setproxyuser_<kacho@corp.example>")]
    public void APPROVE_200_a_proxy_is_set(string subject) =>
        Assert.Equal(new ApprovalCommand.SetProxy(Sample.Box("kacho@corp.example"), null), CommandReader.Read(subject));

    [Theory]
    [InlineData("setproxyuser_")]
    [InlineData("setproxyuser")]
    public void APPROVE_200_a_proxy_is_cleared(string subject) => Assert.IsType<ApprovalCommand.ClearProxy>(CommandReader.Read(subject));

    [Fact]
    public void APPROVE_209_a_proxy_for_some_days()
    {
        var command = Assert.IsType<ApprovalCommand.SetProxy>(CommandReader.Read("setproxyuser_a_b@corp.example_20261201-20261210"));
        Assert.Equal(Sample.Box("a_b@corp.example"), command.Proxy);
        Assert.Equal(new DayRange(new DateOnly(2026, 12, 1), new DateOnly(2026, 12, 10)), command.Days);
        Assert.Equal(10, command.Days!.Days);
        Assert.Equal("20261201-20261210", command.Days.ToString());
    }

    [Fact]
    public void APPROVE_221_the_history_of_all_of_one_and_of_some_days()
    {
        Assert.Equal(new ApprovalCommand.History(null), CommandReader.Read("approvalgetlog_"));
        Assert.Equal(new ApprovalCommand.History(null), CommandReader.Read("approvalgetlog"));
        var day = new DateOnly(2026, 11, 24);
        Assert.Equal(new ApprovalCommand.History(new DayRange(day, day)), CommandReader.Read("approvalgetlog_20261124"));
        Assert.Equal(new ApprovalCommand.History(new DayRange(day, day.AddDays(6))), CommandReader.Read("approvalgetlog_20261124-20261130"));
        Assert.Equal(new DayRange(day.AddDays(-89), day), HistoryFiles.Range(new ApprovalCommand.History(null), day));
    }

    [Fact]
    public void APPROVE_110_the_sender_takes_a_mail_back() =>
        Assert.Equal(new ApprovalCommand.Withdraw(new HoldId(500101)), CommandReader.Read("withdraw_b0000500101"));

    [Theory]
    [InlineData("Re: waitlist_")]
    [InlineData("Fwd: setproxyuser_kacho@corp.example")]
    [InlineData("waitlist for the party")]
    [InlineData("waitlists_")]
    [InlineData("withdraw")]
    [InlineData("")]
    [InlineData(null)]
    public void APPROVE_201_anything_in_front_or_glued_to_it_is_no_command(string? subject) => Assert.Null(CommandReader.Read(subject));

    [Fact]
    public void APPROVE_201_an_endless_subject_is_no_command() => Assert.Null(CommandReader.Read("setproxyuser_" + new string('a', 100_000)));

    [Theory]
    [InlineData("setproxyuser_kacho", "setproxyuser", 14, CommandFault.Address)]
    [InlineData("setproxyuser_kacho@", "setproxyuser", 14, CommandFault.Address)]
    [InlineData("setproxyuser_a@b,c@d", "setproxyuser", 14, CommandFault.Address)]
    [InlineData("setproxyuser_kacho@corp.example_tomorrow", "setproxyuser", 33, CommandFault.Date)]
    [InlineData("setproxyuser_kacho@corp.example_20261301", "setproxyuser", 33, CommandFault.Date)]
    [InlineData("setproxyuser_kacho@corp.example_20261210-20261201", "setproxyuser", 33, CommandFault.DateOrder)]
    [InlineData("approvalgetlog_2026", "approvalgetlog", 16, CommandFault.Date)]
    [InlineData("approvalgetlog_20261124-20261125-20261126", "approvalgetlog", 16, CommandFault.Date)]
    [InlineData("waitlist_all", "waitlist", 10, CommandFault.TrailingText)]
    [InlineData("withdraw_500101", "withdraw", 10, CommandFault.HoldId)]
    public void APPROVE_200_what_cannot_be_read_is_answered_with_its_place(string subject, string word, int column, CommandFault fault) =>
        Assert.Equal(new ApprovalCommand.Unreadable(word, column, fault), CommandReader.Read(subject));
}
