using ClusterMail.Migration.Mail;
using ClusterMail.Migration.Source;
using ClusterMail.Testing;

namespace ClusterMail.Migration.Tests;

public sealed class ReportTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADMIN_52_every_line_of_every_text_and_every_other_file_has_a_finding(bool japanese)
    {
        var plan = Tree.Plan(japanese);
        var told = plan.Log.All.ToLookup(finding => finding.File);
        var planned = plan.Mailboxes.Select(message => message.File.Path).Concat(plan.Queue.SelectMany(pair => (string[])[pair.Message.Path, pair.Envelope.Path])).ToHashSet();
        foreach (var file in Tree.Large(japanese).Files.Where(file => !planned.Contains(file.Path)))
        {
            Assert.True(told.Contains(file.Path), $"{file.Path} is not in the report");
            var lines = told[file.Path].Where(finding => finding.Line > 0).Select(finding => finding.Line).ToArray();
            if (lines.Length == 0)
                continue;
            Assert.Equal(Enumerable.Range(1, TextFile.Read(file).Lines.Count), lines.Distinct().Order());
        }
        Assert.All(plan.Log.All, finding => Assert.True(finding.Outcome == FindingOutcome.Imported || finding.Reason.Length > 0, $"{finding} has no reason"));
    }

    [Fact]
    public void IMP_7_Shift_JIS_and_UTF_8_are_told_apart_file_by_file_and_mean_the_same()
    {
        static IEnumerable<string> Shown(EpostPlan plan) => plan.Log.All.Where(finding => finding.File != "backup/epst-ms.reg").Select(finding => $"{finding}");
        Assert.Equal(Shown(Tree.Plan(japanese: false)), Shown(Tree.Plan(japanese: true)));
        Assert.Equal("山田太郎", Tree.Plan(japanese: true).Accounts[0].Row.FullName is var name && name.Length > 0 ? Tree.Plan(japanese: true).Accounts.Single(account => account.Row.Name == "taro").Row.FullName : "");
        Assert.Equal("Shift_JIS", TextFile.Read(Tree.Large(japanese: true).Files.Single(file => file.Path == "ms/mail.dat")).Encoding);
        Assert.Equal("UTF-16", TextFile.Read(Tree.Large(japanese: false).Files.Single(file => file.Path == "backup/epst-ms.reg")).Encoding);
    }

    [Theory]
    [InlineData(TextEncoding.Auto, 5, "octets 81 20")]
    [InlineData(TextEncoding.Utf8, 3, "octets E4")]
    public void IMP_7_octets_of_no_encoding_are_an_error_with_line_and_column_and_cost_only_their_line(TextEncoding encoding, int column, string complaint)
    {
        byte[] octets = [.. "#<> default\r\n"u8, (byte)'1', (byte)'2', .. encoding == TextEncoding.Auto ? (byte[])[0x8E, 0x52, (byte)'x', 0x81, 0x20] : [0xE4, (byte)'y'], .. "\r\n192.168.1.1 default\r\n"u8];
        var plan = EpostPlanner.Plan(Tree.Of(("effect.dat", octets)), new EpostOptions { Encoding = encoding });
        var finding = plan.Line("effect.dat", 2);
        Assert.Equal((FindingOutcome.Ignored, true, column, "IMP-7"), (finding.Outcome, finding.IsFault, finding.Column, finding.Rule));
        Assert.StartsWith(complaint, finding.Reason, StringComparison.Ordinal);
        Assert.Equal("#<> default\n' (a line that could not be read)\n192.168.1.1 default\n", plan.Settings["relay.rules"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AUTH_7_no_password_of_the_original_stands_in_a_finding_or_in_a_table(bool japanese)
    {
        var plan = Tree.Plan(japanese);
        foreach (var secret in EpostTree.Secrets)
        {
            Assert.DoesNotContain(plan.Log.All, finding => $"{finding}".Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(plan.Settings, value => value.Key != "route.credentials" && value.Value.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void CONF_60_a_file_nobody_knows_is_reported_and_nothing_of_it_is_taken()
    {
        var finding = Assert.Single(Tree.Plan().Of("ms/setup.doc"));
        Assert.Equal((FindingOutcome.Ignored, 0, "CONF-60"), (finding.Outcome, finding.Line, finding.Rule));
    }

    [Theory]
    [InlineData("ms/mail.dat", "content filter", "FILT-1")]
    [InlineData("ms/ordb.dat", "DNSBL", "DNSBL-1")]
    [InlineData("ms/passdb.dat", "DNSBL", "DNSBL-2")]
    [InlineData("ms/passfilter.dat", "content filter", "FILT-7")]
    [InlineData("ms/pass3rd.dat", "virus scan", "AV-4")]
    [InlineData("mail/lists/dev/member.txt", "mailing lists", "ML-1")]
    [InlineData("mail/inbox/example.jp/taro/PERMITFROM.TXT", "forward", "FWD-1")]
    [InlineData("mail/inbox/example.jp/taro/転送.txt", "forward", "FWD-1")]
    public void ADMIN_52_what_the_farm_cannot_hold_yet_is_ignored_line_by_line_with_what_it_comes_with(string file, string with, string rule)
    {
        var findings = Tree.Plan().Of(file);
        Assert.All(findings, finding => Assert.Equal((FindingOutcome.Ignored, rule), (finding.Outcome, finding.Rule)));
        Assert.All(findings, finding => Assert.Matches($"comes with.*{with}.*keep the file", finding.Reason));
    }

    [Fact]
    public void CONTRA_16_the_text_of_an_automatic_reply_is_known_under_both_its_names()
    {
        var plan = Tree.PlanOf(new EpostOptions { Domains = [("example.jp", "example.jp")] }, ("inbox/example.jp/a/AUTORPLY.TXT", "x\n"), ("inbox/example.jp/b/autoreply.txt", "x\n"));
        Assert.Equal(["RPLY-8", "RPLY-8"], plan.Log.All.Select(finding => finding.Rule));
    }

    [Fact]
    public void GAP_5_keys_of_IMS_CTL_are_told_with_their_meaning_and_unknown_ones_as_such()
    {
        var findings = Tree.Plan().Of("mail/inbox/example.jp/taro/IMS.CTL");
        Assert.Equal(["FWD-1", "FWD-2", "FWD-1", "FWD-8", "FWD-1", "CONF-60"], findings.Select(finding => finding.Rule));
        Assert.Contains("メールボックスに残す", findings[3].Reason, StringComparison.Ordinal);
        Assert.Contains("New/Odd", findings[5].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000000001-000000", null, "", "")]
    [InlineData("0000000001-100000", null, "", "100000")]
    [InlineData("0000000001-100000", "S-----", "S", "")]
    [InlineData("0000000001-110001", "SRFT-D", "DRS", "")]
    [InlineData("B0000000101", "SRFTD-", "", "")]
    [InlineData("B0000000101-R0001", "SRFTD-", "", "")]
    public void STORE_3_flag_digits_say_nothing_until_somebody_says_what_they_mean(string stem, string? meaning, string flags, string unknown) =>
        Assert.Equal((flags, unknown), MailboxFile.FlagsOf(stem, meaning));

    [Fact]
    public void STORE_3_a_message_arrived_when_its_first_Received_header_says_else_when_its_file_was_written()
    {
        var message = Tree.Plan().Mailboxes.First(mailbox => mailbox.File.Name == "B0000000101.MSG");
        Assert.Equal((new DateTimeOffset(2025, 11, 14, 10, 0, 0, TimeSpan.FromHours(9)), "a@example.net"), message.Arrival());
        Assert.Equal((DateTimeOffset.UnixEpoch, ""), (message with { File = Tree.File("x.MSG", "Subject: x\r\n\r\nReceived: y; Fri, 14 Nov 2025 10:00:00 +0900"u8.ToArray()) }).Arrival());
    }
}
