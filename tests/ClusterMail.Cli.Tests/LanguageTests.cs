using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Tests;

/// <summary>English and Japanese (docs/decisions/0015).</summary>
public sealed class LanguageTests
{
    private static readonly Dictionary<string, string?> InJapanese = new() { ["LANG"] = "ja_JP.UTF-8" };

    [Fact]
    public void LANG_no_text_is_kept_that_no_verb_says_any_more()
    {
        var said = Descriptions(CommandLine.Build()).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(JapaneseHelp.Texts.Keys.Except(said));
    }

    [Fact]
    public void LANG_every_noun_and_verb_of_this_list_of_words_is_translated()
    {
        var root = CommandLine.Build();
        var nouns = root.Subcommands.Where(c => c.Name is "cluster" or "address" or "queue" or "settings" or "route" or "relay" or "domain" or "account" or "alias" or "log" or "db" or "trace" or "explain" or "setup" or "drill");
        Assert.Empty(nouns.SelectMany(noun => noun.Subcommands.Append(noun)).Select(command => command.Description ?? "").Where(text => !JapaneseHelp.Texts.ContainsKey(text)).Distinct());
    }

    [Fact]
    public async Task LANG_help_is_Japanese_in_a_Japanese_locale_and_with_lang_ja()
    {
        foreach (var result in new[] { await Cli.RunAsync(InJapanese, ["settings", "--help"]), await Cli.RunAsync("settings", "--help", "--lang", "ja") })
        {
            Assert.Equal(0, result.ExitCode);
            foreach (var part in new[] { "説明:", "使い方:", "オプション:", "コマンド:", "例:", "クラスタの設定の表示、変更、比較、復元。", "設定を変更します。" })
                Assert.Contains(part, result.StandardOutput, StringComparison.Ordinal);
            Assert.DoesNotContain("Description:", result.StandardOutput, StringComparison.Ordinal);
        }
        var english = await Cli.RunAsync(InJapanese, ["settings", "--help", "--lang", "en"]);
        Assert.Contains("Description:", english.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("説明", english.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no setting 'receive.max_byte'.", "設定 'receive.max_byte' はありません。")]
    [InlineData("must be from 10 to 86400 seconds", "10 から 86400 seconds までの値を指定してください")]
    [InlineData("Settings were changed since by hanako: version 42 of 2026-01-31 08:00:00Z.", "設定は hanako によって変更されています: 版 42 (2026-01-31 08:00:00Z)。")]
    [InlineData("taro@example.jp exists already.", "taro@example.jp はすでにあります。")]
    [InlineData("nobody has translated this", "nobody has translated this")]
    [InlineData("", "")]
    public void LANG_what_a_node_answers_is_recognised_and_what_stands_in_it_is_kept(string english, string japanese) => Assert.Equal(japanese, JapaneseAnswers.Of(english));

    [Fact]
    public async Task LANG_a_refusal_is_Japanese_and_keeps_rule_name_and_line()
    {
        var fault = new Fault("relay.rules", 3, 12, "RELAY-1", "'here' is no address", null);
        var problem = new Problem { Title = "relay.rules line 3: 'here' is no address (RELAY-1)", Status = 400, Name = "relay.rules", Line = 3, Column = 12, Rule = "RELAY-1", Faults = [fault] };
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.Settings, problem, AdminJson.Default.Problem, 400);
        var result = await Cli.RunAsync(InJapanese, ["settings", "set", "relay.rules=x", "--url", peer.Url, "--token", AdminPeer.Token]);
        Assert.Equal("clustermail: relay.rules:3:12: 'here' はアドレスではありません [RELAY-1]\n", result.StandardError);
    }

    [Fact]
    public async Task LANG_the_meaning_of_a_setting_is_Japanese_where_the_node_has_it_so()
    {
        var entry = new SettingEntry("receive.max_rcpt", "1000", SettingSource.Default, "integer", "1000", "0", "2 to 1000000, or 0", "recipients", "With N, ...", "\"CC,BCC\"受領制限", "LIMIT-3", false, false, 3)
        {
            SummaryJapanese = "N を指定すると N 番目の宛先を拒否する。",
        };
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Fill(Routes.Setting, "receive.max_rcpt"), entry, AdminJson.Default.SettingEntry);
        var result = await Cli.RunAsync(InJapanese, ["settings", "get", "receive.max_rcpt", "--url", peer.Url, "--token", AdminPeer.Token]);
        Assert.Contains("N 番目の宛先を拒否する", result.StandardOutput, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Descriptions(Command command) =>
        [.. new Symbol[] { command }.Concat(command.Options).Concat(command.Arguments).Select(symbol => symbol.Description ?? ""), .. command.Subcommands.SelectMany(Descriptions)];
}
