using ClusterMail.Migration.Profiles;
using ClusterMail.Policy;
using ClusterMail.Settings;

namespace ClusterMail.Migration.Tests;

public sealed class TableTests
{
    [Fact]
    public void EX_RELAY_14_a_line_with_a_TAB_is_reported_skipped_and_kept_as_a_comment_at_its_place()
    {
        var plan = Tree.Plan();
        var finding = plan.Line("ms/effect.dat", 4);
        Assert.Equal((FindingOutcome.Ignored, true, 12, "RELAY-1"), (finding.Outcome, finding.IsFault, finding.Column, finding.Rule));
        Assert.Equal(
            "' 中継の制限\n#<> default\n#blank false\n' 192.168.0.*\tfalse\n192.168.1.0/28 default\npartner@example.net true\n\n*.*.*.* norelay\n", plan.Settings["relay.rules"]);
        Assert.Equal((FindingOutcome.Changed, "RELAY-61"), (plan.Line("ms/effect.dat", 6).Outcome, plan.Line("ms/effect.dat", 6).Rule));
    }

    [Fact]
    public void RELAY_62_true_for_everybody_is_left_out_in_the_safe_profile_and_taken_in_the_original_one()
    {
        const string text = "#<> default\n*.*.*.* true\n";
        Assert.Equal("#<> default\n' *.*.*.* true\n", Tree.PlanOf(("effect.dat", text)).Settings["relay.rules"]);
        Assert.Equal(text, Tree.PlanOf(new EpostOptions { Profile = ImportProfile.Original }, ("effect.dat", text)).Settings["relay.rules"]);
    }

    [Fact]
    public void RELAY_1_of_a_file_with_more_faults_than_a_parser_tells_every_one_is_told_and_the_rest_taken()
    {
        var text = string.Concat(Enumerable.Range(0, 250).Select(n => $"10.0.0.{n}\tfalse\n")) + "192.168.1.1 default\n";
        var plan = Tree.PlanOf(("effect.dat", text));
        Assert.Equal(250, plan.Of("effect.dat").Count(finding => finding.IsFault));
        Assert.Equal(FindingOutcome.Imported, plan.Line("effect.dat", 251).Outcome);
        Assert.EndsWith("\n192.168.1.1 default\n", plan.Settings["relay.rules"], StringComparison.Ordinal);
    }

    [Fact]
    public void GWT_9_a_login_behind_the_port_is_not_taken_but_the_route_is()
    {
        var plan = Tree.Plan();
        Assert.Equal("' ゲートウェイ\n*.branch.example,192.0.2.50,465*\nexample.org,gw2.example.jp,25\n' broken\nexample.net,127.0.0.1,9\n", plan.Settings["route.table"]);
        Assert.Equal((FindingOutcome.Changed, "GWT-9"), (plan.Line("ms/gateway.dat", 3).Outcome, plan.Line("ms/gateway.dat", 3).Rule));
        Assert.Equal((true, "GWT-1"), (plan.Line("ms/gateway.dat", 4).IsFault, plan.Line("ms/gateway.dat", 4).Rule));
    }

    [Fact]
    public void CONTRA_13_both_separators_of_sender_dat_are_read_and_lines_with_approvers_are_kept_whole()
    {
        var plan = Tree.Plan();
        var lines = plan.Settings["destination.rules"].Split('\n');
        Assert.Equal(("*@example.jp:0", "*@rival.example,-1", @"*:1:file=C:\mail\社外秘.txt:bucho@example.jp"), (lines[1], lines[2], lines[3]));
        Assert.Equal((FindingOutcome.Changed, "DEST-10"), (plan.Line("ms/sender.dat", 4).Outcome, plan.Line("ms/sender.dat", 4).Rule));
    }

    [Fact]
    public void APPROVE_95_keyword_files_that_lines_point_to_become_lists_of_the_system_and_of_accounts()
    {
        var list = Assert.Single(Tree.Plan(japanese: true).Keywords);
        Assert.Equal((null, "社外秘.txt", "社外秘\n見積\n"), (list.Owner, list.Name, list.Text));
        Assert.Equal((FindingOutcome.Imported, "APPROVE-95"), (Tree.Plan().Line("ms/社外秘.txt", 1).Outcome, Tree.Plan().Line("ms/社外秘.txt", 1).Rule));

        var plan = Tree.PlanOf(
            ("accounts/example.jp.txt", "taro\tSecret123\t\texample.jp\t\t1\t0\t0\r\n"),
            ("mail/inbox/example.jp/taro/sender.dat", "*:1:file=C:\\mail\\inbox\\example.jp\\taro\\keyword.txt:bucho@example.jp\r\n"),
            ("mail/inbox/example.jp/taro/keyword.txt", "契約\r\n"),
            ("ms/keyword.txt", "社外秘\r\n"),
            ("ms/other.txt", "nobody points here\r\n"),
            ("old/keyword.txt", "見積\r\n"));
        Assert.Equal([("taro@example.jp", "契約\n"), (null, "社外秘\n")], plan.Keywords.Select(keywords => (keywords.Owner, keywords.Text)));
        // A second one for the same owner differs: which of them counted is for a person to say.
        Assert.Equal((true, "APPROVE-42"), (plan.Line("old/keyword.txt", 1).IsFault, plan.Line("old/keyword.txt", 1).Rule));
        Assert.Equal("CONF-60", Assert.Single(plan.Of("ms/other.txt")).Rule);
    }

    [Fact]
    public void APPROVE_13_a_line_whose_mode_cannot_be_read_forbids_what_its_pattern_names()
    {
        var plan = Tree.Plan();
        Assert.Equal("*@odd.example,-1", plan.Settings["destination.rules"].Split('\n')[4]);
        Assert.Equal((true, "APPROVE-25"), (plan.Line("ms/sender.dat", 5).IsFault, plan.Line("ms/sender.dat", 5).Rule));
    }

    [Fact]
    public void GAP_1_a_header_template_of_unknown_syntax_is_not_guessed_and_one_with_our_variables_is_taken()
    {
        Assert.False(Tree.Plan().Settings.ContainsKey("receive.header_template"));
        Assert.Equal((true, "HDR-3"), (Tree.Plan().Line("ms/header.dat", 1).IsFault, Tree.Plan().Line("ms/header.dat", 1).Rule));
        Assert.Equal("from %HELO% by %HOST% id %ID%; %DATE%\n", Tree.PlanOf(("header.dat", "from %HELO% by %HOST% id %ID%; %DATE%\r\n")).Settings["receive.header_template"]);
    }

    [Fact]
    public void GAP_2_hours_of_unknown_syntax_are_reported_and_restrict_nobody()
    {
        var plan = Tree.Plan();
        Assert.False(plan.Settings.ContainsKey("delivery.hours"));
        Assert.Equal((true, "UTIME-3"), (plan.Line("ms/usetime.dat", 1).IsFault, plan.Line("ms/usetime.dat", 1).Rule));
        Assert.Equal("mon 1 09:00 18:00\ntue 1 09:00 18:00\n", Assert.Single(plan.Tables, tables => tables.Address == "taro@example.jp").Hours);
    }

    [Fact]
    public void CLU_24_hidden_addresses_are_denied_to_listeners_of_the_farm()
    {
        var plan = Tree.Plan();
        Assert.Equal("192.168.0.101", plan.Settings["listen.deny"]);
        Assert.Equal((true, "RECV-10"), (plan.Line("ms/hiddensmtpip.dat", 2).IsFault, plan.Line("ms/hiddensmtpip.dat", 2).Rule));
    }

    [Fact]
    public void CLU_27_of_two_machines_tables_one_is_taken_and_a_difference_is_told()
    {
        var plan = Tree.PlanOf(("sv01/effect.dat", "#<> default\n"), ("sv02/effect.dat", "#<> default\n"), ("sv03/effect.dat", "#<> false\n"));
        Assert.Equal("#<> default\n", plan.Settings["relay.rules"]);
        Assert.Equal((false, true), (plan.Line("sv02/effect.dat", 1).IsFault, plan.Line("sv03/effect.dat", 1).IsFault));
    }

    [Theory]
    [InlineData(ImportProfile.Safe)]
    [InlineData(ImportProfile.Original)]
    public void ADMIN_25_what_is_proposed_passes_the_farms_own_checks_as_a_whole(ImportProfile profile)
    {
        var plan = Tree.Plan(profile: profile);
        Assert.DoesNotContain(new SettingsValidator(PolicySnapshot.TableChecks).Check(plan.Settings), error => !error.IsWarning);
    }

    [Fact]
    public void RELAY_40_a_personal_relay_list_goes_to_its_account_and_norelay_in_it_is_told()
    {
        var plan = Tree.Plan();
        Assert.Equal("*@partner.example default\n* norelay\n* false\n", Assert.Single(plan.Tables, tables => tables.Address == "taro@example.jp").RelayRules);
        Assert.Equal("RELAY-43", plan.Line("mail/inbox/example.jp/taro/effect.dat", 2).Rule);
    }
}
