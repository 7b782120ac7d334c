using ClusterMail.Approval.Policies;
using FsCheck.Xunit;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>The grammar of sender.dat (APPROVE-16 to APPROVE-22).</summary>
public class TableTests
{
    private static ApprovalLine Line(string text) => Assert.Single(ApprovalTable.Parse(text).Table.Rules);

    private static IReadOnlyList<ClusterMail.Settings.SettingError> Errors(string text) => ApprovalTable.Parse(text).Errors;

    [Theory]
    [InlineData("*@company.jp", ApprovalMode.Send)]
    [InlineData("*@company.jp:0", ApprovalMode.Send)]
    [InlineData("*@company.jp:", ApprovalMode.Send)]
    [InlineData("user@company.jp:-1", ApprovalMode.Refuse)]
    [InlineData("*:1::bucho@company.jp", ApprovalMode.Always)]
    [InlineData("*:2::bucho@company.jp,kacho@company.jp", ApprovalMode.Attachments)]
    public void APPROVE_16_a_line_has_pattern_mode_condition_and_approvers(string text, ApprovalMode mode)
    {
        var line = Line(text);
        Assert.Equal((mode, text.Split(':')[0]), (line.Mode, line.Pattern.Text));
        Assert.DoesNotContain(Errors(text), error => !error.IsWarning);
    }

    [Theory]
    [InlineData("*@b.example:-1")]
    [InlineData("*@b.example,-1")]
    [InlineData("  *@b.example ,  -1  ")]
    public void APPROVE_17_DEST_6_CONTRA_13_colon_and_comma_separate_the_pattern_from_the_mode(string text) =>
        Assert.Equal(new ApprovalLine(1, new AddressPattern("*@b.example"), ApprovalMode.Refuse), Line(text));

    [Fact]
    public void APPROVE_17_a_comma_after_the_mode_separates_approvers_only() =>
        Assert.Equal("a@corp.example,b@corp.example", Line("*,1::a@corp.example,b@corp.example").Approvers.ToString());

    [Theory]
    [InlineData("' comment:1:x")]
    [InlineData("  ' comment")]
    [InlineData("# comment")]
    [InlineData("")]
    [InlineData("   \t ")]
    public void APPROVE_18_comments_and_blank_lines_are_no_rules(string text)
    {
        var (table, errors) = ApprovalTable.Parse(text);
        Assert.Empty(table.Rules);
        Assert.Empty(errors);
    }

    [Fact]
    public void APPROVE_19_a_windows_path_keeps_its_colon()
    {
        var line = Line(@"*:1:file=C:\mail\inbox\company.jp\info\keyword.txt:bucho@company.jp");
        var file = Assert.IsType<Condition.KeywordFile>(Assert.Single(line.Condition.Terms));
        Assert.Equal((@"C:\mail\inbox\company.jp\info\keyword.txt", "keyword.txt", "bucho@company.jp"), (file.Path, file.Name, line.Approvers.ToString()));
    }

    [Theory]
    [InlineData(@"*:1:file=C:\R&D\keyword.txt:bucho@company.jp", @"C:\R&D\keyword.txt")]
    [InlineData(@"*:1:file=C:\R&D\keyword.txt&attach:bucho@company.jp", @"C:\R&D\keyword.txt")]
    public void APPROVE_19_an_ampersand_in_a_path_separates_nothing(string text, string path) =>
        Assert.Equal(path, Line(text).Condition.Terms.OfType<Condition.KeywordFile>().Single().Path);

    [Theory]
    [InlineData("*:1:bucho@company.jp", "", "bucho@company.jp", true)]
    [InlineData("*:1:attach", "attach", "", false)]
    [InlineData(@"*:1:file=C:\keyword.txt", @"file=C:\keyword.txt", "", false)]
    public void APPROVE_19_of_three_fields_the_third_is_the_condition_when_it_begins_like_one(string text, string condition, string approvers, bool readable)
    {
        var line = Line(text);
        Assert.Equal((condition, approvers), (line.Condition.ToString(), line.Approvers.ToString()));
        Assert.Contains(Errors(text), error => error is { Rule: "APPROVE-19", IsWarning: true, Line: 1, Column: 5 });
        Assert.Equal(readable, line.Mode != ApprovalMode.Unreadable);
    }

    [Fact]
    public void APPROVE_20_every_element_of_the_grammar_is_read()
    {
        var line = Line("*:2:list=secret&in=subject+body+name&size>10M&rcpt>20&ext=zip|.EXE&attach:a@x.example,@heads>@manager;n=2;remind=90m;escalate=4h;to=jomu@x.example;expire=3d;onexpire=keep;split=no;note=年末");
        Assert.Equal(ApprovalMode.Attachments, line.Mode);
        Assert.Equal(
            [
                new Condition.KeywordList("secret"), new Condition.SearchIn(SearchPlaces.Subject | SearchPlaces.Body | SearchPlaces.Name), new Condition.LargerThan(10 * 1024 * 1024),
                new Condition.MoreRecipientsThan(20), new Condition.Extension(["zip", "exe"]), new Condition.Attachment(),
            ], line.Condition.Terms);
        Assert.Equal("a@x.example,@heads>@manager", line.Approvers.ToString());
        Assert.Equal(new VotesNeeded(2), line.Options.Votes);
        Assert.Equal((TimeSpan.FromMinutes(90), TimeSpan.FromHours(4), "jomu@x.example", TimeSpan.FromDays(3), ExpiryAction.Keep),
            (line.Options.Timing.Remind, line.Options.Timing.Escalate, line.Options.Timing.EscalateTo?.ToString(), line.Options.Timing.Expire, line.Options.Timing.OnExpire));
        Assert.Equal((false, "年末"), (line.Options.Split, line.Options.Note));
    }

    [Theory]
    [InlineData("*@a.example\n*@b.example,5", 2, 13, "APPROVE-25")]
    [InlineData("*:3::a@x.example;delay=10m", 1, 6, "APPROVE-510")]
    [InlineData("*:3", 1, 3, "APPROVE-510")]
    [InlineData("*:3;delay=25h", 1, 5, "APPROVE-510")]
    [InlineData("*:3;delay=0m", 1, 5, "APPROVE-510")]
    [InlineData("*:3;delay=59", 1, 5, "APPROVE-510")]
    [InlineData("*:0;delay=5m", 1, 5, "APPROVE-510")]
    [InlineData("*:1::a@x.example;confirm", 1, 18, "APPROVE-511")]
    [InlineData("*:0;bcc=b@x.example", 1, 5, "APPROVE-514")]
    [InlineData("*:1::a@x.example;bcc-silent", 1, 18, "APPROVE-514")]
    [InlineData("*:1::a@x.example;bcc=b@x.example;bcc=c@x.example", 1, 34, "APPROVE-514")]
    [InlineData("*:1::a@x.example;bcc=nobody", 1, 18, "APPROVE-20")]
    [InlineData("*:1::", 1, 3, "APPROVE-25")]
    [InlineData("*:2:attach:", 1, 3, "APPROVE-25")]
    [InlineData("a@b@c,0", 1, 1, "DEST-1")]
    [InlineData(" ,0", 1, 2, "DEST-1")]
    [InlineData("*:1::nobody", 1, 6, "APPROVE-25")]
    [InlineData("*:1:sise>5:a@x.example", 1, 5, "APPROVE-20")]
    [InlineData("*:1:in=subject:a@x.example", 1, 5, "APPROVE-20")]
    [InlineData("*:1:file=C:\\:a@x.example", 1, 5, "APPROVE-20")]
    [InlineData("*:1::a@x.example;expire=7w", 1, 18, "APPROVE-20")]
    [InlineData("*:1::a@x.example;expire=999999999d", 1, 18, "APPROVE-20")]
    [InlineData("*:1::a@x.example;onexpire=1", 1, 18, "APPROVE-20")]
    [InlineData("*:1::a@x.example;n=0", 1, 18, "APPROVE-20")]
    [InlineData("*:1::a@x.example;n=2", 1, 18, "APPROVE-44")]
    [InlineData("*:1::a@x.example>>b@x.example", 1, 18, "APPROVE-45")]
    [InlineData("*:1::a@x.jp>b@x.jp>c@x.jp>d@x.jp>e@x.jp>f@x.jp", 1, 6, "APPROVE-48")]
    public void APPROVE_25_an_error_names_line_column_and_rule_and_the_line_lets_nothing_pass(string text, int line, int column, string rule)
    {
        var (table, errors) = ApprovalTable.Parse(text);
        Assert.Contains(errors, error => (error.Line, error.Column, error.Rule, error.IsWarning) == (line, column, rule, false));
        Assert.Equal(ApprovalMode.Unreadable, table.Rules[^1].Mode);
    }

    [Fact]
    public void APPROVE_48_a_stage_has_at_most_twenty_approvers()
    {
        string Of(int count) => $"*:1::{string.Join(',', Enumerable.Range(1, count).Select(i => $"a{i}@x.example"))}";
        Assert.Empty(Errors(Of(20)));
        Assert.Contains(Errors(Of(21)), error => error.Rule == "APPROVE-48");
    }

    [Fact]
    public void APPROVE_21_what_was_imported_is_exported_line_by_line_with_comments_and_order()
    {
        const string text = "' 送信先制限\r\n*@company.jp:0\r\n\r\n  *:1:file=C:\\keyword.txt:bucho@company.jp , kacho@company.jp\r\n'end\r\n";
        Assert.Equal(text, ApprovalTable.Parse(text).Table.Print("\r\n"));
    }

    [Fact]
    public void APPROVE_21_what_this_program_writes_reads_the_same_again()
    {
        foreach (var text in (string[])["*@corp.example:0", "*@b.example:-1", "*:1::a@x.example,b@x.example", "*:2:size>5K&attach:a@x.example>@heads;all;remind=1h;to=c@x.example;expire=8h;onexpire=release;split=yes;note=x"])
            Assert.Equal(text, Line(text).ToString());
    }

    /// <summary>Errors never throw, whatever the text is, and nothing gets lost.</summary>
    [Property(MaxTest = 1000)]
    public bool APPROVE_21_any_text_is_kept_as_it_came(string? text)
    {
        var lines = (text ?? "").ReplaceLineEndings("\n");
        var printed = ApprovalTable.Parse(lines).Table.Print();
        return printed == (lines.Length == 0 || lines.EndsWith('\n') ? lines : $"{lines}\n");
    }

    [Theory]
    [InlineData("*@company.jp:0\n*:1::bucho@company.jp,kacho@company.jp", 2)]
    [InlineData("*@company.jp:0\n*:2::bucho@company.jp,kacho@company.jp", 2)]
    [InlineData("*@company.jp:0\n*:1:file=C:\\mail\\inbox\\company.jp\\info\\keyword.txt:bucho@company.jp", 2)]
    [InlineData("*@partner.example:1::bucho@company.jp", 1)]
    [InlineData("*:1::test2@domain.jp", 1)]
    [InlineData("*@domain.jp,-1\n*,0", 2)]
    public void APPROVE_22_the_lines_of_practice_are_read_without_a_complaint(string text, int rules)
    {
        var (table, errors) = ApprovalTable.Parse(text);
        Assert.Equal(rules, table.Rules.Length);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("*@corp.example", "U@CORP.EXAMPLE", true)]
    [InlineData("*@corp.example", "u@corp.example.", true)]
    [InlineData("u@corp.example", "\"u\"@corp.example", true)]
    [InlineData("*@*.example", "u@a.b.example", true)]
    [InlineData("*@corp.example", "u@notcorp.example", false)]
    [InlineData("*@corp.example", "u@corp.example.evil", false)]
    [InlineData("*", "u@corp.example", true)]
    [InlineData("*@日本.example", "u@xn--wgv71a.example", true)]
    public void APPROVE_16_a_star_stands_for_any_characters_and_no_spelling_gets_around_a_pattern(string pattern, string address, bool matches) =>
        Assert.Equal(matches, new AddressPattern(pattern).Matches(To(address)));
}
