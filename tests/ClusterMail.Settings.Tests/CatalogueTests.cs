namespace ClusterMail.Settings.Tests;

public sealed class CatalogueTests
{
    private static readonly SettingsValidator Validator = new();

    [Fact]
    public void CONF_60_every_setting_has_a_name_of_its_own_a_summary_and_a_rule()
    {
        Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(d => d.Name).Distinct().Count());
        Assert.All(Catalogue.All, d =>
        {
            Assert.Matches("^[a-z0-9_]+(\\.[a-z0-9_]+)*$", d.Name);
            Assert.NotEmpty(d.Summary);
            Assert.NotEmpty(d.Rule);
        });
    }

    [Fact]
    public void CONF_61_every_default_of_both_profiles_may_be_saved() =>
        Assert.All(Catalogue.All, d =>
        {
            Assert.Empty(Validator.Check(d.Name, d.Default));
            Assert.Empty(Validator.Check(d.Name, d.Original ?? d.Default));
        });

    [Fact]
    public void APPROVE_60_releasing_at_the_deadline_has_to_be_confirmed() =>
        Assert.Contains(Validator.Check(new Dictionary<string, string> { ["approval.on_expire"] = "release" }), error => error is { Rule: "APPROVE-60", NeedsConfirmation: true });

    [Fact]
    public void APPROVE_521_deciding_by_link_alone_has_to_be_confirmed() =>
        Assert.Contains(Validator.Check(new Dictionary<string, string> { ["approval.web.auth"] = "link" }), error => error is { Rule: "APPROVE-521", NeedsConfirmation: true });

    [Theory]
    [InlineData("approval.web.listen", "*:8443", true)]
    [InlineData("approval.web.listen", "[::1]:8443", true)]
    [InlineData("approval.web.listen", "8443", false)]
    [InlineData("approval.web.listen", "0.0.0.0:0", false)]
    [InlineData("approval.web.url", "https://approve.example.jp", true)]
    [InlineData("approval.web.url", "http://127.0.0.1:8443", true)]
    [InlineData("approval.web.url", "http://approve.example.jp", false)]
    [InlineData("approval.web.url", "https://approve.example.jp/path?x=1", false)]
    [InlineData("approval.web.url", "javascript:alert(1)", false)]
    [InlineData("approval.web.proxies", "10.0.0.0/8 192.0.2.1", true)]
    [InlineData("approval.web.proxies", "balancer", false)]
    [InlineData("approval.sub_domain_label", "sub", true)]
    [InlineData("approval.sub_domain_label", "sub.example", false)]
    public void APPROVE_160_the_settings_of_the_page_are_judged_before_they_are_saved(string name, string value, bool isGood) => Assert.Equal(isGood, Validator.Check(name, value).Count == 0);

    [Theory]
    [InlineData("sub\r\n", "sub")]
    [InlineData(" sub\n", "sub")]
    [InlineData("sub", "sub")]
    public void APPROVE_441_a_line_break_at_the_end_of_the_label_is_corrected_where_it_comes_in(string typed, string kept)
    {
        var definition = Catalogue.Get("approval.sub_domain_label");
        Assert.Equal(kept, definition.Tidy(typed));
        Assert.Empty(Validator.Check(definition.Name, definition.Tidy(typed)));
        // Other texts are kept as they are.
        Assert.Equal(" x ", Catalogue.Get("receive.banner_text").Tidy(" x "));
    }

    [Theory]
    [InlineData("su b")]
    [InlineData("sub.test")]
    [InlineData("-sub")]
    [InlineData("sub@x")]
    public void APPROVE_441_the_label_is_one_DNS_label(string label) => Assert.NotEmpty(Validator.Check("approval.sub_domain_label", label));

    [Fact]
    public void APPROVE_50_approval_without_anybody_to_fall_back_on_is_warned_of()
    {
        Assert.Contains(Validator.Check(new Dictionary<string, string> { ["approval.enabled"] = "true" }), error => error is { Rule: "APPROVE-50", IsWarning: true });
        Assert.Empty(Validator.Check(new Dictionary<string, string> { ["approval.enabled"] = "true", ["approval.admins"] = "kanri@corp.example" }));
    }

    // Chapter 11, CONF-61 and the table of README section 5: written here by hand, not read from the catalogue.
    [Theory]
    [InlineData("delivery.retry_seconds", 10, 86400)]
    [InlineData("delivery.line_error_hours", 1, 240)]
    [InlineData("delivery.no_answer_hours", 1, 240)]
    [InlineData("delivery.refusal_retries", 0, 50)]
    [InlineData("delivery.workers_per_node", 1, 500)]
    [InlineData("delivery.mx_cache_seconds", 0, 864000)]
    [InlineData("receive.max_received", 5, 100)]
    [InlineData("receive.max_sessions", 0, 100000)]
    public void CONF_61_numbers_outside_their_range_are_refused_with_the_range(string name, long min, long max)
    {
        Assert.Empty(Validator.Check(name, $"{min}"));
        Assert.Empty(Validator.Check(name, $"{max}"));
        Assert.All((long[])[min - 1, max + 1], value =>
        {
            var error = Assert.Single(Validator.Check(name, $"{value}"));
            Assert.Equal("CONF-61", error.Rule);
            Assert.Contains($"to {max}", error.Message);
        });
    }

    [Theory]
    [InlineData("receive.max_sessions", true)]
    [InlineData("receive.max_bytes", true)]
    [InlineData("receive.max_rcpt", true)]
    [InlineData("delivery.mx_cache_seconds", true)]
    [InlineData("delivery.refusal_retries", true)]
    [InlineData("delivery.retry_seconds", false)]
    [InlineData("delivery.line_error_hours", false)]
    [InlineData("receive.max_received", false)]
    [InlineData("receive.idle_seconds", false)]
    [InlineData("delivery.workers_per_node", false)]
    public void CONF_62_zero_is_allowed_only_where_it_means_something(string name, bool allowed) =>
        Assert.Equal(allowed, Validator.Check(name, "0").Count == 0);

    [Theory]
    [InlineData("receive.max_byte", "receive.max_bytes")]
    [InlineData("recieve.max_bytes", "receive.max_bytes")]
    [InlineData("relay.rule", "relay.rules")]
    public void CONF_60_an_unknown_name_is_refused_with_the_nearest_one(string name, string nearest)
    {
        var error = Assert.Single(Validator.Check(name, "1"));
        Assert.Equal("CONF-60", error.Rule);
        Assert.Contains(nearest, error.Message);
    }

    [Fact]
    public void CONF_60_an_unknown_name_unlike_any_other_is_refused_without_a_guess() =>
        Assert.Equal("is no setting", Assert.Single(Validator.Check("zzzzzzzzzzzzzzzzzzzzzzzz", "1")).Message);

    [Theory]
    [InlineData("compat.relay.trust_envelope_sender", "false", "true")]
    [InlineData("compat.relay.envelope_true", "false", "true")]
    [InlineData("compat.relay.wide_true", "false", "true")]
    [InlineData("receive.max_bytes", "52428800", "0")]
    [InlineData("receive.max_rcpt", "1000", "0")]
    [InlineData("receive.rcpt_limit_mode", "reject", "reject")]
    [InlineData("receive.max_sessions", "1000", "0")]
    [InlineData("delivery.refusal_retries", "0", "9")]
    [InlineData("delivery.mx_cache_seconds", "3600", "864000")]
    [InlineData("delivery.mx_cache_ignore_ttl", "false", "true")]
    [InlineData("compat.delivery.address_after_mx", "false", "true")]
    [InlineData("delivery.retry_jitter", "true", "false")]
    public void CONF_60_the_two_profiles_are_those_of_the_switch_catalogue(string name, string safe, string original)
    {
        Assert.Equal(safe, new SettingSet(1, Catalogue.Profile("safe")!).Text(name));
        Assert.Equal(original, new SettingSet(1, Catalogue.Profile("original")!).Text(name));
        Assert.Null(Catalogue.Profile("other"));
    }

    // The numbers the chapters name as defaults, written here by hand.
    [Theory]
    [InlineData("DELIV-1", "delivery.workers_per_node", "20")]
    [InlineData("DELIV-2", "delivery.destination_connections", "10")]
    [InlineData("DELIV-3", "delivery.port", "25")]
    [InlineData("MXC-4", "delivery.mx_cache_seconds", "3600")]
    [InlineData("OUT-4", "delivery.idle_seconds", "600")]
    [InlineData("OUT-4", "delivery.connect_seconds", "30")]
    [InlineData("OUT-6", "delivery.tls", "opportunistic")]
    [InlineData("RETRY-2", "delivery.line_error_hours", "8")]
    [InlineData("RETRY-3", "delivery.no_answer_hours", "24")]
    [InlineData("RETRY-6", "delivery.refusal_retries", "0")]
    [InlineData("RETRY-7", "delivery.retry_seconds", "120")]
    [InlineData("RETRY-8", "delivery.retry_fixed", "false")]
    [InlineData("BOUNCE-3", "bounce.copy_to_admin", "false")]
    [InlineData("BOUNCE-9", "bounce.delay_notice_hours", "0")]
    [InlineData("GW-1", "route.gateway", "")]
    [InlineData("FALL-1", "route.forward_all", "false")]
    [InlineData("LIMIT-2", "receive.max_bytes", "52428800")]
    [InlineData("LIMIT-4", "receive.rcpt_limit_mode", "reject")]
    [InlineData("LIMIT-5", "receive.max_received", "20")]
    [InlineData("RECV-9", "receive.idle_seconds", "300")]
    [InlineData("CLU-25", "cluster.receive_mode", "all")]
    [InlineData("CLU-25", "cluster.deliver_mode", "all")]
    public void CONF_60_a_new_cluster_begins_with_the_defaults_of_the_rules(string rule, string name, string value)
    {
        Assert.Equal(value, new SettingSet(1, new Dictionary<string, string>()).Text(name));
        Assert.Contains(rule, Catalogue.Find(name)!.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void MXC_2_CONTRA_1_the_ten_days_of_the_original_are_864000_seconds() =>
        Assert.Equal(TimeSpan.FromDays(10), TimeSpan.FromSeconds(new SettingSet(1, Catalogue.Profile("original")!).Integer("delivery.mx_cache_seconds")));

    [Theory]
    [InlineData("delivery.line_error_hours", "0", false)]
    [InlineData("delivery.line_error_hours", "1", true)]
    [InlineData("delivery.no_answer_hours", "0", false)]
    [InlineData("delivery.no_answer_hours", "1", true)]
    [InlineData("delivery.refusal_retries", "0", true)]
    [InlineData("delivery.refusal_retries", "51", false)]
    public void RETRY_5_a_period_lasts_an_hour_at_least_and_no_number_of_retries_means_without_end(string name, string text, bool allowed) =>
        Assert.Equal(allowed, Validator.Check(name, text).Count == 0);

    [Theory]
    [InlineData("Administrator", "needs a domain")]
    [InlineData("Administrator@", "needs a domain")]
    [InlineData("@example.jp", "one address")]
    [InlineData("<a@example.jp>", "one address")]
    [InlineData("a@example.jp, b@example.jp", "one address")]
    public void EX_ADMIN_10_an_administrator_without_a_domain_is_refused(string text, string message)
    {
        var error = Assert.Single(Validator.Check("admin.address", text));
        Assert.Equal("BOUNCE-5", error.Rule);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData("admin.address", "postmaster@example.jp")]
    [InlineData("net.host_name", "mx.example.jp")]
    [InlineData("receive.balancers", "192.0.2.1, 2001:db8::/32")]
    [InlineData("dns.servers", "192.0.2.1 192.0.2.2:5353 [2001:db8::1]:53")]
    [InlineData("route.gateway", "[2001:db8::1]")]
    [InlineData("route.gateway", "gw.example.jp")]
    [InlineData("receive.pipelining", "off")]
    [InlineData("delivery.tls", "verified")]
    public void CONF_61_good_values_may_be_saved(string name, string text) => Assert.Empty(Validator.Check(name, text));

    [Theory]
    [InlineData("net.host_name", "-mx.example.jp")]
    [InlineData("net.host_name", "mx.example.jp\r\nX: y")]
    [InlineData("receive.banner_text", "ClusterMail\r\n250 ok")]
    [InlineData("receive.balancers", "192.0.2.1 somewhere")]
    [InlineData("listen.deny", "192.0.2.0/24")]
    [InlineData("dns.servers", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4")]
    [InlineData("route.gateway", "gw.example.jp:25")]
    [InlineData("receive.pipelining", "maybe")]
    [InlineData("delivery.tls", "sometimes")]
    [InlineData("delivery.retry_seconds", "two minutes")]
    [InlineData("delivery.retry_seconds", "99999999999999999999")]
    public void CONF_61_wrong_values_are_refused(string name, string text) => Assert.Single(Validator.Check(name, text));

    [Fact]
    public void CLU_27_only_listeners_and_worker_counts_may_differ_by_node()
    {
        var errors = Validator.CheckOverrides("cm-1", new Dictionary<string, string> { ["delivery.workers_per_node"] = "30", ["receive.max_bytes"] = "1" });
        Assert.Equal(("receive.max_bytes", "CLU-27"), (Assert.Single(errors).Name, errors[0].Rule));
        var set = new SettingSet(1, new Dictionary<string, string>(), new Dictionary<string, string> { ["delivery.workers_per_node"] = "30", ["receive.max_bytes"] = "1" });
        Assert.Equal((30, 52_428_800), (set.Integer("delivery.workers_per_node"), set.Integer("receive.max_bytes")));
    }

    [Fact]
    public void RECV_11_a_node_may_have_listeners_and_session_limits_of_its_own()
    {
        var own = new Dictionary<string, string> { ["listen"] = "127.0.0.1 2525", ["receive.max_sessions"] = "50", ["receive.max_sessions_per_address"] = "5" };
        Assert.Empty(Validator.CheckOverrides("cm-1", own));
        var set = new SettingSet(1, new Dictionary<string, string> { ["receive.max_sessions"] = "2000" }, own);
        Assert.Equal((50, 5), (set.Integer("receive.max_sessions"), set.Integer("receive.max_sessions_per_address")));
    }

    [Fact]
    public void ADMIN_25_the_set_is_checked_as_a_whole()
    {
        Assert.Equal("BOUNCE-3", Assert.Single(Validator.Check(new Dictionary<string, string> { ["bounce.copy_to_admin"] = "true" })).Rule);
        Assert.True(Assert.Single(Validator.Check(new Dictionary<string, string> { ["tls.certificate"] = "/etc/c.pem" })) is { Rule: "RECV-5", IsWarning: true });
        Assert.True(Assert.Single(Validator.Check(new Dictionary<string, string> { ["route.forward_all"] = "true" })) is { Rule: "FALL-6", IsWarning: true });
    }

    [Fact]
    public void ADMIN_25_a_registered_table_is_checked_in_the_set_it_would_join()
    {
        var validator = new SettingsValidator(new Dictionary<string, TableCheck>
        {
            ["relay.rules"] = (text, set) => set.Switch("compat.relay.wide_true") ? [] : [new SettingError("relay.rules", 7, 2, "RELAY-62", text)],
        });
        Assert.Equal(7, Assert.Single(validator.Check(new Dictionary<string, string> { ["relay.rules"] = "x" })).Line);
        Assert.Empty(validator.Check(new Dictionary<string, string> { ["relay.rules"] = "x", ["compat.relay.wide_true"] = "true" }));
    }

    [Fact]
    public void ADMIN_26_a_text_a_newer_version_wrote_and_this_one_cannot_read_counts_as_the_default()
    {
        var set = new SettingSet(1, new Dictionary<string, string> { ["delivery.tls"] = "quantum", ["delivery.retry_seconds"] = "2m" });
        Assert.Equal(("opportunistic", 120), (set.Choice("delivery.tls"), set.Integer("delivery.retry_seconds")));
    }

    [Fact]
    public void RECV_3_listeners_are_read_line_by_line()
    {
        var (entries, errors) = ListenTable.Parse("' all\n* 25\n192.0.2.10 465*\n*.*.*.* 587 proxy\n2001:db8::1 2525 submission\n10.0.0.1 587 relay\n");
        Assert.Empty(errors);
        Assert.Equal(
            ["-:25 clear relay", "192.0.2.10:465 tls submission", "-:587 clear submission proxy", "2001:db8::1:2525 clear submission", "10.0.0.1:587 clear relay"],
            entries.Select(e => $"{(object?)e.Address ?? "-"}:{e.Port} {(e.ImplicitTls ? "tls" : "clear")} {(e.Submission ? "submission" : "relay")}{(e.Proxy ? " proxy" : "")}"));
    }

    [Theory]
    [InlineData("* 25\n*")]
    [InlineData("* 25\n* 0")]
    [InlineData("* 25\n* 65536")]
    [InlineData("* 25\n* 25")]
    [InlineData("* 25\n10 26")]
    [InlineData("* 25\nhost 26")]
    [InlineData("* 25\n* 26 fast")]
    public void RECV_3_a_wrong_listener_is_refused_by_line(string text)
    {
        var error = Assert.Single(Validator.Check("listen", text));
        Assert.Equal((2, "RECV-3"), (error.Line, error.Rule));
    }
}
