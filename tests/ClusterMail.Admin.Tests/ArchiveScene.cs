using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>A cluster with something of everything an archive holds.</summary>
internal static class ArchiveScene
{
    private static readonly AdminJson Json = AdminJson.Default;

    public const string PassPhrase = "correct horse battery staple";
    public const string Secret = "office taro hunter2";
    public const string Relay = "' the office\n192.168.0.* default\n#<> default\n#blank false\n";

    /// <summary>Settings, one of them secret and one of a single node; two domains, an alias, two accounts of which one has a password and everything else there is.</summary>
    public static async Task<AdminHost> FilledAsync()
    {
        var host = await AdminHost.StartAsync();
        await SaveAsync(host, new Dictionary<string, string>
        {
            ["net.host_name"] = "mx.example.jp",
            ["receive.max_bytes"] = "1000",
            ["relay.rules"] = Relay,
            ["route.table"] = "example.net,gw.example.jp,25,office\n",
            ["route.credentials"] = Secret + "\n",
            ["receive.header_template"] = "from %HELO% by %HOST% id <%ID%>;\n %DATE%\n",
            ["domain.table"] = "example.jp local max_accounts=50\nexample.org relay\n",
        }, new Dictionary<string, IReadOnlyDictionary<string, string>> { ["n2"] = new Dictionary<string, string> { ["delivery.workers_per_node"] = "5" } });
        foreach (var account in new[] { new AccountAdd { Address = "taro@example.jp", Password = "taro's password", FullName = "山田 太郎", BoxLimit = 1000 }, new AccountAdd { Address = "hanako@example.jp", SmtpAuth = false } })
            await host.SendAsync(HttpMethod.Post, Routes.Accounts, account, Json.AccountAdd, Json.AccountDone);
        await host.Service<AccountStore>().ChangeAsync("example.jp", "taro", new AccountEdit
        {
            Suspended = true,
            Hours = "mon 1 09:00 18:00\n",
            Destinations = "*@example.net,-1\n*,0\n",
            RelayRules = "*@partner.example default\n* false\n",
            Delivery = "lmtp:192.0.2.20:24",
        }, "tester", default);
        await host.SendAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("info@example.jp -> taro@example.jp"), Json.AliasAdd, Json.AliasSaved);
        return host;
    }

    public static async Task SaveAsync(AdminHost host, IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? overrides = null)
    {
        var store = host.Service<SettingsStore>();
        var basis = (await store.LoadAsync(null, default))?.Version ?? 0;
        Assert.IsType<SaveResult.Saved>(await store.SaveAsync(basis, values, overrides ?? SettingsSnapshot.Nothing.Overrides, "tester", "", default));
    }

    public static Task<SettingsArchive> ExportAsync(AdminHost host, bool accounts = false, string? passPhrase = null) =>
        host.SendAsync(HttpMethod.Post, Routes.SettingsExport, new SettingsExport(accounts, passPhrase), Json.SettingsExport, Json.SettingsArchive);

    public static Task<SettingsImported> ImportAsync(AdminHost host, SettingsImport import) =>
        host.SendAsync(HttpMethod.Post, Routes.SettingsImport, import, Json.SettingsImport, Json.SettingsImported, "hanako");

    public static Task<Problem> RefusedAsync(AdminHost host, SettingsImport import) => host.RefusedAsync(HttpMethod.Post, Routes.SettingsImport, import, Json.SettingsImport);

    /// <summary>Everything an archive may hold, as text to compare.</summary>
    public static async Task<string> StateAsync(AdminHost host)
    {
        var content = await host.Service<ArchiveStore>().ReadAsync(true, default);
        IEnumerable<string> lines =
        [
            .. content.Settings.Values.Select(v => $"{v.Key}={v.Value}").Order(StringComparer.Ordinal),
            .. content.Settings.Overrides.SelectMany(n => n.Value.Select(v => $"{n.Key}/{v.Key}={v.Value}")).Order(StringComparer.Ordinal),
            .. content.Aliases.Select(a => $"{a.Name}@{a.Domain}->{a.Real},{a.Mode}"),
            .. content.Accounts.Select(a => $"{AccountIndex.Key(a.Row.Name, a.Row.Domain)} {a.Row.FullName} {a.Row.BoxLimit} {a.Row.SmtpAuth} {a.Row.Apop} {a.Row.Pop3} {a.Row.Imap4} "
                + $"{a.Row.Suspended} {a.Row.SmtpDisabled} {a.Row.Delivery} {a.Row.Hours} {a.Row.Destinations} {a.Row.RelayRules} {a.Credentials?.Hash} {a.Credentials?.Scram}"),
        ];
        return string.Join('\n', lines);
    }
}
