using ClusterMail.Accounts;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>Mail servers behind the farm (APPROVE-447, APPROVE-448): what they may, and that nobody else may it.</summary>
public sealed class InternalServerTests
{
    private const string Exchange = "192.0.2.20";
    private const string Named = "203.0.113.7";

    private static PolicySnapshot Snapshot(string rules = "", string servers = Exchange, params (string Name, string Value)[] more) =>
        Setup.Snapshot(rules, original: false, [("approval.internal_servers", servers), ("approval.sub_domain_label", "sub"), .. more]);

    private static string Answer(PolicySnapshot snapshot, string ip, string from, string to, bool authenticated = false)
    {
        var pipeline = snapshot.Begin(Client(ip, authenticated));
        var mail = pipeline.Mail(From(from), false);
        return Setup.Answer(mail.Accepted ? pipeline.Recipient(To(to)) : mail);
    }

    [Theory]
    [InlineData("taro@example.jp", "a@client.example", SenderOk)]
    [InlineData("taro@example.jp", "hanako@example.jp", SenderOk)]
    // APPROVE-456: a sender it knows and we do not.
    [InlineData("shinjin@example.jp", "a@client.example", SenderOk)]
    // Reports and receipts.
    [InlineData("", "a@client.example", SenderOk)]
    // No open relay: of others only what is for us.
    [InlineData("a@other.example", "b@client.example", NoRelay)]
    [InlineData("a@other.example", "taro@example.jp", SenderOk)]
    public void APPROVE_448_an_internal_server_sends_for_our_domains_without_AUTH_and_for_no_others(string from, string to, string expected) =>
        Assert.Equal(expected, Answer(Snapshot(), Exchange, from, to));

    [Fact]
    public void APPROVE_448_no_AUTH_is_asked_of_it_on_any_level()
    {
        var snapshot = Snapshot(more: [("auth.methods", "PLAIN"), ("auth.security_level", "all")]);
        Assert.Equal(SenderOk, Answer(snapshot, Exchange, "taro@example.jp", "a@client.example"));
        Assert.StartsWith("503", Answer(snapshot, Named, "a@other.example", "taro@example.jp"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClientB, "taro@example.jp", false, InvalidSender)]
    [InlineData(ClientB, "nobody@example.jp", false, InvalidSender)]
    [InlineData(ClientB, "taro@sub.example.jp", false, InvalidSender)]
    [InlineData(ClientB, "taro@example.jp", true, SenderOk)]
    [InlineData(Named, "taro@example.jp", false, SenderOk)]
    [InlineData(ClientB, "a@client.example", false, SenderOk)]
    [InlineData(ClientB, "", false, SenderOk)]
    public void APPROVE_454_6_senders_of_our_domains_are_refused_from_elsewhere_unless_logged_in_or_named(string ip, string from, bool authenticated, string expected) =>
        Assert.Equal(expected, Answer(Snapshot($"{Named} default"), ip, from, "hanako@example.jp", authenticated));

    [Fact]
    public void APPROVE_448_without_internal_servers_nothing_is_refused_that_was_not_before() =>
        Assert.Equal(SenderOk, Answer(Snapshot(servers: ""), ClientB, "taro@example.jp", "hanako@example.jp"));

    [Theory]
    [InlineData(Exchange, false, SenderOk)]
    [InlineData(Named, false, SenderOk)]
    [InlineData(ClientB, true, SenderOk)]
    [InlineData(ClientB, false, "550 5.1.1 <taro@sub.example.jp>... User unknown.")]
    public void APPROVE_448_the_sub_domain_is_open_to_those_we_know_only(string ip, bool authenticated, string expected)
    {
        var snapshot = Snapshot($"{Named} default");
        Assert.Equal(expected, Answer(snapshot, ip, authenticated || ip != ClientB ? "taro@example.jp" : "a@client.example", "taro@sub.example.jp", authenticated));
        // Nobody operates the domain behind the label.
        Assert.Equal(ip == ClientB && !authenticated ? NoRelay : SenderOk, Answer(snapshot, ip, authenticated || ip != ClientB ? "taro@example.jp" : "a@client.example", "taro@sub.client.example", authenticated));
    }

    [Fact]
    public void APPROVE_448_no_restriction_of_destinations_stands_between_an_approver_and_the_sub_domain() =>
        Assert.Equal(SenderOk, Answer(Snapshot(more: ("destination.rules", "*:-1")), Exchange, "taro@example.jp", "hanako@sub.example.jp"));

    [Theory]
    [InlineData($"{Exchange} false", InvalidSender)]
    [InlineData($"{Exchange} norelay", NoRelay)]
    [InlineData($"{Exchange} default", SenderOk)]
    [InlineData("0.0.0.0/0 norelay", SenderOk)]
    [InlineData("taro@example.jp false", SenderOk)]
    [InlineData("192.168.0.0/16 only", SenderOk)]
    public void APPROVE_448_it_stands_above_the_relay_list_and_a_line_with_its_address_above_it(string list, string expected) =>
        Assert.Equal(expected, Answer(Snapshot(list), Exchange, "taro@example.jp", "a@client.example"));

    [Fact]
    public void APPROVE_448_a_suspended_account_sends_nothing_there_either() =>
        Assert.Equal("550 5.1.1 <sleeper@example.jp>... User unknown.", Answer(Snapshot(), Exchange, "sleeper@example.jp", "a@client.example"));

    [Fact]
    public void APPROVE_456_whoever_is_not_registered_here_has_the_policy_of_the_system()
    {
        var snapshot = Snapshot(more: [("destination.rules", "*@client.example:-1\n*:0"), ("approval.enabled", "true")]);
        Assert.StartsWith("550 5.7.1 <a@client.example>... Your organization", Answer(snapshot, Exchange, "shinjin@example.jp", "a@client.example"), StringComparison.Ordinal);
        Assert.Equal(SenderOk, Answer(snapshot, Exchange, "shinjin@example.jp", "a@friend.example"));
        // As much as through a line that opens everything.
        Assert.Equal(NoRelay, Answer(Setup.Snapshot($"{Named} true", original: false, ("destination.rules", "*@client.example:-1\n*:0")), Named, "shinjin@example.jp", "a@client.example"));
    }

    [Theory]
    [InlineData("short", "550 5.7.1 <a@client.example>... Your organization does not allow mail to this destination (destination restriction).")]
    [InlineData("standard", "550 5.7.1 <a@client.example>... destination restriction.")]
    public void APPROVE_450_the_text_of_a_refusal_can_be_understood_in_an_error_mail(string setting, string expected)
    {
        var snapshot = Snapshot($"{Named} default", more: [("destination.rules", "*@client.example:-1\n*:0"), ("approval.refuse_text", setting)]);
        Assert.Equal(expected, Answer(snapshot, Exchange, "taro@example.jp", "a@client.example"));
        if (setting == "short")
            Assert.Equal(NoRelay, Answer(snapshot, Named, "taro@example.jp", "a@client.example"));
    }

    [Theory]
    [InlineData("192.0.2.16/28 2001:db8::/64", "192.0.2.20", true)]
    [InlineData("192.0.2.16/28,2001:db8::/64", "::ffff:192.0.2.20", true)]
    [InlineData("192.0.2.16/28 2001:db8::/64", "2001:db8::5", true)]
    [InlineData("192.0.2.16/28 2001:db8::/64", "192.0.2.32", false)]
    [InlineData("", "192.0.2.20", false)]
    public void APPROVE_447_internal_servers_are_addresses_and_networks(string list, string client, bool expected) => Assert.Equal(
        expected, InternalServers.From(new SettingSet(1, new Dictionary<string, string> { ["approval.internal_servers"] = list })).Contains(System.Net.IPAddress.Parse(client)));

    [Fact]
    public void APPROVE_442_the_sub_domain_is_no_domain_that_is_operated()
    {
        var set = new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = "example.jp local\nsub.example.jp local" });
        var error = Assert.Single(new SettingsValidator(PolicySnapshot.TableChecks).Check("approval.sub_domain_label", "sub", set));
        Assert.Equal(("APPROVE-442", false), (error.Rule, error.IsWarning));
        Assert.Empty(new SettingsValidator(PolicySnapshot.TableChecks).Check("approval.sub_domain_label", "approval", set));
    }

    [Theory]
    [InlineData("taro@sub.example.jp", true, "taro@example.jp")]
    [InlineData("taro@SUB.Example.JP", true, "taro@Example.JP")]
    [InlineData("taro@example.jp", false, "taro@example.jp")]
    [InlineData("taro@sub.client.example", false, "taro@sub.client.example")]
    [InlineData("taro@subexample.jp", false, "taro@subexample.jp")]
    public void APPROVE_440_an_address_in_the_sub_domain_is_the_label_before_a_domain_of_ours(string address, bool expected, string bare)
    {
        var sub = new SubDomain("sub", OperatedDomains.Parse("example.jp local").Domains);
        Assert.Equal((expected, To(bare)), (sub.Contains(To(address)), sub.Bare(To(address))));
        Assert.False(SubDomain.None.Contains(To(address)));
    }
}
