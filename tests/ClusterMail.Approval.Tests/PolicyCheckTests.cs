using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Settings;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>The import check (APPROVE-25) and the explanation of a policy.</summary>
public class PolicyCheckTests
{
    private static IReadOnlyList<SettingError> Check(string own, string system = "", ApproverRegister? register = null, ApprovalOptions? options = null, KeywordShelf? keywords = null) =>
        PolicyCheck.Of(own, new PolicyContext(
            Level(LevelKind.Account, User2, ""), system.Length == 0 ? [] : [Level(LevelKind.System, "", system)], To(User2), Directory(), register ?? ApproverRegister.Empty,
            keywords ?? KeywordShelf.Empty, options ?? On, Now)).Errors;

    [Theory]
    [InlineData("*:7::bucho@corp.example", 1, 3, "no mode")]
    [InlineData("*@corp.example:0\n*:1", 2, 3, "needs an approver")]
    [InlineData("*:1::nobody@corp.example", 1, 6, "no account")]
    [InlineData("*:1::bucho@corp.example,yasumi@corp.example", 1, 25, "suspended")]
    [InlineData("*:1::x@elsewhere.example", 1, 6, "outside our domains")]
    [InlineData("*:1::@heads", 1, 6, "no group")]
    [InlineData("*:1::user2@corp.example", 1, 6, "sender himself")]
    [InlineData("*:1::second@corp.example", 1, 6, "sender himself")]
    [InlineData("*:1::@manager", 1, 6, "no superior")]
    [InlineData("*:1:file=C:\\a\\keyword.txt:bucho@corp.example", 1, 15, "keyword list keyword.txt")]
    [InlineData("*:1::bucho@corp.example;to=gone@corp.example", 1, 28, "no such account")]
    public void APPROVE_25_errors_name_line_and_column_in_words(string own, int line, int column, string words) =>
        Assert.Contains(Check(own), error => (error.Line, error.Column, error.IsWarning) == (line, column, false) && error.Message.Contains(words, StringComparison.Ordinal));

    [Theory]
    [InlineData("*@corp.example:0", "", 0, "all other destinations are refused")]
    [InlineData("*@b.example:-1", "", 0, "all other destinations are refused")]
    [InlineData("*@partner.example:1::bucho@corp.example", "", 0, "sent at once")]
    [InlineData("*:0\n*@client.example:1::bucho@corp.example", "", 2, "never be reached")]
    [InlineData("*@*.example:1::bucho@corp.example\nx@client.example:0\n*:0", "", 2, "never be reached")]
    [InlineData("*@client.example:0\n*:1::bucho@corp.example", "*:1::kanri@corp.example", 1, "exception")]
    [InlineData("*:1:bucho@corp.example", "", 1, "three fields")]
    public void APPROVE_25_warnings_say_what_will_happen(string own, string system, int line, string words)
    {
        Assert.Contains(Check(own, system), error => error.Line == line && error.IsWarning && error.Message.Contains(words, StringComparison.Ordinal));
        Assert.DoesNotContain(Check(own, system), error => !error.IsWarning);
    }

    [Fact]
    public void APPROVE_25_a_proxy_set_for_more_than_thirty_days_is_warned_of()
    {
        ApproverRegister Until(DateTimeOffset? end) => new([], [], [new ProxyAssignment(To(Bucho), To(Kacho), null, end)]);
        Assert.Contains(Check("*:1::bucho@corp.example", register: Until(null)), error => error.IsWarning && error.Message.Contains("proxy", StringComparison.Ordinal));
        Assert.Contains(Check("*:1::bucho@corp.example", register: Until(Now.AddDays(31))), error => error.Message.Contains("2026-12-25", StringComparison.Ordinal));
        Assert.Empty(Check("*:1::bucho@corp.example", register: Until(Now.AddDays(30))));
    }

    [Fact]
    public void APPROVE_25_what_is_right_has_neither_errors_nor_warnings()
    {
        var register = new ApproverRegister([new("heads", [To(Bucho)])], [new(To(User2), To(Kacho))], []);
        Assert.Empty(Check("' ours\n*@corp.example:0\n*:2:file=keyword.txt:@heads>@manager,eigyo@corp.example;all", register: register, keywords: Keywords("社外秘")));
        Assert.Empty(Check("*:2::bucho@corp.example\n*:1:size>5M:kacho@corp.example\n*:0"));
    }

    [Theory]
    [InlineData(NoMatch.Refuse, "refused")]
    [InlineData(NoMatch.Send, "sent at once")]
    public void APPROVE_30_the_warning_says_what_the_setting_makes_of_other_destinations(NoMatch setting, string words) =>
        Assert.Contains(Check("*@b.example:-1", options: On with { NoMatch = setting }), error => error.Rule == "APPROVE-30" && error.Message.Contains(words, StringComparison.Ordinal));

    [Fact]
    public void APPROVE_24_an_explanation_names_every_line_that_concerns_a_recipient_and_the_outcome()
    {
        var policy = Policy("*@corp.example:0\n*:2::bucho@corp.example,kacho@corp.example\n*@client.example:-1", system: "*@other.example:-1\n*:0");
        var english = PolicyExplanation.Of(policy, Mail(), new(To(Customer)), Evidence(WithAttachment("見積.pdf")));
        Assert.Equal(
            [
                "account user2@corp.example 2 *: needs approval with an attachment, approved by bucho@corp.example, kacho@corp.example (one is enough)",
                "account user2@corp.example 3 *@client.example: refused", "system 2 *: sent at once",
            ], english.Lines.Select(line => $"{line.Level} {line.Line} {line.Text}"));
        Assert.Equal("held for approval (attachment 見積.pdf)", english.Outcome);
        var japanese = PolicyExplanation.Of(policy, Mail(), new(To(Customer)), null, japanese: true);
        Assert.Equal("*: 添付ファイル承認、承認者 bucho@corp.example、kacho@corp.example (いずれか 1 名)", japanese.Lines[0].Text);
        Assert.Equal("本文・添付ファイルの内容による", japanese.Outcome);
    }

    [Theory]
    [InlineData("*:1:file=keyword.txt&in=subject+body&size>5M:a@corp.example>b@corp.example,c@corp.example;all",
        "*: needs approval when subject or body has a word of keyword.txt and larger than 5242880 octets, approved by a@corp.example, then b@corp.example, c@corp.example (all of them)",
        "*: 条件付き承認、件名、本文に keyword.txt の語がある、かつ5242880 バイトを超える、承認者 a@corp.example、次に b@corp.example、c@corp.example (全員)")]
    [InlineData("*@b.example,-1", "*@b.example: refused", "*@b.example: 送信禁止")]
    [InlineData("*:1:ext=zip|exe&rcpt>20&attach:@heads;n=2",
        "*: needs approval when an attachment ends in zip, exe and more than 20 outside recipients and something is attached, approved by @heads (2 of them)",
        "*: 条件付き承認、添付ファイルの拡張子が zip、exe、かつ社外の宛先が 20 件を超える、かつ添付ファイルがある、承認者 @heads (2 名)")]
    public void APPROVE_25_a_line_is_said_in_words_in_both_languages(string text, string english, string japanese)
    {
        var line = ApprovalTable.Parse(text).Table.Rules[0];
        Assert.Equal((english, japanese), (PolicyWords.English.Line(line), PolicyWords.Japanese.Line(line)));
    }
}
