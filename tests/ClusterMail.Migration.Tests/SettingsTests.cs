using ClusterMail.Migration.Profiles;
using ClusterMail.Settings;

namespace ClusterMail.Migration.Tests;

public sealed class SettingsTests
{
    private const string Backup = "backup/epst-ms.reg";

    private static Finding Value(EpostPlan plan, string name) => Assert.Single(plan.Of(Backup), finding => finding.Text.StartsWith($"\"{name}\"", StringComparison.Ordinal));

    private static EpostPlan Registry(string values, ImportProfile profile = ImportProfile.Safe, string key = @"HKEY_LOCAL_MACHINE\SOFTWARE\EPOST\IMS\EPSTDS") =>
        Tree.PlanOf(new EpostOptions { Profile = profile }, (Backup, $"Windows Registry Editor Version 5.00\r\n\r\n[{key}]\r\n{values}\r\n"));

    [Theory]
    [InlineData(ImportProfile.Safe)]
    [InlineData(ImportProfile.Original)]
    public void EX_ADMIN_8_refusal_retries_0_stay_0_with_the_new_meaning_told(ImportProfile profile)
    {
        var plan = Tree.Plan(profile: profile);
        Assert.Equal("0", plan.Settings["delivery.refusal_retries"]);
        var finding = Value(plan, "Resending refusal");
        Assert.Equal((FindingOutcome.Changed, "RETRY-6"), (finding.Outcome, finding.Rule));
        Assert.EndsWith("0 meant unlimited in the source; now: bounce at the first refusal", finding.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void CONTRA_3_zero_retries_are_never_unlimited_ones()
    {
        Assert.Equal("0", Registry("\"Resending refusal\"=dword:00000000").Settings["delivery.refusal_retries"]);
        Assert.Contains(ProfileDifference.Of(new Dictionary<string, string>()), difference => difference.Rule == "RETRY-6");
    }

    [Theory]
    [InlineData(ImportProfile.Safe, "00000003", "3")]
    [InlineData(ImportProfile.Original, "00000003", "3")]
    [InlineData(ImportProfile.Safe, "00000009", null)]
    [InlineData(ImportProfile.Original, "00000009", "9")]
    public void CONTRA_2_a_site_keeps_its_own_number_of_retries_and_the_safe_profile_its_default_in_place_of_the_originals(ImportProfile profile, string value, string? wanted)
    {
        var plan = Registry($"\"Resending refusal\"=dword:{value}", profile);
        Assert.Equal(wanted, plan.Settings.GetValueOrDefault("delivery.refusal_retries"));
        Assert.Equal(wanted is null ? FindingOutcome.Changed : FindingOutcome.Imported, plan.Line(Backup, 4).Outcome);
    }

    [Fact]
    public void CONTRA_1_the_number_of_seconds_of_the_MX_cache_counts_whatever_text_calls_it()
    {
        Assert.Equal("864000", Registry("\"MX Chash live time\"=dword:000d2f00", ImportProfile.Original).Settings["delivery.mx_cache_seconds"]);
        Assert.Equal("7200", Registry("\"MX Chash live time\"=\"7200 (s)\"").Settings["delivery.mx_cache_seconds"]);
    }

    [Fact]
    public void CONTRA_27_a_level_that_may_count_from_0_or_from_1_is_not_guessed()
    {
        var finding = Value(Tree.Plan(profile: ImportProfile.Original), "FROM Addr Sec Level");
        Assert.Equal((FindingOutcome.Ignored, "CONTRA-27"), (finding.Outcome, finding.Rule));
        const string receiver = @"HKEY_LOCAL_MACHINE\SOFTWARE\EPOST\IMS\EPSTRS";
        Assert.Equal("CONTRA-27", Registry("\"SMTP AUTH Sec Level\"=dword:00000002", key: receiver).Line(Backup, 4).Rule);
        Assert.Equal("per-account", Registry("\"SMTP AUTH Sec Level\"=\"AUTH file\"", key: receiver).Settings["auth.security_level"]);
    }

    [Fact]
    public void CONF_60_an_unknown_value_is_reported_and_not_guessed()
    {
        var finding = Value(Tree.Plan(), "Colour");
        Assert.Equal((FindingOutcome.Ignored, "CONF-60", "\"Colour\"=\"青\""), (finding.Outcome, finding.Rule, finding.Text));
        // A value of the receiver means nothing under the key of the delivery.
        Assert.Equal(["Imported", "Ignored"], Tree.Plan().Of(Backup).Where(f => f.Text.StartsWith("\"Received\"", StringComparison.Ordinal)).Select(f => $"{f.Outcome}"));
        Assert.Equal("30", Tree.Plan().Settings["receive.max_received"]);
    }

    [Fact]
    public void CONF_61_a_number_out_of_range_is_not_taken_and_the_range_is_told()
    {
        var finding = Value(Tree.Plan(), "Resending abnormal");
        Assert.Equal((true, "CONF-61"), (finding.IsFault, finding.Rule));
        Assert.Contains("from 1 to 240 hours", finding.Reason, StringComparison.Ordinal);
        Assert.False(Tree.Plan().Settings.ContainsKey("delivery.line_error_hours"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADMIN_52_a_settings_backup_of_either_form_becomes_settings(bool japanese)
    {
        var plan = Tree.Plan(japanese);
        Assert.Equal(("gw.example.jp", "admin@example.jp", "10485760", "300", "100", "epost", "epost relayuser GwPassword7\n"), (
            plan.Settings["route.gateway"], plan.Settings["admin.address"], plan.Settings["receive.max_bytes"], plan.Settings["delivery.retry_seconds"], plan.Settings["lockout.connections"],
            plan.Settings["route.gateway_credential"], plan.Settings["route.credentials"]));
        Assert.Equal(["example.jp", "example.com"], plan.Domains);
        Assert.Equal("example.jp local\nexample.com local\n", plan.Settings["domain.table"]);
        Assert.Equal("must read \"name\"=value", Assert.Single(plan.Of(Backup), finding => finding.Text == "this is no value").Reason);
        Assert.Equal(300, plan.LastNumber!.Value.Number);
        Assert.DoesNotContain(new SettingsValidator().Check(plan.Settings), error => !error.IsWarning);
    }

    [Fact]
    public void CONTRA_34_the_recipient_limit_keeps_its_number_because_it_keeps_its_meaning() =>
        Assert.Equal("101", Registry("\"RCPTMaximum\"=dword:00000065").Settings["receive.max_rcpt"]);

    [Fact]
    public void CONTRA_24_a_template_with_HOME_means_nothing_here_and_is_told()
    {
        var plan = Registry("\"MailInBoxDir\"=hex(2):25,00,48,00,4f,00,4d,00,45,00,25,00,00,00");
        Assert.Equal((FindingOutcome.Ignored, "STORE-3"), (plan.Line(Backup, 4).Outcome, plan.Line(Backup, 4).Rule));
        Assert.Empty(plan.Settings);
    }

    [Fact]
    public void BOUNCE_5_a_bare_administrator_is_not_taken()
    {
        var plan = Registry("\"Postmaster\"=\"Administrator\"");
        Assert.Equal((true, "BOUNCE-5"), (plan.Line(Backup, 4).IsFault, plan.Line(Backup, 4).Rule));
        Assert.Empty(plan.Settings);
    }

    [Fact]
    public void APPROVE_95_APPROVE_96_the_switches_of_approval_are_taken_by_their_old_names()
    {
        var plan = Tree.PlanOf(("reg/MailApproval.1", "1\r\n"), ("reg/MailApprovalLog.1", "1\r\n"), ("reg/MailApprovalLogLevel.1", "2\r\n"), ("reg/MailApprovalManager.2", "admin@example.jp"), ("reg/MailApprovalDomain.2", "sub"));
        Assert.Equal(
            ("true", "2", "admin@example.jp", "sub"),
            (plan.Settings["approval.enabled"], plan.Settings["approval.log_level"], plan.Settings["approval.admins"], plan.Settings["approval.sub_domain_label"]));
        Assert.Equal(FindingOutcome.Imported, Assert.Single(Tree.Plan().Of("mail/reg/MailApproval.1")).Outcome);
    }

    /// <summary>Section 5 of the specification's README.</summary>
    private static readonly string[] Switches =
    [
        "compat.relay.trust_envelope_sender", "compat.relay.envelope_true", "compat.relay.wide_true", "auth.security_level", "auth.sender_trust", "compat.auth.recoverable_store",
        "compat.auth.allow_clear", "compat.auth.cram_md5", "tls.min_version", "compat.smtp.vrfy", "receive.banner_text", "receive.max_bytes", "receive.max_rcpt", "receive.max_sessions",
        "relay.dynamic_deny_hours", "delivery.refusal_retries", "delivery.mx_cache_seconds", "delivery.mx_cache_ignore_ttl", "compat.delivery.address_after_mx", "delivery.retry_jitter",
        "compat.postmaster.explicit_only", "compat.accounts.export_passwords", "compat.autoreply.always", "compat.autoreply.iso2022jp", "compat.usetime.receive",
        "compat.dest.reject_whole_transaction", "compat.ml.null_sender", "compat.ml.keep_from", "compat.ml.unconfirmed", "compat.ml.open_archive", "compat.ml.trust_manager_address",
        "compat.ml.open_from", "compat.filter.personal_whole_message", "compat.av.notify_outside",
    ];

    [Fact]
    public void ADMIN_53_the_safe_profile_sets_no_switch_and_lists_every_one_with_rule_both_values_and_meaning()
    {
        var plan = Tree.PlanOf(("readme.txt", "x"));
        Assert.Empty(plan.Settings);
        foreach (var name in Switches)
        {
            var difference = Assert.Single(plan.Differences, difference => difference.Setting == name);
            Assert.All((string[])[difference.Rule, difference.Original, difference.Ours, difference.Meaning], text => Assert.NotEmpty(text));
        }
    }

    [Fact]
    public void ADMIN_53_the_original_profile_sets_every_switch_there_is_to_its_original_value()
    {
        var plan = Tree.PlanOf(new EpostOptions { Profile = ImportProfile.Original }, ("readme.txt", "x"));
        foreach (var name in Switches.Where(name => Catalogue.Find(name)?.Original is not null))
        {
            Assert.Equal(Catalogue.Get(name).Original, plan.Settings[name]);
            Assert.DoesNotContain(plan.Differences, difference => difference.Setting == name);
        }
        // What is left has no switch here: its room is not built, or nothing lets it be as it was.
        Assert.All(plan.Differences, difference => Assert.True(Catalogue.Find(difference.Setting)?.Original is null, difference.Setting));
    }

    [Theory]
    [InlineData(ImportProfile.Safe, null)]
    [InlineData(ImportProfile.Original, "leader")]
    public void CLU_25_a_site_that_used_LogicalIP_delivers_from_one_node_in_the_original_profile(ImportProfile profile, string? mode)
    {
        var plan = Tree.Plan(profile: profile);
        Assert.Equal(mode, plan.Settings.GetValueOrDefault("cluster.deliver_mode"));
        Assert.Equal((FindingOutcome.Changed, "CLU-25"), (Value(plan, "LogicalIP").Outcome, Value(plan, "LogicalIP").Rule));
    }

    [Fact]
    public void ADMIN_52_domains_of_the_farm_stay_and_only_what_is_missing_is_added()
    {
        var plan = Tree.PlanOf(
            new EpostOptions { Current = new Dictionary<string, string> { ["domain.table"] = "kept.example relay\nexample.jp local max_accounts=5" } },
            ("example.jp.idx", "taro\t*\tT\texample.jp\t\t1\t0\t0\n"), ("example.com.idx", "a\t*\tA\texample.com\t\t1\t0\t0\n"), ("kept.example.idx", "b\t*\tB\tkept.example\t\t1\t0\t0\n"));
        Assert.Equal("kept.example relay\nexample.jp local max_accounts=5\nexample.com local\n", plan.Settings["domain.table"]);
        Assert.Equal(["taro@example.jp", "a@example.com"], plan.Accounts.Select(account => account.Address).Order(StringComparer.Ordinal).Reverse());
        Assert.True(plan.Line("kept.example.idx", 0).IsFault);
    }
}
