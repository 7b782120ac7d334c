using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using static ClusterMail.Admin.Tests.ArchiveScene;

namespace ClusterMail.Admin.Tests;

/// <summary>The settings archive (ADMIN-50, ADMIN-51).</summary>
public sealed class ArchiveTests
{
    [Fact]
    public async Task ADMIN_50_ADMIN_51_an_archive_is_one_readable_text_with_tables_as_they_were_written()
    {
        await using var host = await FilledAsync();
        var archive = await ExportAsync(host, accounts: true);
        var lines = archive.Text.Split('\n');
        foreach (var line in new[]
        {
            "archive.format = 1", "net.host_name = \"mx.example.jp\"", "receive.max_bytes = 1000", "' the office", "192.168.0.* default", "example.net,gw.example.jp,25,office",
            "example.jp local max_accounts=50", "info@example.jp -> taro@example.jp", "# receive.max_rcpt = 1000", "[node.\"n2\"]", "delivery.workers_per_node = 5",
            "[account.\"taro@example.jp\"]", "suspended = \"true\"", "mon 1 09:00 18:00", "# route.credentials is secret and not exported",
        })
            Assert.Contains(line, lines);
        Assert.Contains(lines, line => line.StartsWith("taro\t*\t山田 太郎\texample.jp\t", StringComparison.Ordinal));
        // Every setting there is stands in it, with its value or its default.
        Assert.All(Settings.Catalogue.All, d => Assert.Contains(lines, line => line.TrimStart('#', ' ', '"').StartsWith(d.Name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ADMIN_51_secrets_are_left_out_and_named_and_with_a_pass_phrase_they_are_in_it_encrypted()
    {
        await using var host = await FilledAsync();
        var hash = (await host.Service<ArchiveStore>().ReadAsync(true, default)).Accounts.Single(a => a.Credentials is not null).Credentials!.Hash!;
        var plain = await ExportAsync(host, accounts: true);
        Assert.Equal(["route.credentials", "passwords of 1 accounts"], plain.Omitted);
        var closed = await ExportAsync(host, accounts: true, PassPhrase);
        Assert.Empty(closed.Omitted);
        foreach (var text in new[] { plain.Text, closed.Text, (await host.GetAsync(Routes.SettingsExport, AdminJson.Default.SettingsArchive)).Text })
            Assert.DoesNotContain(new[] { "hunter2", hash, "taro's password", PassPhrase }, secret => text.Contains(secret, StringComparison.Ordinal));
        Assert.DoesNotContain("tables.accounts", (await ExportAsync(host)).Text, StringComparison.Ordinal);
        Assert.NotEqual(closed.Text.Split("archive.sealed")[1], (await ExportAsync(host, accounts: true, PassPhrase)).Text.Split("archive.sealed")[1]);
        var weak = await host.RefusedAsync(HttpMethod.Post, Routes.SettingsExport, new SettingsExport(false, "short"), AdminJson.Default.SettingsExport);
        Assert.Equal((400, "ADMIN-51"), (weak.Status, weak.Rule));
    }

    [Fact]
    public async Task ADMIN_51_exported_with_everything_and_imported_on_an_empty_cluster_all_is_there_again_passwords_included()
    {
        await using var from = await FilledAsync();
        await using var empty = await AdminHost.StartAsync();
        var archive = await ExportAsync(from, accounts: true, PassPhrase);

        var shown = await ImportAsync(empty, new SettingsImport(archive.Text, PassPhrase, DryRun: true));
        Assert.Equal((0, 2, 0), (shown.Version, shown.AccountsCreated, shown.AccountsUpdated));
        Assert.Equal(1, shown.Aliases!.Added);
        Assert.Equal("", await StateAsync(empty));

        var done = await ImportAsync(empty, new SettingsImport(archive.Text, PassPhrase, shown.Base));
        Assert.Equal((1, 2), (done.Version, done.AccountsCreated));
        Assert.Equal(shown.Changes, done.Changes);
        Assert.DoesNotContain(done.Changes, change => change.After?.Contains("hunter2", StringComparison.Ordinal) == true);
        Assert.Equal(await StateAsync(from), await StateAsync(empty));
        Assert.Equal("hanako", (await empty.Service<SettingsStore>().LoadAsync(null, default))!.SavedBy);

        var again = await ImportAsync(empty, new SettingsImport(archive.Text, PassPhrase, DryRun: true));
        Assert.Empty(again.Changes);
        Assert.Equal((1, 0, 2), (again.Version, again.AccountsCreated, again.AccountsUpdated));
    }

    [Fact]
    public async Task ADMIN_51_without_a_pass_phrase_the_secrets_of_the_cluster_stay_and_what_the_archive_lacks_goes_back_to_its_default()
    {
        await using var host = await FilledAsync();
        var archive = await ExportAsync(host);
        await SaveAsync(host, new Dictionary<string, string> { ["route.credentials"] = "newer one secret\n", ["delivery.retry_seconds"] = "300", ["domain.table"] = "example.jp local max_accounts=50\n" });

        var done = await ImportAsync(host, new SettingsImport(archive.Text));

        var saved = (await host.Service<SettingsStore>().LoadAsync(null, default))!;
        Assert.Equal(3, done.Version);
        Assert.Equal(("newer one secret\n", false, "1000"), (saved.Values["route.credentials"], saved.Values.ContainsKey("delivery.retry_seconds"), saved.Values["receive.max_bytes"]));
        Assert.Contains(new SettingDifference("delivery.retry_seconds", null, "300", null), done.Changes);
        Assert.Equal((0, 0), (done.AccountsCreated, done.AccountsUpdated));
        Assert.Equal(["hanako", "taro"], (await host.Service<AccountStore>().ListAsync(new AccountFilter(["example.jp"]), default)).Select(a => a.Name));
    }

    [Theory]
    [InlineData("receive.max_bytes = 1000", "receive.max_bytes = -1", "CONF-61")]
    [InlineData("receive.max_bytes = 1000", "receive.max_byte = 1000", "CONF-60")]
    [InlineData("192.168.0.* default", "192.168.0.*\tdefault", "RELAY-1")]
    [InlineData("info@example.jp -> taro@example.jp", "info@example.jp -> a@example.jp\na@example.jp -> info@example.jp", "ALIAS-11")]
    [InlineData("info@example.jp -> taro@example.jp", "info@example.jp = taro@example.jp", "ALIAS-")]
    [InlineData("hanako\t*", "han ako\t*", "ACCT-1")]
    [InlineData("mon 1 09:00 18:00", "mon 1 09:10 18:00", "UTIME")]
    [InlineData("suspended = \"true\"", "colour = \"red\"", "CONF-60")]
    public async Task ADMIN_51_one_fault_anywhere_in_an_archive_refuses_it_whole_by_line_and_rule(string was, string wrong, string rule)
    {
        await using var from = await FilledAsync();
        await using var empty = await AdminHost.StartAsync();
        var text = (await ExportAsync(from, accounts: true)).Text;
        var line = text.Split('\n').ToList().FindIndex(l => l.Contains(was, StringComparison.Ordinal)) + 1;
        Assert.True(line > 0);

        var problem = await RefusedAsync(empty, new SettingsImport(text.Replace(was, wrong, StringComparison.Ordinal)));

        Assert.Equal((400, line), (problem.Status, problem.Line));
        Assert.StartsWith(rule, problem.Rule, StringComparison.Ordinal);
        Assert.Equal("", await StateAsync(empty));
    }

    [Fact]
    public async Task ADMIN_51_a_wrong_pass_phrase_a_changed_archive_and_a_file_of_another_kind_change_nothing()
    {
        await using var from = await FilledAsync();
        await using var empty = await AdminHost.StartAsync();
        var text = (await ExportAsync(from, accounts: true, PassPhrase)).Text;
        var start = text.IndexOf("archive.sealed = '''\n", StringComparison.Ordinal) + "archive.sealed = '''\n".Length + 100;
        var changed = text[..start] + (text[start] == 'A' ? 'B' : 'A') + text[(start + 1)..];
        foreach (var import in new[] { new SettingsImport(text, "another pass phrase"), new SettingsImport(changed, PassPhrase) })
            Assert.Contains("does not open", (await RefusedAsync(empty, import)).Title, StringComparison.Ordinal);
        Assert.Contains("no settings archive", (await RefusedAsync(empty, new SettingsImport("net.host_name = 'mx.example.jp'\n"))).Title, StringComparison.Ordinal);
        Assert.Contains("format 2", (await RefusedAsync(empty, new SettingsImport("archive.format = 2\n"))).Title, StringComparison.Ordinal);
        Assert.Equal("", await StateAsync(empty));
    }

    [Fact]
    public async Task ADMIN_51_ADMIN_25_an_archive_compared_with_an_older_version_is_refused_and_says_by_whom()
    {
        await using var host = await FilledAsync();
        var archive = await ExportAsync(host);
        await SaveAsync(host, new Dictionary<string, string> { ["domain.table"] = "example.jp local max_accounts=50\n" });
        var problem = await RefusedAsync(host, new SettingsImport(archive.Text, Base: archive.Version));
        Assert.Equal((409, "ADMIN-25"), (problem.Status, problem.Rule));
    }

    [Fact]
    public async Task ADMIN_51_DOM_2_more_accounts_than_a_domain_may_have_refuse_the_whole_archive()
    {
        await using var from = await FilledAsync();
        await using var empty = await AdminHost.StartAsync();
        var text = (await ExportAsync(from, accounts: true)).Text.Replace("max_accounts=50", "max_accounts=1", StringComparison.Ordinal);
        var problem = await RefusedAsync(empty, new SettingsImport(text));
        Assert.Equal((409, "DOM-2"), (problem.Status, problem.Rule));
        Assert.Equal("", await StateAsync(empty));
    }
}
