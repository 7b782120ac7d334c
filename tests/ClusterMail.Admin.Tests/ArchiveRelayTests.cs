using System.Net;
using ClusterMail.Admin.Contract;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>EX-ADMIN-7: what an archive brings back decides as what was exported.</summary>
public sealed class ArchiveRelayTests
{
    private const string ClientA = "192.168.0.10";
    private const string ClientB = "203.0.113.9";

    /// <param name="Expected">First digits of the replies to MAIL and RCPT in the original profile, as the example says.</param>
    private sealed record Example(string Name, string List, string Client, string From, string To, string Expected, string? Auth = null, bool Blank = false, string? Level = null);

    // Chapter 02 G, line by line.
    private static readonly Example[] Examples =
    [
        new("EX-RELAY-1", "", ClientB, "x@example.net", "y@example.org", "250 550"),
        new("EX-RELAY-2", "", ClientB, "taro@example.jp", "y@example.org", "250 250"),
        new("EX-RELAY-3", "", ClientB, "nobody@example.jp", "y@example.org", "550"),
        new("EX-RELAY-4", "192.168.0.* true", ClientA, "nobody@example.jp", "y@example.org", "250 250"),
        new("EX-RELAY-4", "192.168.0.* true", ClientA, "nobody@example.jp", "nobody@example.jp", "250 550"),
        new("EX-RELAY-5", "192.168.0.* false", ClientA, "x@example.net", "taro@example.jp", "550"),
        new("EX-RELAY-6", "192.168.0.10 default\n192.168.0.* false", ClientA, "taro@example.jp", "y@example.org", "250 250"),
        new("EX-RELAY-6", "192.168.0.10 default\n192.168.0.* false", "192.168.0.11", "taro@example.jp", "y@example.org", "550"),
        new("EX-RELAY-6", "192.168.0.* false\n192.168.0.10 default", ClientA, "taro@example.jp", "y@example.org", "550"),
        new("EX-RELAY-7", "192.168.*.* default\n*.*.*.* norelay", ClientB, "x@example.net", "taro@example.jp", "250 250"),
        new("EX-RELAY-7", "192.168.*.* default\n*.*.*.* norelay", ClientB, "taro@example.jp", "y@example.org", "250 550"),
        new("EX-RELAY-7", "192.168.*.* default\n*.*.*.* norelay", ClientB, "taro@example.jp", "y@example.org", "250 250", "taro@example.jp"),
        new("EX-RELAY-7", "192.168.*.* default\n*.*.*.* norelay,0", ClientB, "taro@example.jp", "y@example.org", "250 550", "taro@example.jp"),
        new("EX-RELAY-8", "*.*.*.* norelay,2", ClientB, "taro@example.jp", "taro@example.jp", "250 250", Level: "per-account"),
        new("EX-RELAY-8", "*.*.*.* norelay,2", ClientB, "taro@example.jp", "y@example.org", "250 550", Level: "per-account"),
        new("EX-RELAY-8", "*.*.*.* norelay", ClientB, "taro@example.jp", "y@example.org", "503", Level: "per-account"),
        new("EX-RELAY-9", "192.168.1.0/28 default\n0.0.0.0 only", "192.168.1.15", "taro@example.jp", "y@example.org", "250 250"),
        new("EX-RELAY-9", "192.168.1.0/28 default\n0.0.0.0 only", "192.168.1.16", "taro@example.jp", "y@example.org", "550"),
        new("EX-RELAY-9", "192.168.1.0/28 default\n0.0.0.0 only", "192.168.1.16", "x@example.net", "taro@example.jp", "250 250"),
        new("EX-RELAY-10", "#<> default\n#blank false", ClientB, "", "taro@example.jp", "250 250"),
        new("EX-RELAY-10", "#<> default\n#blank false", ClientB, "", "y@example.org", "250 550"),
        new("EX-RELAY-10", "#<> default\n#blank false", ClientB, "", "taro@example.jp", "550", Blank: true),
        new("EX-RELAY-10", "#blank false", ClientB, "", "taro@example.jp", "550"),
        new("EX-RELAY-11", "#number false", ClientB, "a@[192.0.2.1]", "taro@example.jp", "550"),
        new("EX-RELAY-11", "#nodomain false", ClientB, "a", "taro@example.jp", "550"),
        new("EX-RELAY-11", "#host false", ClientB, "a@pc1", "taro@example.jp", "550"),
        new("EX-RELAY-11", "#host false", ClientB, "a@pc1.example.net", "taro@example.jp", "250 250"),
        new("EX-RELAY-12", "bad@example.net false\n192.168.0.* true", ClientA, "bad@example.net", "taro@example.jp", "550"),
        new("EX-RELAY-12", "192.168.0.* true\nbad@example.net false", ClientA, "bad@example.net", "taro@example.jp", "250 250"),
        new("EX-RELAY-13", "", ClientB, "x@example.net", "jiro@example.jp", "250 550"),
        new("EX-RELAY-13", "", ClientB, "x@example.net", "hanako@example.jp", "250 250"),
    ];

    [Theory]
    [InlineData("original")]
    [InlineData("safe")]
    public async Task EX_ADMIN_7_after_export_wipe_and_import_every_relay_example_is_answered_as_before(string profile)
    {
        await using var host = await AdminHost.StartAsync();
        await using var other = await AdminHost.StartAsync();
        foreach (var lists in Examples.GroupBy(e => (e.List, e.Level)))
        {
            await FillAsync(host, profile, lists.Key.List, lists.Key.Level);
            var archive = await ArchiveScene.ExportAsync(host, accounts: true);
            await WipeAsync(other);
            await ArchiveScene.ImportAsync(other, new SettingsImport(archive.Text, Confirm: true));
            foreach (var example in lists)
            {
                var (before, after) = (await AnswerAsync(host, example), await AnswerAsync(other, example));
                Assert.Equal(before, after);
                if (profile == "original")
                    Assert.True(before[0] == example.Expected, $"{example}: {before[0]}");
            }
        }
    }

    private static async Task FillAsync(AdminHost host, string profile, string list, string? level)
    {
        await WipeAsync(host);
        var values = new Dictionary<string, string>(Catalogue.Profile(profile)!) { ["relay.rules"] = list, ["domain.table"] = "example.jp local\n" };
        if (level is null)
            values["auth.methods"] = "NO";
        else
            values["auth.security_level"] = level;
        await ArchiveScene.SaveAsync(host, values);
        await host.Service<AccountStore>().CreateAsync("example.jp", [new("taro"), new("hanako") { SmtpAuth = false }, new("jiro")], 0, false, "tester", default);
        await host.Service<AccountStore>().ChangeAsync("example.jp", "jiro", new AccountEdit { RelayRules = "*@partner.example default\n* false\n" }, "tester", default);
    }

    private static Task WipeAsync(AdminHost host) => host.Database.ExecuteAsync("TRUNCATE setting_version, alias, account CASCADE");

    /// <summary>The codes first, then every check with its rule.</summary>
    private static async Task<string[]> AnswerAsync(AdminHost host, Example example)
    {
        var directory = new DirectoryWatch(new DirectoryReader(host.Database.Source));
        await directory.FollowAsync(await host.Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
        var snapshot = (await host.Service<SettingsStore>().LoadAsync(null, default))!;
        // The same number for both: the version is no part of the answer.
        var policy = new NodeView(new SettingSet(1, snapshot.Values), new NodeFacts("n1", "n1.example.jp", []), directory).Policy;
        var from = example.From.Length == 0 ? ReversePath.Null : new ReversePath(Mailbox.FromStored(example.From));
        var auth = example.Auth is { } name ? Mailbox.FromStored(name) : (Mailbox?)null;
        var said = await Explanation.OfAsync(policy, new Policy.ExplainRequest(IPAddress.Parse(example.Client), "pc", from, [Mailbox.FromStored(example.To)], false, auth, example.Blank), default);
        var codes = said.Recipients.Select(r => r.Verdict.Refusal?.Code ?? 250).Prepend(said.Mail.Refusal?.Code ?? 250);
        return [string.Join(' ', codes), .. said.Steps.Concat(said.Recipients.SelectMany(r => r.Steps)).Select(step => $"{step.Stage} {step.Check} {step.Rule} {step.Result}")];
    }
}
