using System.Net;
using System.Net.Http.Json;
using System.Text;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Tests;

/// <summary>Domains a.example and b.example with an account and an alias each; shared.example keeps its mail with b.example. hanako administers a.example.</summary>
public sealed class DomainAdministratorTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static async Task<(AdminHost Host, ConsoleScene Scene, HttpClient Hanako)> StartAsync()
    {
        var host = await AdminHost.StartAsync();
        var scene = new ConsoleScene(host);
        await scene.DomainAsync("a.example");
        await scene.DomainAsync("b.example");
        await scene.DomainAsync("shared.example", "local shared_with=b.example");
        await scene.AccountAsync("taro@a.example");
        await scene.AccountAsync("taro@b.example");
        await host.SendAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("info@a.example -> taro@a.example"), Json.AliasAdd, Json.AliasSaved);
        await host.SendAsync(HttpMethod.Post, Routes.Aliases, new AliasAdd("info@b.example -> taro@b.example"), Json.AliasAdd, Json.AliasSaved);
        return (host, scene, await scene.PersonAsync("hanako", "domain-admin", "A.example"));
    }

    private static async Task<Problem> RefusedAsync(HttpClient person, HttpMethod method, string path, HttpContent? body = null)
    {
        using var response = await person.SendAsync(new HttpRequestMessage(method, path) { Content = body });
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync(Json.Problem))!;
    }

    [Fact]
    public async Task EX_ADMIN_9_a_domain_administrator_who_edits_an_account_of_another_domain_is_refused_and_it_is_recorded()
    {
        var (host, scene, hanako) = await StartAsync();
        await using var h = host;
        using var s = scene;
        var edit = new AccountFields { FullName = "Harm" };
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(hanako, HttpMethod.Patch, Routes.Fill(Routes.Account, "taro@b.example"), edit, Json.AccountFields));
        Assert.Equal("Name", (await host.GetAsync(Routes.Fill(Routes.Account, "taro@b.example"), Json.AccountEntry)).FullName);
        var entry = Assert.Single(await scene.AuditAsync("?by=hanako&outcome=refused"));
        Assert.Equal(("account.change", "taro@b.example", "session", "127.0.0.1"), (entry.Act, entry.Subject, entry.Means, entry.Source));
    }

    [Fact]
    public async Task DOM_3_a_domain_administrator_manages_accounts_and_aliases_of_his_domain()
    {
        var (host, scene, hanako) = await StartAsync();
        await using var h = host;
        using var s = scene;
        var (taro, jun) = (Routes.Fill(Routes.Account, "taro@a.example"), Routes.Fill(Routes.Account, "jun@a.example"));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = "jun@A.EXAMPLE" }, Json.AccountAdd));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Patch, taro, new AccountFields { FullName = "Taro" }, Json.AccountFields));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Put, Routes.Fill(Routes.AccountPassword, "taro@a.example"), new AccountPassword("Secret456"), Json.AccountPassword));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Delete, jun));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Post, Routes.Fill(Routes.AccountRestore, "jun@a.example")));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Post, Routes.Aliases, new AliasAdd("sales@a.example -> outside@other.example"), Json.AliasAdd));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Delete, Routes.Fill(Routes.Alias, "sales@a.example")));
        using var import = await hanako.PostAsync(Routes.Fill(Routes.DomainImport, "a.example"), new ByteArrayContent(Encoding.UTF8.GetBytes("ken\tSecret123\tKen\ta.example\t\t1\t0\t0\n")));
        Assert.Equal(HttpStatusCode.OK, import.StatusCode);
        Assert.Equal("hanako", (await host.GetAsync(taro, Json.AccountEntry)).ChangedBy);
    }

    [Fact]
    public async Task DOM_3_a_domain_administrator_sees_only_his_domain()
    {
        var (host, scene, hanako) = await StartAsync();
        await using var h = host;
        using var s = scene;
        Assert.Equal(["a.example"], (await hanako.GetFromJsonAsync(Routes.Domains, Json.DomainList))!.Domains.Select(domain => domain.Name));
        Assert.Equal(["taro@a.example"], (await hanako.GetFromJsonAsync(Routes.Accounts, Json.AccountPage))!.Accounts.Select(account => account.Address));
        var aliases = (await hanako.GetFromJsonAsync(Routes.Aliases, Json.AliasList))!;
        Assert.Equal(("info@a.example", 1), (Assert.Single(aliases.Aliases).Name, aliases.Total));
        Assert.DoesNotContain("b.example", (await hanako.GetFromJsonAsync(Routes.AliasText, Json.AliasText))!.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("b.example", await hanako.GetStringAsync(Routes.AccountExport), StringComparison.Ordinal);
        Assert.Equal(2, (await host.GetAsync(Routes.Accounts, Json.AccountPage)).Accounts.Count);
    }

    [Fact]
    public async Task ADMIN_11_of_other_domains_a_domain_administrator_learns_nothing_not_even_whether_something_is_there()
    {
        var (host, scene, hanako) = await StartAsync();
        await using var h = host;
        using var s = scene;
        var answers = new HashSet<string>();
        foreach (var domain in (string[])["b.example", "shared.example", "nowhere.example", "sub.a.example"])
            foreach (var name in (string[])["taro", "nobody"])
                foreach (var (method, path, body) in Attempts($"{name}@{domain}", domain))
                    answers.Add((await RefusedAsync(hanako, method, path, body)).Title);
        Assert.Single(answers);
        Assert.Equal(HttpStatusCode.Forbidden, (await hanako.GetAsync($"{Routes.AccountExport}?passwords=true")).StatusCode);
    }

    private static IEnumerable<(HttpMethod, string, HttpContent?)> Attempts(string address, string domain)
    {
        yield return (HttpMethod.Get, Routes.Fill(Routes.Account, address), null);
        yield return (HttpMethod.Post, Routes.Accounts, JsonContent.Create(new AccountAdd { Address = address }, Json.AccountAdd));
        yield return (HttpMethod.Patch, Routes.Fill(Routes.Account, address), JsonContent.Create(new AccountFields { FullName = "x" }, Json.AccountFields));
        yield return (HttpMethod.Delete, Routes.Fill(Routes.Account, address), null);
        yield return (HttpMethod.Post, Routes.Fill(Routes.AccountRestore, address), null);
        yield return (HttpMethod.Put, Routes.Fill(Routes.AccountPassword, address), JsonContent.Create(new AccountPassword("Secret456"), Json.AccountPassword));
        yield return (HttpMethod.Get, Routes.Fill(Routes.AccountTable, address, AccountTableNames.Relay), null);
        yield return (HttpMethod.Put, Routes.Fill(Routes.AccountTable, address, AccountTableNames.Relay), JsonContent.Create(new AccountTableChange(""), Json.AccountTableChange));
        yield return (HttpMethod.Delete, Routes.Fill(Routes.AccountTable, address, AccountTableNames.Relay), null);
        yield return (HttpMethod.Post, Routes.Fill(Routes.AccountTableCheck, address, AccountTableNames.Relay), JsonContent.Create(new AccountTableChange(""), Json.AccountTableChange));
        yield return (HttpMethod.Get, Routes.Fill(Routes.AccountMailbox, address), null);
        yield return (HttpMethod.Get, Routes.Fill(Routes.AccountMessages, address), null);
        yield return (HttpMethod.Get, $"{Routes.Accounts}?domain={domain}", null);
        yield return (HttpMethod.Get, $"{Routes.AccountExport}?domain={domain}", null);
        yield return (HttpMethod.Post, Routes.Fill(Routes.DomainImport, domain), new ByteArrayContent([]));
        yield return (HttpMethod.Get, Routes.Fill(Routes.Domain, domain), null);
        yield return (HttpMethod.Get, $"{Routes.Aliases}?domain={domain}", null);
        yield return (HttpMethod.Get, Routes.Fill(Routes.Alias, address), null);
        yield return (HttpMethod.Delete, Routes.Fill(Routes.Alias, address), null);
        yield return (HttpMethod.Post, Routes.Aliases, JsonContent.Create(new AliasAdd($"{address} -> taro@a.example", Replace: true), Json.AliasAdd));
        yield return (HttpMethod.Put, Routes.AliasText, JsonContent.Create(new AliasTableChange($"{address} -> taro@a.example\n"), Json.AliasTableChange));
    }

    [Fact]
    public async Task DOM_3_a_table_of_aliases_he_saves_replaces_those_of_his_domain_alone()
    {
        var (host, scene, hanako) = await StartAsync();
        await using var h = host;
        using var s = scene;
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(hanako, HttpMethod.Put, Routes.AliasText, new AliasTableChange("new@a.example -> taro@a.example\n"), Json.AliasTableChange));
        Assert.Equal(["new@a.example", "info@b.example"], (await host.GetAsync(Routes.Aliases, Json.AliasList)).Aliases.Select(alias => alias.Name));
    }

    [Fact]
    public async Task DOM_3_where_domains_share_their_mailboxes_the_one_that_keeps_them_decides()
    {
        var (host, scene, _) = await StartAsync();
        await using var h = host;
        using var s = scene;
        var keeper = await scene.PersonAsync("jiro", "domain-admin", "b.example");
        var sharer = await scene.PersonAsync("saburo", "domain-admin", "shared.example");
        var path = Routes.Fill(Routes.Account, "taro@shared.example");
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(keeper, HttpMethod.Patch, path, new AccountFields { FullName = "x" }, Json.AccountFields));
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(sharer, HttpMethod.Patch, path, new AccountFields { FullName = "y" }, Json.AccountFields));
    }

    [Fact]
    public async Task DOM_3_a_domain_administrator_of_a_domain_that_is_not_operated_cannot_be_made()
    {
        await using var host = await AdminHost.StartAsync();
        var problem = await host.RefusedAsync(HttpMethod.Post, Routes.ConsoleAccounts, new ConsoleAdd("hanako", ["domain-admin"], ["a.exmaple"]), Json.ConsoleAdd);
        Assert.Equal(("DOM-3", 404), (problem.Rule, problem.Status));
    }

    [Fact]
    public async Task ADMIN_12_a_user_sets_the_password_of_his_own_mailbox_and_no_other()
    {
        var (host, scene, _) = await StartAsync();
        await using var h = host;
        using var s = scene;
        var taro = await scene.PersonAsync("Taro@B.example", "user");
        Task<HttpStatusCode> SetAsync(string address) =>
            ConsoleScene.SendAsync(taro, HttpMethod.Put, Routes.Fill(Routes.AccountPassword, address), new AccountPassword("Secret789"), Json.AccountPassword);
        Assert.Equal(HttpStatusCode.OK, await SetAsync("taro@b.example"));
        Assert.Equal(HttpStatusCode.OK, await SetAsync("taro@shared.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetAsync("taro@a.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(taro, HttpMethod.Get, Routes.Fill(Routes.Account, "taro@b.example")));
    }
}
