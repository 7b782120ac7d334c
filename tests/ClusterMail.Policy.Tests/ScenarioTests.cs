using ClusterMail.Accounts;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>The gateway scenarios of chapter 10, as far as policy decides them. GW is asked, in both profiles where nothing else is said.</summary>
public sealed class ScenarioTests
{
    private const string Inner = "192.168.0.102";
    private const string Outside = "203.0.113.9";
    private const string ListA = "#<> default\n#blank false\npostmaster@example.jp false\n192.168.0.102 true\n*.*.*.* norelay";
    private const string ListC = "#<> default\n#blank false\nparttime@example.jp false\n192.168.0.102 true\n*.*.*.* norelay";

    private static PolicySnapshot Gateway(string list, bool original, string[] aliases, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string>(Catalogue.Profile(original ? "original" : "safe")!)
        {
            ["relay.rules"] = list,
            ["domain.table"] = "dummy.example.com local",
            ["auth.security_level"] = "per-account",
        };
        foreach (var (name, value) in settings)
            values[name] = value;
        var accounts = new AccountIndex();
        accounts.Put(new Account { Id = 1, Address = To("dummy@dummy.example.com") });
        var index = new AliasIndex();
        foreach (var alias in aliases)
            index.Put(new Alias(To(alias), To(alias), AliasMode.ByDomain));
        return PolicySnapshot.Create(new SettingSet(1, values), accounts, index);
    }

    private static string Dialogue(PolicySnapshot snapshot, string client, string from, string? to = null)
    {
        var t = snapshot.Begin(Client(client));
        var mail = t.Mail(From(from), false);
        return !mail.Accepted || to is null ? Answer(mail) : Answer(t.Recipient(To(to)));
    }

    private static void InBoth(string list, string[] aliases, string client, string from, string? to, string answer, params (string, string)[] settings)
    {
        foreach (var original in (bool[])[true, false])
            Assert.Equal(answer, Dialogue(Gateway(list, original, aliases, settings), client, from, to));
    }

    private static readonly string[] Everybody = ["*@example.jp"];

    [Fact]
    public void EX_SCN_A1_every_address_of_the_domain_is_accepted() => InBoth(ListA, Everybody, Outside, "a@example.net", "any@example.jp", SenderOk);

    [Fact]
    public void EX_SCN_A2_the_inner_server_sends_out() => InBoth(ListA, Everybody, Inner, "taro@example.jp", "y@example.org", SenderOk);

    [Fact]
    public void EX_SCN_A3_it_forwards_too_and_without_its_line_it_does_not()
    {
        InBoth(ListA, Everybody, Inner, "a@example.net", "y@example.org", SenderOk);
        InBoth(ListA.Replace("192.168.0.102 true\n", "", StringComparison.Ordinal), Everybody, Inner, "a@example.net", "y@example.org", NoRelay);
    }

    [Fact]
    public void EX_SCN_A4_an_invented_sender_relays_only_where_the_last_line_is_missing_in_the_original()
    {
        InBoth(ListA, Everybody, Outside, "invented@example.jp", null, SenderOk);
        InBoth(ListA, Everybody, Outside, "invented@example.jp", "y@example.org", NoRelay);
        var shorter = ListA.Replace("\n*.*.*.* norelay", "", StringComparison.Ordinal);
        Assert.Equal(SenderOk, Dialogue(Gateway(shorter, original: true, Everybody), Outside, "invented@example.jp", "y@example.org"));
        Assert.Equal(NoRelay, Dialogue(Gateway(shorter, original: false, Everybody), Outside, "invented@example.jp", "y@example.org"));
    }

    [Fact]
    public void EX_SCN_A5_a_forged_postmaster_is_refused() => InBoth(ListA, Everybody, Outside, "postmaster@example.jp", null, InvalidSender);

    [Fact]
    public void EX_SCN_A6_or_asked_for_AUTH_when_the_list_of_forced_senders_names_it() =>
        InBoth(ListA.Replace("postmaster@example.jp false\n", "", StringComparison.Ordinal), Everybody, Outside, "postmaster@example.jp", null,
            "503 5.0.0 Need EHLO before AUTH", ("auth.required_senders", "postmaster@*"));

    [Theory]
    [InlineData("a@example.jp", SenderOk)]
    [InlineData("b@example.jp", SenderOk)]
    [InlineData("c@example.jp", NoRelay)]
    public void EX_SCN_B1_only_addresses_with_an_alias_pass(string to, string answer) =>
        InBoth("#<> default\n#blank false\n*.*.*.* norelay", ["a@example.jp", "b@example.jp"], Outside, "x@example.net", to, answer);

    [Fact]
    public void EX_SCN_B2_a_user_without_alias_sends_only_through_the_line_of_the_inner_server()
    {
        InBoth("#<> default\n#blank false\n*.*.*.* norelay", ["a@example.jp"], Inner, "c@example.jp", "y@example.org", NoRelay);
        InBoth("192.168.0.102 true\n#<> default\n#blank false\n*.*.*.* norelay", ["a@example.jp"], Inner, "c@example.jp", "y@example.org", SenderOk);
    }

    [Fact]
    public void EX_SCN_B3_back_scatter_is_refused() => InBoth("#<> default\n#blank false", ["a@example.jp"], Outside, "", "zz@example.jp", NoRelay);

    [Fact]
    public void EX_SCN_C1_who_may_not_send_outside_is_refused_at_MAIL() => InBoth(ListC, Everybody, Inner, "parttime@example.jp", null, InvalidSender);

    [Fact]
    public void EX_SCN_C3_everybody_else_passes() => InBoth(ListC, Everybody, Inner, "taro@example.jp", "y@example.org", SenderOk);

    [Fact]
    public void EX_SCN_C4_GAP_15_with_the_lines_swapped_he_passes() => InBoth(
        "#<> default\n#blank false\n192.168.0.102 true\nparttime@example.jp false\n*.*.*.* norelay", Everybody, Inner, "parttime@example.jp", "y@example.org", SenderOk);

    [Fact]
    public void EX_SCN_C5_mail_for_him_is_accepted() => InBoth(ListC, Everybody, Outside, "x@example.net", "parttime@example.jp", SenderOk);
}
