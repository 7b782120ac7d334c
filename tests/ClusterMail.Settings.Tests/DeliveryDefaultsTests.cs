namespace ClusterMail.Settings.Tests;

/// <summary>Numbers of chapters 03 to 05 that are settings: the safe default, and what the original profile sets.</summary>
public sealed class DeliveryDefaultsTests
{
    private static readonly SettingSet Safe = SettingSet.Empty;
    private static readonly SettingSet Original = new(1, Catalogue.Profile("original")!);

    private static (long, long) Both(string name) => (Safe.Integer(name), Original.Integer(name));

    [Fact]
    public void RETRY_4_RETRY_6_CONTRA_2_a_refusal_bounces_at_once_and_in_the_original_after_nine_retries() =>
        Assert.Equal((0L, 9L), Both("delivery.refusal_retries"));

    [Fact]
    public void RETRY_5_CONTRA_3_periods_are_at_least_an_hour_and_no_number_of_retries_is_endless()
    {
        Assert.Equal(1, Catalogue.Get("delivery.line_error_hours").Min);
        Assert.Equal(1, Catalogue.Get("delivery.no_answer_hours").Min);
        Assert.Equal(50, Catalogue.Get("delivery.refusal_retries").Max);
    }

    [Fact]
    public void RETRY_7_the_interval_is_120_seconds() => Assert.Equal((120L, 120L), Both("delivery.retry_seconds"));

    [Fact]
    public void MXC_1_MXC_2_MXC_4_the_original_keeps_MX_data_for_10_days_whatever_their_TTL_and_0_is_no_cache()
    {
        Assert.Equal((3600L, (long)TimeSpan.FromDays(10).TotalSeconds), Both("delivery.mx_cache_seconds"));
        Assert.Equal((false, true), (Safe.Switch("delivery.mx_cache_ignore_ttl"), Original.Switch("delivery.mx_cache_ignore_ttl")));
        Assert.True(Catalogue.Get("delivery.mx_cache_seconds").ZeroAllowed);
    }

    [Fact]
    public void OUT_4_CONTRA_7_a_silent_session_is_given_up_after_600_seconds_and_a_connection_after_30()
    {
        Assert.Equal((600L, 600L), Both("delivery.idle_seconds"));
        Assert.Equal((30L, 30L), Both("delivery.connect_seconds"));
    }

    [Fact]
    public void FALL_1_forward_all_is_off() => Assert.Equal((false, false), (Safe.Switch("route.forward_all"), Original.Switch("route.forward_all")));

    [Fact]
    public void QUOTA_1_mailboxes_have_no_limit() => Assert.Equal((0L, 0L), Both("mailbox.max_bytes"));

    [Fact]
    public void GW_2_the_gateway_field_has_the_outbound_port_which_is_25() => Assert.Equal((25L, 25L), Both("delivery.port"));
}
