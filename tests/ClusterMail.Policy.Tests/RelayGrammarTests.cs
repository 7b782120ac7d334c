using System.Diagnostics;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

public sealed class RelayGrammarTests
{
    [Fact]
    public void EX_ADMIN_3_a_TAB_in_line_3_is_refused_by_line_and_rule()
    {
        var error = Assert.Single(Errors("#<> default\n#blank false\n192.168.0.*\tfalse\n"));
        Assert.Equal((3, 12, "RELAY-1"), (error.Line, error.Column, error.Rule));
        Assert.Contains("relay.rules line 3", error.ToString());
    }

    [Fact]
    public void EX_RELAY_14_an_import_goes_on_without_the_line_that_is_wrong()
    {
        var (list, _) = RelayList.Parse("192.168.0.*\tfalse\n10.0.0.1 false", RelaySwitches.Safe);
        Assert.Equal("10.0.0.1", Assert.Single(list.Rules).Pattern);
    }

    [Theory]
    [InlineData("10.0.0.1 allow", "RELAY-20")]
    [InlineData("10.0.0.1 true,0", "RELAY-25")]
    [InlineData("10.0.0.1 norelay,3", "RELAY-25")]
    [InlineData("10.0.0.1 norelay,", "RELAY-25")]
    [InlineData("10.0.0.1 true false", "RELAY-1")]
    [InlineData("10.0.0.256 true", "RELAY-6")]
    [InlineData("10.0.1 false", "RELAY-6")]
    [InlineData("..* norelay", "RELAY-6")]            // CONTRA-10: as one guide prints it
    [InlineData("10.0.0.0/33 false", "RELAY-6")]
    [InlineData("10.0.0.*/24 false", "RELAY-6")]
    [InlineData("10.0.0.0/x false", "RELAY-6")]
    [InlineData("2001:db8::/129 false", "RELAY-6")]
    [InlineData("2001:zz::1 false", "RELAY-6")]
    [InlineData("@example.net false", "RELAY-7")]
    [InlineData("u@ false", "RELAY-7")]
    [InlineData("#everyone false", "RELAY-7")]
    public void RELAY_1_a_wrong_line_is_refused(string line, string rule)
    {
        var error = Assert.Single(Errors("#<> default\n" + line));
        Assert.Equal((2, rule), (error.Line, error.Rule));
    }

    [Fact]
    public void RELAY_1_comments_and_empty_lines_are_no_rules()
    {
        var (list, errors) = RelayList.Parse("' a comment\n a comment with a\tTAB\n\n#<> default\r\n#blank false\r\n", RelaySwitches.Safe);
        Assert.Equal([4, 5], list.Rules.Select(r => r.Line));
        Assert.Empty(errors);
    }

    [Fact]
    public void RELAY_3_a_missing_action_means_true() =>
        Assert.Equal(RelayAction.True, RelayList.Parse("10.0.0.1", RelaySwitches.Safe).List.Rules[0].Action);

    [Fact]
    public void RELAY_4_lines_after_only_are_ignored_with_one_warning()
    {
        var (list, errors) = RelayList.Parse("#<> default\n10.0.0.1 only\n10.0.0.2 true\n10.0.0.3 true", RelaySwitches.Safe);
        Assert.Equal(2, list.Rules.Length);
        var warning = Assert.Single(errors);
        Assert.Equal((3, "RELAY-4", true), (warning.Line, warning.Rule, warning.IsWarning));
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("10.*.*.*", "10.255.0.1", true)]
    [InlineData("10.*.*.*", "11.0.0.1", false)]
    [InlineData("10.*.5.*", "10.9.5.1", true)]
    [InlineData("10.*.5.*", "10.9.6.1", false)]
    [InlineData("192.168.1.0/28", "192.168.1.15", true)]
    [InlineData("192.168.1.0/28", "192.168.1.16", false)]
    [InlineData("192.168.1.5/28", "192.168.1.1", true)]
    [InlineData("*.*.*.*", "203.0.113.9", true)]
    [InlineData("*.*.*.*", "2001:db8::1", true)]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.0/120", "10.1.2.77", true)]
    [InlineData("::ffff:10.1.2.0/120", "10.1.3.1", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:DB8:0:0::1", "2001:db8::1", true)]
    [InlineData("0.0.0.0", "203.0.113.9", false)]
    public void RELAY_6_client_patterns(string pattern, string client, bool matches) =>
        Assert.Equal(matches, !Snapshot(pattern + " false", original: true).Begin(Client(client)).Mail(From("x@example.net"), false).Accepted);

    [Theory]
    [InlineData("example.net", "x@example.net", true)]
    [InlineData("example.net", "x@EXAMPLE.NET", true)]
    [InlineData("example.net", "x@example.net.", true)]
    [InlineData("example.net", "x@sub.example.net", false)]
    [InlineData("*@example.net", "x@example.net", true)]
    [InlineData("*.example.net", "x@a.b.example.net", true)]
    [InlineData("*.example.net", "x@example.net", false)]
    [InlineData("*.example.net", "x@badexample.net", false)]
    [InlineData("bad@example.net", "BAD@example.net", true)]
    [InlineData("bad@example.net", "\"bad\"@example.net", true)]
    [InlineData("bad@example.net", "\"b\\ad\"@example.net", true)]
    [InlineData("bad@example.net", "good@example.net", false)]
    [InlineData("news-*@example.net", "news-7@example.net", true)]
    [InlineData("news-*@example.net", "old@example.net", false)]
    [InlineData("mail*.example.net", "x@mail7.example.net", true)]
    [InlineData("u@*.example.net", "u@a.example.net", true)]
    [InlineData("u@*.example.net", "v@a.example.net", false)]
    [InlineData("*", "x@anything.example", true)]
    [InlineData("*", "", false)]
    [InlineData("例え.jp", "x@xn--r8jz45g.jp", true)]
    public void RELAY_8_sender_patterns(string pattern, string from, bool matches) =>
        Assert.Equal(matches, !Snapshot(pattern + " false", original: true).Begin(Client(ClientB)).Mail(From(from), false).Accepted);

    [Theory]
    [InlineData("*.*.*.*")]
    [InlineData("0.0.0.0/0")]
    [InlineData("0.0.0.0/1")]
    [InlineData("::/0")]
    [InlineData("2000::/3")]
    public void RELAY_62_true_for_everybody_is_refused_unless_the_switch_is_on(string pattern)
    {
        Assert.Equal("RELAY-62", Assert.Single(Errors($"#<> default\n{pattern} true")).Rule);
        Assert.Equal("RELAY-62", Assert.Single(Errors($"#<> default\n{pattern}")).Rule);
        Assert.DoesNotContain(RelayList.Parse($"{pattern} true", RelaySwitches.Original).Errors, e => !e.IsWarning);
        Assert.DoesNotContain(RelayList.Parse($"{pattern} true", RelaySwitches.Safe).List.Rules, r => r.Action == RelayAction.True);
    }

    [Theory]
    [InlineData("10.0.0.0/23 true", "RELAY-62")]
    [InlineData("example.net true", "RELAY-61")]
    [InlineData("#<> true", "RELAY-61")]
    [InlineData("10.0.0.1 norelay,1", "RELAY-25")]
    [InlineData("*.*.*.* default", "RELAY-60")]
    public void RELAY_61_lines_that_mean_less_or_more_than_they_seem_are_warned_of(string line, string rule)
    {
        var warning = Assert.Single(RelayList.Parse("#<> default\n" + line, RelaySwitches.Safe).Errors);
        Assert.Equal((2, rule, true), (warning.Line, warning.Rule, warning.IsWarning));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("#blank false\n#<> default", 1)]
    [InlineData("#<> default\n#blank false", 0)]
    public void RELAY_63_a_list_without_the_shipped_first_line_is_warned_of(string text, int warnings) =>
        Assert.Equal(warnings, RelayList.Parse(text, RelaySwitches.Safe).Errors.Count(e => e is { Rule: "RELAY-63", IsWarning: true }));

    [Fact]
    public void RELAY_1_warnings_never_hide_an_error()
    {
        var text = string.Concat(Enumerable.Range(0, 500).Select(i => $"d{i}.example true\n")) + "10.0.0.1\tfalse";
        Assert.Equal("RELAY-1", Assert.Single(Errors(text)).Rule);
    }

    /// <summary>The index against the plain reading of RELAY-2, on a list that mixes every kind of pattern.</summary>
    [Fact]
    public void RELAY_2_the_index_finds_the_same_line_as_reading_from_the_top()
    {
        string[] patterns =
        [
            "10.0.0.1", "10.0.0.*", "10.0.*.1", "10.0.0.0/30", "*.*.*.*", "2001:db8::1", "2001:db8::/48", "a@one.example", "*@one.example",
            "one.example", "*.one.example", "a*@one.example", "*@*.example", "#host", "#number", "#nodomain", "#blank", "#<>",
        ];
        string[] clients = ["10.0.0.1", "10.0.0.2", "10.0.9.1", "192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db9::1"];
        string[] senders = ["a@one.example", "ab@one.example", "b@one.example", "a@x.one.example", "a@two.example", "a@pc", "a@[192.0.2.1]", "a", ""];
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var chosen = Enumerable.Range(0, random.Next(1, 8)).Select(_ => patterns[random.Next(patterns.Length)]).ToArray();
            var client = clients[random.Next(clients.Length)];
            var sender = senders[random.Next(senders.Length)];
            var alone = Array.FindIndex(chosen, p => !Passes(p + " false", client, sender));
            var rule = Snapshot(string.Join('\n', chosen.Select(p => p + " false")), original: true).Begin(Client(client)).Mail(From(sender), false).Rule;
            Assert.Equal(alone < 0 ? "RELAY-31" : $"RELAY-33 line {alone + 1}", rule);
        }
    }

    [Fact]
    public void RELAY_2_five_thousand_lines_cost_a_few_times_what_eight_cost_and_not_six_hundred_times()
    {
        var (few, many) = (Snapshot(Lines(8), original: false), Snapshot(Lines(5000), original: false));
        for (var i = 0; i < 20_000; i++)
        {
            OneTransaction(few);
            OneTransaction(many);
        }
        // The best of several turns each, by turns: a busy machine slows both.
        var (bestFew, bestMany) = (double.MaxValue, double.MaxValue);
        for (var attempt = 0; attempt < 10; attempt++)
            (bestFew, bestMany) = (Math.Min(bestFew, Cost(few)), Math.Min(bestMany, Cost(many)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{bestFew:F2} and {bestMany:F2} µs per transaction");
        Assert.True(bestMany < 10 * bestFew, $"{bestMany:F1} µs with 5,000 lines, {bestFew:F1} µs with 8");
    }

    private static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(i => (i % 4) switch
    {
        0 => $"10.{i / 256}.{i % 256}.1 false\n",
        1 => $"172.{16 + i % 16}.{i % 256}.0/{20 + i % 12} default\n",
        2 => $"bad{i}@spam{i}.example false\n",
        _ => $"*.bulk{i}.example false\n",
    }));

    /// <summary>Microseconds of one transaction.</summary>
    private static double Cost(PolicySnapshot snapshot)
    {
        const int rounds = 10_000;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < rounds; i++)
            OneTransaction(snapshot);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / rounds;
    }

    private static void OneTransaction(PolicySnapshot snapshot)
    {
        var t = snapshot.Begin(Client0);
        t.Mail(Sender0, false);
        t.Recipient(Recipient0);
    }

    private static readonly ClientFacts Client0 = Client(ClientB);
    private static readonly Protocol.ReversePath Sender0 = From("x@mail.example.net");
    private static readonly Protocol.Mailbox Recipient0 = To("taro@example.jp");

    private static bool Passes(string list, string client, string sender) =>
        Snapshot(list, original: true).Begin(Client(client)).Mail(From(sender), false).Accepted;

    private static IEnumerable<SettingError> Errors(string text) => RelayList.Parse(text, RelaySwitches.Safe).Errors.Where(e => !e.IsWarning);
}
