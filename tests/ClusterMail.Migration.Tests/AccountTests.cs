using ClusterMail.Migration.Profiles;

namespace ClusterMail.Migration.Tests;

public sealed class AccountTests
{
    private const string File = "accounts/example.jp.txt";

    private static Users.PlannedAccount Account(EpostPlan plan, string address) => Assert.Single(plan.Accounts, account => account.Address == address);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void IMP_1_exports_of_8_and_of_10_columns_become_accounts_and_other_lines_are_told(bool japanese)
    {
        var plan = Tree.Plan(japanese);
        Assert.Equal(["info@example.com", "taro@example.jp", "hanako@example.jp", "jiro@example.jp"], plan.Accounts.Select(account => account.Address));
        var hanako = Account(plan, "hanako@example.jp").Row;
        Assert.Equal(("山田花子", 1_000_000L, true, false), (hanako.FullName, hanako.BoxLimit, hanako.Pop3, hanako.Imap4));
        Assert.Null(Account(plan, "taro@example.jp").Row.Pop3);
        Assert.Equal((true, "IMP-1"), (plan.Line(File, 4).IsFault, plan.Line(File, 4).Rule));
    }

    [Fact]
    public void IMP_2_a_flag_that_is_none_is_an_error_with_its_column()
    {
        var finding = Tree.Plan().Line(File, 6);
        Assert.Equal((true, "IMP-2", "shiro\tSecret123\t佐藤四郎\texample.jp\t\t".Length + 1), (finding.IsFault, finding.Rule, finding.Column));
    }

    [Fact]
    public void IMP_3_the_name_of_the_file_is_the_domain_whatever_the_column_says()
    {
        Assert.Contains("its domain column says 'other.example'", Tree.Plan().Line(File, 3).Reason, StringComparison.Ordinal);
        var plan = Tree.PlanOf(("export.txt", "a\t*\tA\texample.jp\t\t1\t0\t0\nb\t*\tB\texample.com\t\t1\t0\t0\n"));
        Assert.Equal(["a@example.jp", "b@example.com"], plan.Accounts.Select(account => account.Address));
    }

    [Fact]
    public void IMP_4_a_second_row_of_an_account_is_skipped() => Assert.Equal((FindingOutcome.Ignored, "IMP-4"), (Tree.Plan().Line(File, 5).Outcome, Tree.Plan().Line(File, 5).Rule));

    [Fact]
    public void IMP_6_asterisks_are_no_password_and_that_of_apop_dat_takes_their_place()
    {
        var plan = Tree.Plan();
        Assert.Equal("Geheim456", Account(plan, "jiro@example.jp").Row.Password);
        Assert.Equal((FindingOutcome.Changed, "AUTH-7"), (plan.Line(File, 3).Outcome, plan.Line(File, 3).Rule));
        Assert.Null(Account(plan, "info@example.com").Row.Password);
        Assert.Equal((FindingOutcome.Changed, "IMP-6"), (plan.Line("accounts/example.com.idx", 1).Outcome, plan.Line("accounts/example.com.idx", 1).Rule));
    }

    [Fact]
    public void AUTH_7_a_password_too_short_costs_the_password_and_not_the_account()
    {
        var row = "kaoru\tabc\tK\texample.jp\t\t1\t0\t0\n";
        var safe = Tree.PlanOf(("example.jp.txt", row));
        Assert.Null(Account(safe, "kaoru@example.jp").Row.Password);
        Assert.Equal((FindingOutcome.Changed, "AUTH-7"), (safe.Line("example.jp.txt", 1).Outcome, safe.Line("example.jp.txt", 1).Rule));
        // The recoverable store of the original profile knows no shortest password.
        Assert.Equal("abc", Account(Tree.PlanOf(new EpostOptions { Profile = ImportProfile.Original }, ("example.jp.txt", row)), "kaoru@example.jp").Row.Password);
    }

    [Fact]
    public void AUTH_15_a_folder_with_apop_dat_and_no_account_makes_its_name_authenticate_as_sender()
    {
        var plan = Tree.Plan();
        Assert.Equal("postmaster@example.jp", plan.Settings["auth.required_senders"]);
        Assert.Equal("AUTH-15", plan.Line("mail/inbox/example.jp/postmaster/apop.dat", 1).Rule);
        Assert.Equal("postmaster@*", Tree.PlanOf(new EpostOptions { Domains = [("a.example", "a"), ("b.example", "b")] }, ("inbox/postmaster/apop.dat", "Secret123")).Settings["auth.required_senders"]);
    }

    [Fact]
    public void ACCT_14_the_marker_file_switches_SMTP_off_for_the_account() => Assert.True(Assert.Single(Tree.Plan().Tables, tables => tables.Address == "hanako@example.jp").SmtpDisabled);

    [Fact]
    public void IMP_1_the_account_database_itself_is_told_apart_from_its_export()
    {
        var plan = EpostPlanner.Plan(Tree.Of(("example.jp.idx", [0x01, 0x00, 0x00, 0x7F, 0x0A, 0x09, 0x09])), new EpostOptions());
        Assert.Contains("export its accounts", Assert.Single(plan.Log.All).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ALIAS_1_both_forms_are_read_and_faults_have_their_rules()
    {
        var plan = Tree.Plan();
        Assert.Equal(["office@example.jp -> taro@example.jp", "*@old.example.jp -> *@example.jp,1"], plan.Aliases.Select(alias => $"{alias.Alias}"));
        Assert.Equal(["ALIAS-2", "ALIAS-11", "ALIAS-11", "ALIAS-6"], Enumerable.Range(3, 4).Select(line => plan.Line("accounts/aliases.txt", line).Rule));
    }

    [Fact]
    public void DOM_4_common_mailboxes_become_domains_that_share_theirs()
    {
        var plan = Tree.PlanOf(
            ("a.example.txt", "taro\t*\tT\ta.example\t\t1\t0\t0\n"), ("b.example.txt", "taro\t*\tT\tb.example\t\t1\t0\t0\n"), ("mail/inbox/taro/B0000000001.MSG", "Subject: x\r\n\r\n"));
        Assert.Equal("a.example local\nb.example local shared_with=a.example\n", plan.Settings["domain.table"]);
        Assert.Equal("taro@a.example", Assert.Single(plan.Mailboxes).Address);
        Assert.Equal((FindingOutcome.Changed, "DOM-9"), (plan.Line("b.example.txt", 0).Outcome, plan.Line("b.example.txt", 0).Rule));
    }

    [Fact]
    public void DOM_6_a_domain_s_folder_may_have_another_name_and_folders_of_nobody_are_told()
    {
        (string, string)[] files = [("a.example.txt", "taro\t*\tT\ta.example\t\t1\t0\t0\nx\t*\tX\ta.example\t\t1\t0\t0\n"), ("b.example.txt", "x\t*\tX\tb.example\t\t1\t0\t0\n"), ("inbox/company/taro/B0000000001.MSG", "Subject: x\r\n\r\n")];
        Assert.True(Tree.PlanOf(files).Line("inbox/company/taro/B0000000001.MSG", 0).IsFault);
        var named = Tree.PlanOf(new EpostOptions { Domains = [("a.example", "Company")] }, files);
        Assert.Equal("taro@a.example", Assert.Single(named.Mailboxes).Address);
        Assert.Equal(["a.example"], named.Domains);
        Assert.Equal("DOM-1", named.Line("b.example.txt", 1).Rule);
    }

    [Fact]
    public void STORE_3_folders_of_IMAP_keep_their_names_and_both_inboxes_are_one()
    {
        Assert.Equal(
            [("INBOX", "0000000001-100000.MSG"), ("INBOX", "0000000002-000000.MSG"), ("INBOX", "B0000000101.MSG"), ("Sent", "0000000001-000000.MSG")],
            Tree.Plan().Mailboxes.Select(message => (message.Folder, message.File.Name)).OrderBy(pair => pair.Folder, StringComparer.Ordinal).ThenBy(pair => pair.Name, StringComparer.Ordinal));
    }
}
