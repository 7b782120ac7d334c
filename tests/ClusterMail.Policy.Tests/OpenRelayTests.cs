using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>
/// Forms in which strangers have got mail through other servers, at a server that passes on all of example.jp (the default relay list,
/// the safe profile). What the command grammar already refuses (source routes, spaces) is tried here too, as if it had come through.
/// </summary>
public sealed class OpenRelayTests
{
    private static readonly PolicySnapshot Gateway =
        PolicySnapshot.Create(new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = "example.jp relay" }));

    [Theory]
    [InlineData("victim@example.org")]
    [InlineData("victim@EXAMPLE.ORG")]
    [InlineData("victim@example.org.")]
    [InlineData("victim%example.org@example.jp")]
    [InlineData("victim%example.org@EXAMPLE.JP")]
    [InlineData("victim%example.org@example.jp.")]
    [InlineData("victim%example.org@[192.0.2.10]")]
    [InlineData("victim%example.org@192.0.2.10")]
    [InlineData("victim%example.org@mx.example.jp")]
    [InlineData("victim%example.org")]
    [InlineData("victim%example.org%example.jp@example.jp")]
    [InlineData("\"victim@example.org\"@example.jp")]
    [InlineData("\"victim@example.org\"@[192.0.2.10]")]
    [InlineData("\"victim@example.org\"")]
    [InlineData("\"victim%example.org\"@example.jp")]
    [InlineData("victim@example.org@example.jp")]
    [InlineData("victim@example.jp@example.org")]
    [InlineData("example.org!victim@example.jp")]
    [InlineData("example.org!victim")]
    [InlineData("example.jp!example.org!victim@example.jp")]
    [InlineData("@example.jp:victim@example.org")]
    [InlineData("@example.jp,@example.net:victim@example.org")]
    [InlineData("@example.org:victim@example.jp")]
    [InlineData("victim@sub.example.jp")]
    [InlineData("victim@example.jp.example.org")]
    [InlineData("victim@notexample.jp")]
    [InlineData("victim@[127.0.0.1]")]
    [InlineData("victim@[IPv6:::1]")]
    [InlineData("victim@localhost")]
    [InlineData("victim@")]
    [InlineData("victim")]
    [InlineData("postmaster%example.org@example.jp")]
    public void RELAY_31_a_stranger_gets_no_form_of_an_outside_recipient_through(string recipient)
    {
        string[] senders = ["", "x@example.net", "taro@example.jp", "taro@EXAMPLE.JP.", "postmaster@example.jp", "root", "x@[127.0.0.1]", "victim@example.org", "\"taro\"@example.jp"];
        foreach (var sender in senders)
        {
            var t = Gateway.Begin(Client(ClientB));
            var mail = t.Mail(From(sender), blank: false);
            if (mail.Accepted)
                Assert.StartsWith("550 5.1.1 ", Answer(t.Recipient(To(recipient))), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("taro@example.jp")]
    [InlineData("anyone@EXAMPLE.jp")]
    [InlineData("a+b=c@example.jp")]
    [InlineData("\"a b\"@example.jp")]
    public void RELAY_31_plain_mail_for_the_operated_domain_is_taken(string recipient)
    {
        var t = Gateway.Begin(Client(ClientB));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        Assert.True(t.Recipient(To(recipient)).Accepted);
    }

    [Theory]
    [InlineData("taro@example.jp default")]
    [InlineData("taro@example.jp true")]
    [InlineData("example.jp true")]
    [InlineData("*@example.jp true")]
    [InlineData("#<> true")]
    [InlineData("#host true")]
    [InlineData("* true")]
    [InlineData("*.*.*.* default")]
    [InlineData("*.*.*.* only")]
    [InlineData("0.0.0.0/0 default")]
    [InlineData("*.*.*.* true")]
    [InlineData("0.0.0.0/0")]
    [InlineData("10.0.0.0/8 true\n*.*.*.* norelay")]
    public void RELAY_60_no_line_that_everybody_matches_opens_the_safe_profile(string list)
    {
        var snapshot = Snapshot(list, original: false);
        foreach (var sender in (string[])["", "taro@example.jp", "x@example.net", "u@pc"])
        {
            var t = snapshot.Begin(Client(ClientB));
            Assert.False(t.Mail(From(sender), false).Accepted && t.Recipient(To("y@example.org")).Accepted, sender);
        }
    }

    [Fact]
    public void RELAY_60_the_proof_is_the_first_client_line_not_any_line()
    {
        var snapshot = Snapshot("taro@example.jp default\n192.168.0.10 norelay\n192.168.0.* default", original: false);
        Assert.Equal(NoRelay, To("y@example.org", ClientA));
        Assert.Equal(SenderOk, To("y@example.org", "192.168.0.11"));

        string To(string recipient, string client)
        {
            var t = snapshot.Begin(Client(client));
            Assert.True(t.Mail(From("taro@example.jp"), false).Accepted);
            return Answer(t.Recipient(Setup.To(recipient)));
        }
    }

    [Fact]
    public void RELAY_60_a_listed_client_may_use_local_parts_that_name_a_way_on()
    {
        var t = Snapshot("192.168.0.10 true", original: false).Begin(Client(ClientA));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        Assert.True(t.Recipient(To("a%b@example.org")).Accepted);
    }
}
