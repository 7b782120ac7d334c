namespace ClusterMail.Settings.Tests;

/// <summary>The rows of the catalogue (chapter 11 G), each with the name, defaults and range the row states; written here by hand, not read from the program.</summary>
public sealed class CatalogueRowTests
{
    private static readonly SettingsValidator Validator = new();

    /// <summary>A setting of the row, with its defaults in the safe and in the original profile.</summary>
    private static SettingDefinition Row(int rule, string name, string safe, string original)
    {
        var definition = Catalogue.Find(name);
        Assert.NotNull(definition);
        Assert.Contains($"CONF-{rule}", definition.Rule.Split(", "));
        Assert.Equal(safe, new SettingSet(1, Catalogue.Profile("safe")!).Text(name));
        Assert.Equal(original, new SettingSet(1, Catalogue.Profile("original")!).Text(name));
        Assert.NotEmpty(definition.JapaneseSummary ?? "");
        return definition;
    }

    private static SettingDefinition Same(int rule, string name, string value) => Row(rule, name, value, value);

    private static void Good(string name, params string[] texts) => Assert.All(texts, text => Assert.DoesNotContain(Validator.Check(name, text), error => !error.IsWarning));

    private static void Wrong(string name, params string[] texts) => Assert.All(texts, text => Assert.Contains(Validator.Check(name, text), error => !error.IsWarning));

    /// <summary>A name of a later release, or of none: asked for, it is refused and nothing else is guessed (CONF-60).</summary>
    private static void NotHere(params string[] names) => Assert.All(names, name => Assert.Equal("CONF-60", Assert.Single(Validator.Check(name, "1")).Rule));

    [Fact]
    public void CONF_1_there_is_no_shared_password() => NotHere("admin.password", "system.password");

    [Fact]
    public void CONF_2_route_gateway_is_blank_and_names_one_host()
    {
        Same(2, "route.gateway", "");
        Good("route.gateway", "", "192.168.0.100", "gw.example.jp");
        Wrong("route.gateway", "gw.example.jp:25", "a.example.jp b.example.jp");
    }

    [Fact]
    public void CONF_3_route_table_is_empty() => Assert.Equal(SettingType.Table, Same(3, "route.table", "").Type);

    [Fact]
    public void CONF_4_route_forward_all_is_off() => Same(4, "route.forward_all", "false");

    [Fact]
    public void CONF_5_and_CONF_6_there_are_no_folders_for_work_and_mailboxes() => NotHere("store.work_folder", "mailbox.folder");

    [Fact]
    public void CONF_7_contents_are_stored_as_they_are() => Same(7, "store.encrypt_at_rest", "false");

    [Fact]
    public void CONF_8_dns_servers_are_the_systems_or_up_to_three()
    {
        Same(8, "dns.servers", "");
        Good("dns.servers", "192.0.2.1", "192.0.2.1 192.0.2.2 192.0.2.3");
        Wrong("dns.servers", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", "ns.example.jp");
    }

    [Fact]
    public void CONF_9_without_certificate_and_key_there_is_no_TLS_and_half_a_pair_is_warned_of()
    {
        Same(9, "tls.certificate", "");
        Same(9, "tls.key", "");
        Assert.True(Assert.Single(Validator.Check(new Dictionary<string, string> { ["tls.key"] = "/etc/k.pem" })).IsWarning);
    }

    [Fact]
    public void CONF_10_the_lowest_TLS_version_is_1_2()
    {
        Same(10, "tls.min_version", "1.2");
        Good("tls.min_version", "1.3");
        Wrong("tls.min_version", "1.0", "");
    }

    [Fact]
    public void CONF_11_IPv4_and_IPv6_here_and_IPv4_alone_in_the_original() => Assert.Equal(["v4", "v4/6", "v6"], Row(11, "net.ip_version", "v4/6", "v4").Choices);

    [Fact]
    public void CONF_12_net_host_name_is_blank_until_setup_and_must_be_a_host_name()
    {
        Same(12, "net.host_name", "");
        Wrong("net.host_name", "two words", "-mx.example.jp");
    }

    [Fact]
    public void CONF_13_accounts_are_in_the_database_and_there_is_no_directory_and_an_empty_group_until_one_is_named()
    {
        NotHere("account.folder");
        Same(13, "ldap.servers", "");
        Same(13, "ldap.group", "");
    }

    [Fact]
    public void CONF_14_admin_address_carries_a_domain()
    {
        Same(14, "admin.address", "");
        Good("admin.address", "Administrator@example.jp", "someone@outside.example");
        Wrong("admin.address", "Administrator");
    }

    [Fact]
    public void CONF_15_bounce_copy_to_admin_is_off() => Same(15, "bounce.copy_to_admin", "false");

    [Fact]
    public void CONF_18_receive_reverse_dns_is_off() => Same(18, "receive.reverse_dns", "false");

    [Fact]
    public void CONF_19_SPF_DKIM_and_DMARC_are_written_down_here_and_off_in_the_original()
    {
        foreach (var name in new[] { "receive.spf", "receive.dkim", "receive.dmarc" })
            Assert.Equal(["off", "log", "tag", "enforce"], Row(19, name, "log", "off").Choices);
        Same(19, "receive.sender_check_seconds", "5");
        Same(19, "receive.dkim_max_size", "10485760");
        Good("receive.spf", "off", "enforce");
        Wrong("receive.spf", "on", "reject", "");
        Wrong("receive.sender_check_seconds", "0", "61");
    }

    [Fact]
    public void CONF_20_VRFY_is_off_here_and_on_in_the_original() => Row(20, "compat.smtp.vrfy", "false", "true");

    [Fact]
    public void CONF_21_PLAIN_and_LOGIN_after_TLS_and_CRAM_MD5_in_the_original_only()
    {
        // SCRAM-SHA-256 beside them: AUTH-1 asks for a method that shows no password.
        Row(21, "auth.methods", "PLAIN LOGIN SCRAM-SHA-256", "PLAIN LOGIN CRAM-MD5");
        Assert.Equal("false", Catalogue.Get("compat.auth.allow_clear").Default);
        Good("auth.methods", "NO");
    }

    [Fact]
    public void CONF_22_security_level_is_per_account_here_and_open_in_the_original() =>
        Assert.Equal(["open", "all", "per-account"], Row(22, "auth.security_level", "per-account", "open").Choices);

    [Fact]
    public void CONF_23_and_CONF_25_listen_is_a_table_per_node_whose_default_is_25_587_and_465_with_AUTH_on_the_last_two()
    {
        Assert.True(Same(23, "listen", "").PerNode);
        Assert.Equal(
            [(25, false, false), (587, false, true), (465, true, true)],
            ListenTable.Parse(ListenTable.Default).Entries.Select(entry => (entry.Port, entry.ImplicitTls, entry.Submission)));
        Assert.All(ListenTable.Parse(ListenTable.Default).Entries, entry => Assert.Null(entry.Address));
    }

    [Fact]
    public void CONF_24_a_thousand_sessions_per_node_here_and_0_for_unlimited_in_the_original()
    {
        Row(24, "receive.max_sessions", "1000", "0");
        Good("receive.max_sessions", "0", "100000");
        Wrong("receive.max_sessions", "100001", "-1");
    }

    [Fact]
    public void CONF_26_sender_trust_is_2_here_and_1_in_the_original() => Assert.Equal(["1", "2", "3"], Row(26, "auth.sender_trust", "2", "1").Choices);

    [Fact]
    public void CONF_27_receive_header_template_is_empty_for_the_built_in_form() => Same(27, "receive.header_template", "");

    [Fact]
    public void CONF_28_receive_idle_seconds_is_300() => Same(28, "receive.idle_seconds", "300");

    [Fact]
    public void CONF_29_receive_max_received_is_20() => Same(29, "receive.max_received", "20");

    [Fact]
    public void CONF_30_delivery_workers_per_node_is_20_and_may_differ_by_node() => Assert.True(Same(30, "delivery.workers_per_node", "20").PerNode);

    [Fact]
    public void CONF_31_delivery_port_is_25() => Same(31, "delivery.port", "25");

    [Fact]
    public void CONF_32_delivery_retry_seconds_is_120() => Assert.Equal("seconds", Same(32, "delivery.retry_seconds", "120").Unit);

    [Fact]
    public void CONF_33_delivery_retry_fixed_is_off() => Same(33, "delivery.retry_fixed", "false");

    [Fact]
    public void CONF_34_no_retry_after_a_refusal_here_and_9_in_the_original() => Row(34, "delivery.refusal_retries", "0", "9");

    [Fact]
    public void CONF_35_delivery_line_error_hours_is_8() => Assert.Equal("hours", Same(35, "delivery.line_error_hours", "8").Unit);

    [Fact]
    public void CONF_36_delivery_no_answer_hours_is_24_and_says_what_RFC_5321_advises() =>
        Assert.Contains("RFC 5321", Same(36, "delivery.no_answer_hours", "24").Summary, StringComparison.Ordinal);

    [Fact]
    public void CONF_37_route_credentials_are_empty_and_secret() => Assert.True(Same(37, "route.credentials", "").Secret);

    [Fact]
    public void CONF_38_the_MX_cache_lasts_an_hour_here_and_ten_days_in_the_original_and_0_is_none()
    {
        Row(38, "delivery.mx_cache_seconds", "3600", "864000");
        Row(38, "delivery.mx_cache_ignore_ttl", "false", "true");
        Good("delivery.mx_cache_seconds", "0", "864000");
    }

    [Fact]
    public void CONF_39_delivery_idle_seconds_is_600() => Same(39, "delivery.idle_seconds", "600");

    [Fact]
    public void CONF_40_delivery_hours_mode_is_0_1_or_2()
    {
        Same(40, "delivery.hours_mode", "0");
        Good("delivery.hours_mode", "1", "2");
        Wrong("delivery.hours_mode", "3");
    }

    [Fact]
    public void CONF_41_nothing_of_the_virus_data_update_is_carried_over() => NotHere("vmcs.proxy", "vmcs.interval");

    [Fact]
    public void CONF_42_relay_rules_are_the_two_lines_with_a_number_sign() => Same(42, "relay.rules", "#<> default\n#blank false\n");

    [Fact]
    public void CONF_43_50_MiB_here_and_unlimited_in_the_original()
    {
        Row(43, "receive.max_bytes", "52428800", "0");
        Good("receive.max_bytes", "0");
    }

    [Fact]
    public void CONF_44_mailbox_max_bytes_is_unlimited() => Same(44, "mailbox.max_bytes", "0");

    [Fact]
    public void CONF_45_a_thousand_recipients_and_reject_here_and_unlimited_in_the_original()
    {
        Row(45, "receive.max_rcpt", "1000", "0");
        Same(45, "receive.rcpt_limit_mode", "reject");
    }

    [Fact]
    public void CONF_46_DNSBL_comes_with_filters() => NotHere("dnsbl.zones", "dnsbl.exempt");

    [Fact]
    public void CONF_47_and_CONF_48_aliases_and_lists_are_no_settings() => NotHere("alias.table", "list.table");

    [Fact]
    public void CONF_49_every_log_has_its_switch()
    {
        Assert.All((string[])["log.acceptlog", "log.inlog", "log.outlog", "log.faillog"], name => Same(49, name, "true"));
        Same(49, "log.receivelog", "refusals");
        Same(49, "log.senderlog", "short");
    }

    [Fact]
    public void CONF_50_receive_copy_to_is_empty_and_takes_addresses_with_a_domain()
    {
        Same(50, "receive.copy_to", "");
        Good("receive.copy_to", "copy@example.jp, archive@example.net");
        Wrong("receive.copy_to", "copy");
    }

    [Fact]
    public void CONF_51_and_CONF_52_filters_and_scanners_come_later() => NotHere("filter.enabled", "filter.rules", "filter.exempt", "av.enabled");

    [Fact]
    public void CONF_54_lockout_has_the_numbers_of_LOCK_3()
    {
        Same(54, "lockout.connections", "60");
        Same(54, "lockout.connection_seconds", "60");
        Same(54, "lockout.connection_block_seconds", "600");
        Same(54, "lockout.auth_failures", "10");
        Same(54, "lockout.auth_block_seconds", "600");
    }

    [Fact]
    public void CONF_55_nobody_is_preferred_as_leader_and_there_are_no_service_addresses()
    {
        Same(55, "cluster.leader_preference", "");
        Same(55, "cluster.service_addresses", "");
    }

    [Fact]
    public void CONF_56_all_nodes_deliver_or_the_leader() => Assert.Equal(["all", "leader"], Same(56, "cluster.deliver_mode", "all").Choices);

    [Fact]
    public void CONF_57_CLU_24_listen_deny_is_empty_and_per_node()
    {
        Assert.True(Same(57, "listen.deny", "").PerNode);
        Good("listen.deny", "192.0.2.10 2001:db8::10");
        Wrong("listen.deny", "192.0.2.0/24");
    }

    [Fact]
    public void CONF_58_socket_buffers_priority_and_trace_mode_are_not_carried_over() => NotHere("net.socket_buffer", "node.priority", "node.trace_mode");
}
