using System.Text;
using System.Text.Json;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Tests;

public sealed class AccountTests
{
    private static readonly AccountDone Done = new("taro@example.jp", "done");

    [Fact]
    public async Task AUTH_7_a_password_comes_from_standard_input_and_is_asked_of_nobody_who_is_not_there()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.Accounts, Done, AdminJson.Default.AccountDone)
            .Answering("PUT", Routes.Accounts + "/taro@example.jp/password", Done, AdminJson.Default.AccountDone);
        var added = await Cli.TypeAsync("秘密の言葉12\nmore\n", "account", "add", "taro@example.jp", "--name", "Taro", "--pop3", "off", "--smtp", "off", "--password-stdin", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "taro@example.jp was created\n"), (added.ExitCode, added.StandardOutput));
        var sent = JsonSerializer.Deserialize(peer.Requests[^1].Body, AdminJson.Default.AccountAdd)!;
        Assert.Equal(("秘密の言葉12", "Taro", false, null, true), (sent.Password, sent.FullName, sent.Pop3, sent.Imap4, sent.SmtpDisabled));

        var set = await Cli.TypeAsync("Secret123\n", "account", "password", "taro@example.jp", "--password-stdin", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(0, set.ExitCode);
        Assert.Equal("""{"password":"Secret123"}""", peer.Requests[^1].Body);

        var asked = await Cli.RunAsync("account", "password", "taro@example.jp", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(2, asked.ExitCode);
        Assert.Contains("--password-stdin", asked.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IMP_4_a_file_is_sent_in_parts_with_their_line_numbers_and_the_report_has_every_line()
    {
        var path = Routes.Fill(Routes.DomainImport, "example.jp");
        var answer = new AccountImportResult([new(7, "taro@example.jp", ImportOutcomes.Created), new(8, "", ImportOutcomes.Refused, "3 columns", "IMP-1")]);
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", path, answer, AdminJson.Default.AccountImportResult);
        using var folder = new TemporaryFolder();
        var (file, tsv, json) = (Path.Combine(folder.Path, "accounts.txt"), Path.Combine(folder.Path, "report.tsv"), Path.Combine(folder.Path, "report.json"));
        var text = string.Concat(Enumerable.Range(1, 30).Select(n => $"u{n}\t*\t太郎\texample.jp\t\t1\t0\t0{(n % 2 == 0 ? "\r\n" : "\n")}"));
        await File.WriteAllTextAsync(file, text);

        var result = await Cli.RunAsync("account", "import", "--domain", "example.jp", file, "--update-existing", "--report", tsv, "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("2 lines were refused", result.StandardError, StringComparison.Ordinal);
        Assert.StartsWith("2 created, 0 updated, 0 skipped (they exist), 2 refused", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal([$"{path}?first=1&encoding=utf-8&update=true", $"{path}?first=26&encoding=utf-8&update=true"], peer.Requests.Select(request => request.PathAndQuery));
        Assert.Equal(text, string.Concat(peer.Requests.Select(request => request.Body)));
        Assert.Equal("line\taddress\toutcome\trule\treason\n7\ttaro@example.jp\tcreated\t\t\n8\t\trefused\tIMP-1\t3 columns\n", string.Concat((await File.ReadAllLinesAsync(tsv)).Take(3).Select(line => line + "\n")));

        await Cli.RunAsync("account", "import", "--domain", "example.jp", file, "--report", json, "--url", peer.Url, "--token", AdminPeer.Token);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        Assert.Equal(4, report.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task IMP_7_a_file_that_is_not_UTF_8_throughout_is_sent_as_Shift_JIS()
    {
        var path = Routes.Fill(Routes.DomainImport, "example.jp");
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", path, new AccountImportResult([]), AdminJson.Default.AccountImportResult);
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "accounts.txt");
        await File.WriteAllBytesAsync(file, [.. Encoding.ASCII.GetBytes("u1\t*\tA\td\t\t1\t0\t0\nu2\t*\t"), 0x8E, 0x52, 0x93, 0x63, .. Encoding.ASCII.GetBytes("\td\t\t1\t0\t0")]);
        Assert.Equal(0, (await Cli.RunAsync("account", "import", "--domain", "example.jp", file, "--dry-run", "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
        Assert.Equal($"{path}?first=1&encoding=shift_jis&dryRun=true", Assert.Single(peer.Requests).PathAndQuery);
    }

    [Fact]
    public async Task DOM_10_removing_a_domain_with_accounts_asks_with_their_number()
    {
        var path = Routes.Fill(Routes.Domain, "example.jp");
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", path, new DomainEntry("example.jp", "local", 12), AdminJson.Default.DomainEntry)
            .Answering("DELETE", path, new SettingsSaved(2, [], []), AdminJson.Default.SettingsSaved);
        var asked = await Cli.RunAsync("domain", "remove", "example.jp", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(2, asked.ExitCode);
        Assert.Contains("12 accounts", asked.StandardError, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.RunAsync("domain", "remove", "example.jp", "--yes", "--url", peer.Url, "--token", AdminPeer.Token)).ExitCode);
        Assert.Equal(("DELETE", path + "?yes=true"), (peer.Requests[^1].Method, peer.Requests[^1].PathAndQuery));
    }

    [Fact]
    public async Task DOM_2_domain_options_become_the_words_of_the_table_and_what_is_not_named_stays()
    {
        var path = Routes.Fill(Routes.Domain, "example.jp");
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.Domains, new SettingsSaved(2, [], []), AdminJson.Default.SettingsSaved)
            .Answering("GET", Routes.Domains, new DomainList(5, []), AdminJson.Default.DomainList)
            .Answering("GET", path, new DomainEntry("example.jp", "local max_accounts=5 zone=Asia/Tokyo", 12), AdminJson.Default.DomainEntry)
            .Answering("PUT", path, new SettingsSaved(6, [], []), AdminJson.Default.SettingsSaved);
        async Task<DomainAdd> SentAsync(params string[] words)
        {
            Assert.Equal(0, (await Cli.RunAsync([.. words, "--url", peer.Url, "--token", AdminPeer.Token])).ExitCode);
            return JsonSerializer.Deserialize(peer.Requests[^1].Body, AdminJson.Default.DomainAdd)!;
        }

        Assert.Equal("relay", (await SentAsync("domain", "add", "example.jp")).Kind);
        Assert.Equal("local max_accounts=50", (await SentAsync("domain", "add", "example.jp", "--max-accounts", "50")).Kind);
        Assert.Equal(new DomainAdd("example.jp", "local zone=Asia/Tokyo max_accounts=9 delivery=lmtp:127.0.0.1:24", 5),
            await SentAsync("domain", "set", "example.jp", "--max-accounts", "9", "--delivery", "lmtp:127.0.0.1:24"));
        Assert.Equal("local max_accounts=5", (await SentAsync("domain", "set", "example.jp", "--zone", "")).Kind);
        Assert.Equal("relay", (await SentAsync("domain", "set", "example.jp", "--relay")).Kind);
    }

    [Fact]
    public async Task ALIAS_4_the_option_behind_the_real_address_is_said_in_words()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.Aliases, new AliasSaved(1, 0, 0, []), AdminJson.Default.AliasSaved);
        var result = await Cli.RunAsync("alias", "add", "*@old.example.jp", "*@example.jp", "--recipient", "real", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "1 added, 0 changed, 0 removed\n"), (result.ExitCode, result.StandardOutput));
        Assert.Equal("*@old.example.jp -> *@example.jp,1", JsonSerializer.Deserialize(peer.Requests[^1].Body, AdminJson.Default.AliasAdd)!.Line);
    }

    [Fact]
    public async Task ACCT_1_messages_about_accounts_are_in_Japanese_where_the_locale_is()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("PATCH", Routes.Accounts + "/taro@example.jp", Done, AdminJson.Default.AccountDone);
        var result = await Cli.RunAsync(
            new Dictionary<string, string?> { ["LANG"] = "ja_JP.UTF-8" }, ["account", "suspend", "taro@example.jp", "--url", peer.Url, "--token", AdminPeer.Token]);
        Assert.Equal("taro@example.jp を停止しました\n", result.StandardOutput);
    }
}
