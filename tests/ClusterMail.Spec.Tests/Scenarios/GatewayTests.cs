using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Scenarios;

/// <summary>Chapter 10, the whole way: Postfix inside and outside, our farm between them. Each set-up in turn, because there is one GW.</summary>
[Collection(nameof(ScenarioCollection))]
public sealed class GatewayTests(ScenarioFixture servers)
{
    private const string ListA = "#<> default\n#blank false\npostmaster@example.jp false\n127.0.0.102 true\n*.*.*.* norelay";
    private const string ListC = "#<> default\n#blank false\nparttime@example.jp false\n127.0.0.102 true\n*.*.*.* norelay";
    private const string NoRelay = "550 5.1.1 Please mail to a valid e-mail address.";
    private const string InvalidSender = "550 5.1.7 Please, mail from a valid IP or Domain address.";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly string[] Everybody = ["*@example.jp"];

    private static string RecipientOk(string to) => $"250 2.0.0 <{to}>... Recipient ok.";

    private static string[] Profile(bool original) => [$"compat.relay.trust_envelope_sender={(original ? "true" : "false")}", $"compat.relay.envelope_true={(original ? "true" : "false")}", "auth.required_senders="];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EX_SCN_A1_EX_SCN_A2_EX_SCN_A3_SCN_1_mail_goes_in_out_and_on_through_the_gateway(bool original)
    {
        await servers.ConfigureAsync(ListA, Everybody, Profile(original));
        await PassesAsync("EX-SCN-A1", servers.Outside, "a@example.net", "any@example.jp", servers.InnerBox);
        await PassesAsync("EX-SCN-A2", servers.Inner, "taro@example.jp", "y@example.org", servers.OutsideBox);
        await PassesAsync("EX-SCN-A3", servers.Inner, "a@example.net", "y@example.org", servers.OutsideBox);
        Assert.StartsWith("550 5.1.7", await servers.AskAsync("OUT", "postmaster@example.jp"), StringComparison.Ordinal);
        Assert.StartsWith("250", await servers.AskAsync("OUT", "invented@example.jp"), StringComparison.Ordinal);
        Assert.Equal(NoRelay, await servers.AskAsync("OUT", "invented@example.jp", "y@example.org"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EX_SCN_A4_without_the_last_line_an_invented_sender_relays_in_the_original_only(bool original)
    {
        await servers.ConfigureAsync(ListA.Replace("\n*.*.*.* norelay", "", StringComparison.Ordinal), Everybody, Profile(original));
        Assert.Equal(original ? RecipientOk("y@example.org") : NoRelay, await servers.AskAsync("OUT", "invented@example.jp", "y@example.org"));
    }

    [Fact]
    public async Task EX_SCN_A3_without_its_line_the_inner_server_forwards_nothing_from_outside_to_outside()
    {
        await servers.ConfigureAsync(ListA.Replace("127.0.0.102 true\n", "", StringComparison.Ordinal), Everybody, Profile(false));
        Assert.Equal(NoRelay, await servers.AskAsync("IN", "a@example.net", "y@example.org"));
    }

    [Fact]
    public async Task EX_SCN_A6_a_sender_that_must_authenticate_is_asked_to()
    {
        await servers.ConfigureAsync(
            ListA.Replace("postmaster@example.jp false\n", "", StringComparison.Ordinal), Everybody, [.. Profile(false).SkipLast(1), "auth.required_senders=postmaster@*"]);
        Assert.Equal("503 5.0.0 Need EHLO before AUTH", await servers.AskAsync("OUT", "postmaster@example.jp"));
    }

    [Fact]
    public async Task EX_SCN_B1_EX_SCN_B2_EX_SCN_B3_only_addresses_with_an_alias_pass()
    {
        string[] aliases = ["a@example.jp", "b@example.jp"];
        await servers.ConfigureAsync("#<> default\n#blank false\n*.*.*.* norelay", aliases, Profile(false));
        await PassesAsync("EX-SCN-B1", servers.Outside, "x@example.net", "a@example.jp", servers.InnerBox);
        Assert.Equal(NoRelay, await servers.AskAsync("OUT", "x@example.net", "c@example.jp"));
        Assert.Equal(NoRelay, await servers.AskAsync("OUT", "", "zz@example.jp"));
        Assert.Equal(NoRelay, await servers.AskAsync("IN", "c@example.jp", "y@example.org"));
        await servers.ConfigureAsync("127.0.0.102 true\n#<> default\n#blank false\n*.*.*.* norelay", aliases, Profile(false));
        await PassesAsync("EX-SCN-B2", servers.Inner, "c@example.jp", "y@example.org", servers.OutsideBox);
        Assert.DoesNotContain(servers.InnerBox.Mails, mail => mail.ForwardPaths.Contains("zz@example.jp"));
    }

    [Fact]
    public async Task EX_SCN_C1_EX_SCN_C2_EX_SCN_C3_EX_SCN_C5_SCN_C4_SCN_C5_who_may_not_send_outside_gets_the_refusal_back_in_his_mailbox()
    {
        await servers.ConfigureAsync(ListC, Everybody, Profile(false));
        await ScenarioFixture.SendAsync(servers.Inner, "parttime@example.jp", "y@example.org", "EX-SCN-C1");
        var error = await servers.InnerBox.OneAsync(mail => mail.ReversePath.Length == 0 && mail.ForwardPaths.Contains("parttime@example.jp"), Soon);
        // IN folds the reply into its own lines.
        Assert.Contains(InvalidSender, string.Join(' ', error.Text.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.DoesNotContain(servers.OutsideBox.Mails, mail => mail.MessageId == "EX-SCN-C1@user.example");
        // SCN-C5: GW's own evidence.
        await Until.TrueAsync(async () => (await servers.Farm.RunAsync("log", "receivelog")) is var log && log.Contains("RECV <- MAIL FROM:<parttime@example.jp>", StringComparison.Ordinal)
            && log.Contains($"SEND -> {InvalidSender}", StringComparison.Ordinal), Soon, "the refusal in receivelog");

        await ScenarioFixture.SendAsync(servers.Inner, "parttime@example.jp", "taro@example.jp", "EX-SCN-C2");
        await servers.InnerBox.OneAsync(mail => mail.MessageId == "EX-SCN-C2@user.example", Soon);
        Assert.DoesNotContain("parttime@example.jp taro@example.jp", await servers.Farm.RunAsync("log", "inlog"), StringComparison.Ordinal);

        await PassesAsync("EX-SCN-C3", servers.Inner, "taro@example.jp", "y@example.org", servers.OutsideBox);
        await PassesAsync("EX-SCN-C5", servers.Outside, "x@example.net", "parttime@example.jp", servers.InnerBox);
    }

    [Fact]
    public async Task EX_SCN_C4_with_the_two_lines_swapped_his_mail_passes()
    {
        await servers.ConfigureAsync("#<> default\n#blank false\n127.0.0.102 true\nparttime@example.jp false\n*.*.*.* norelay", Everybody, Profile(false));
        await PassesAsync("EX-SCN-C4", servers.Inner, "parttime@example.jp", "y@example.org", servers.OutsideBox);
    }

    /// <summary>EX-SCN-D1 is in all of them: IN listens on a port of its own, and senderlog shows it.</summary>
    private async Task PassesAsync(string name, Postfix by, string from, string to, RecordingSink box)
    {
        var before = box.Mails.Count(mail => mail.MessageId == $"{name}@user.example");
        await ScenarioFixture.SendAsync(by, from, to, name);
        try
        {
            await Until.TrueAsync(() => box.Mails.Count(mail => mail.MessageId == $"{name}@user.example") > before, Soon, $"{name} arrives");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{by.Log()}\n{servers.Farm.Logs()}", e);
        }
        var arrived = box.Mails.Last(mail => mail.MessageId == $"{name}@user.example");
        await Story.CompareAsync(name, await Story.OfAsync(servers.Farm, arrived));
    }
}
