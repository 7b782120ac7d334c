using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using ClusterMail.Admin.Access;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Tests;

public sealed class LoginTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    [Fact]
    public async Task ADMIN_14_a_login_begins_a_session_of_twelve_hours_that_opens_until_logout()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await scene.AddAsync("hanako", "operator");
        var (_, session, _) = await scene.TryAsync("HANAKO", ConsoleScene.Password);
        Assert.Equal(("hanako", 3600), (session!.Name, session.IdleSeconds));
        Assert.InRange(session.ExpiresAt - DateTimeOffset.UtcNow, TimeSpan.FromHours(11.9), TimeSpan.FromHours(12.1));
        var client = scene.With(session.Token);
        var me = await client.GetFromJsonAsync(Routes.Session, Json.WhoAmI);
        Assert.Equal(("hanako", "session"), (me!.Name, me.Means));
        Assert.Equal(["operator"], me.Roles);
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(client, HttpMethod.Delete, Routes.Session));
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsoleScene.SendAsync(client, HttpMethod.Get, Routes.Session));
    }

    [Fact]
    public async Task ADMIN_14_whatever_is_wrong_with_a_login_the_answer_is_the_same_and_never_early()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        foreach (var name in (string[])["hanako", "locked", "suspended"])
            await scene.AddAsync(name, "operator");
        await host.SendAsync(HttpMethod.Post, Routes.ConsoleAccounts, new ConsoleAdd("empty", ["operator"]), Json.ConsoleAdd, Json.ConsoleDone);
        await host.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.ConsoleAccount, "suspended"), new ConsoleChange(Suspended: true), Json.ConsoleChange, Json.ConsoleDone);
        await host.Database.ExecuteAsync("UPDATE console_account SET locked_until = now() + interval '10 minutes' WHERE name = 'locked'");
        var answers = new List<(HttpStatusCode, string)>();
        foreach (var (name, password) in ((string, string)[])
            [("hanako", "wrong password"), ("nobody", ConsoleScene.Password), ("locked", ConsoleScene.Password), ("suspended", ConsoleScene.Password), ("empty", ""), ("", ""), (new string('x', 5000), "x"), ("token", AdminHost.Token)])
        {
            var began = Stopwatch.StartNew();
            var (status, _, body) = await scene.TryAsync(name, password);
            Assert.True(began.Elapsed >= LoginDesk.RefusedAfter - TimeSpan.FromMilliseconds(20), $"{name} was answered after {began.Elapsed}");
            answers.Add((status, body));
        }
        Assert.Single(answers.Distinct());
        Assert.Equal(HttpStatusCode.Unauthorized, answers[0].Item1);
    }

    [Fact]
    public async Task ADMIN_14_five_failures_on_several_nodes_lock_the_account_and_an_administrator_unlocks_it()
    {
        await using var host = await AdminHost.StartAsync();
        await using var other = await AdminHost.StartAsync(source: host.Database.Source);
        using var scene = new ConsoleScene(host);
        await scene.AddAsync("hanako", "operator");
        for (var n = 0; n < 5; n++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", "wrong password", at: n < 3 ? host : other)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", ConsoleScene.Password, at: other)).Status);
        var shown = await host.GetAsync(Routes.Fill(Routes.ConsoleAccount, "hanako"), Json.ConsoleAccount);
        Assert.InRange(shown.LockedUntil!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15.1));
        var events = await host.GetAsync(Routes.Events + "?kind=console-locked", Json.EventPage);
        Assert.Contains("hanako", Assert.Single(events.Events).Text, StringComparison.Ordinal);
        Assert.Equal(5, (await scene.AuditAsync("?outcome=failed")).Count(entry => entry is { Who: "hanako", Act: "console.login" }));
        using (var freed = await host.Client.PostAsync(Routes.Fill(Routes.ConsoleUnlock, "hanako"), null))
            Assert.Equal(HttpStatusCode.OK, freed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await scene.TryAsync("hanako", ConsoleScene.Password)).Status);
    }

    [Fact]
    public async Task ADMIN_14_names_that_do_not_exist_leave_nothing_in_the_database()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var before = (await scene.AuditAsync()).Count;
        await scene.TryAsync("nobody", "wrong password");
        Assert.Equal(before, (await scene.AuditAsync()).Count);
    }

    [Theory]
    [InlineData("hanako", "operator", "short", "12 characters")]
    [InlineData("hanako", "operator", "my name is Hanako", "name")]
    [InlineData("token", "operator", null, "token")]
    [InlineData("ha nako", "operator", null, "letters")]
    [InlineData("hanako", "god", null, "no role 'god'")]
    [InlineData("hanako", "domain-admin", null, "needs its domains")]
    [InlineData("hanako", "user", null, "mailbox")]
    public async Task ADMIN_12_a_console_account_that_cannot_be_is_refused_with_what_is_wrong(string name, string role, string? password, string complaint)
    {
        await using var host = await AdminHost.StartAsync();
        var problem = await host.RefusedAsync(HttpMethod.Post, Routes.ConsoleAccounts, new ConsoleAdd(name, [role], null, password), Json.ConsoleAdd);
        Assert.Contains(complaint, problem.Title, StringComparison.Ordinal);
        Assert.Empty((await host.GetAsync(Routes.ConsoleAccounts, Json.ConsoleAccountList)).Accounts);
    }

    [Fact]
    public async Task ADMIN_14_of_passwords_sessions_and_tokens_the_database_keeps_hashes_only()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await scene.AddAsync("hanako", "operator");
        var (_, session, _) = await scene.TryAsync("hanako", ConsoleScene.Password);
        var made = await host.SendAsync(HttpMethod.Post, Routes.Fill(Routes.ConsoleTokens, "hanako"), new ConsoleTokenAdd("robot", 30), Json.ConsoleTokenAdd, Json.ConsoleTokenMade);
        Assert.InRange(made.ExpiresAt!.Value - DateTimeOffset.UtcNow, TimeSpan.FromDays(29.9), TimeSpan.FromDays(30.1));
        // 256 bits are 43 characters of base64url.
        Assert.Equal((47, 47), (made.Token.Length, session!.Token.Length));
        foreach (var table in (string[])["console_account", "console_session", "console_token", "console_audit", "event"])
        {
            var text = await host.Database.ScalarAsync<string>($"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t");
            foreach (var secret in (string[])[ConsoleScene.Password, session.Token, session.Token[4..], made.Token, made.Token[4..]])
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
        Assert.StartsWith("$argon2id$", await host.Database.ScalarAsync<string>("SELECT password_hash FROM console_account"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_14_a_token_is_its_account_until_it_is_revoked_and_cannot_make_tokens_or_set_the_password()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "operator");
        var tokens = Routes.Fill(Routes.ConsoleTokens, "hanako");
        using var response = await person.PostAsJsonAsync(tokens, new ConsoleTokenAdd("robot"), Json.ConsoleTokenAdd);
        var robot = scene.With((await response.Content.ReadFromJsonAsync(Json.ConsoleTokenMade))!.Token);
        Assert.Equal("token robot", (await robot.GetFromJsonAsync(Routes.Session, Json.WhoAmI))!.Means);
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(robot, HttpMethod.Get, Routes.Queue));
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(robot, HttpMethod.Post, tokens, new ConsoleTokenAdd("more"), Json.ConsoleTokenAdd));
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(
            robot, HttpMethod.Put, Routes.Fill(Routes.ConsolePassword, "hanako"), new ConsolePassword("another long password", ConsoleScene.Password), Json.ConsolePassword));
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(person, HttpMethod.Post, Routes.Fill(Routes.ConsoleTokens, "somebody-else"), new ConsoleTokenAdd("x"), Json.ConsoleTokenAdd));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(person, HttpMethod.Delete, Routes.Fill(Routes.ConsoleToken, "hanako", "robot")));
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsoleScene.SendAsync(robot, HttpMethod.Get, Routes.Queue));
    }

    [Fact]
    public async Task ADMIN_14_whoever_sets_his_own_password_shows_the_old_one_and_guessing_it_locks_the_account()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "auditor");
        var path = Routes.Fill(Routes.ConsolePassword, "hanako");
        Task<HttpStatusCode> SetAsync(string? current) => ConsoleScene.SendAsync(person, HttpMethod.Put, path, new ConsolePassword("another long password", current), Json.ConsolePassword);
        Assert.Equal(HttpStatusCode.BadRequest, await SetAsync(null));
        Assert.Equal(HttpStatusCode.Conflict, await SetAsync("wrong password"));
        Assert.Equal(HttpStatusCode.OK, await SetAsync(ConsoleScene.Password));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(person, HttpMethod.Get, Routes.Session));
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", ConsoleScene.Password)).Status);
        for (var n = 0; n < 5; n++)
            Assert.Equal(HttpStatusCode.Conflict, await SetAsync("wrong password"));
        Assert.Equal(HttpStatusCode.Conflict, await SetAsync("another long password"));
    }

    [Fact]
    public async Task ADMIN_14_the_farms_own_token_needs_no_database_and_stands_in_the_audit_as_token()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await scene.AddAsync("hanako", "operator");
        var entry = (await scene.AuditAsync("?what=console.add")).Single();
        Assert.Equal(("token", "farm token, as tester", "127.0.0.1", "done", "hanako"), (entry.Who, entry.Means, entry.Source, entry.Outcome, entry.Subject));
        await host.Database.ExecuteAsync("DROP TABLE console_token, console_session, console_recovery, console_account CASCADE");
        Assert.Equal("token", (await host.GetAsync(Routes.Session, Json.WhoAmI)).Name);
    }

    [Fact]
    public async Task ADMIN_14_a_console_account_is_known_by_its_login_not_by_what_it_says_it_is()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "cluster-admin");
        person.DefaultRequestHeaders.Add(Routes.UserHeader, "somebody else");
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(
            person, HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("delivery.retry_seconds", "100")]), Json.SettingsChange));
        Assert.Equal("hanako", (await host.GetAsync(Routes.SettingsHistory, Json.SettingsHistory)).Versions[0].SavedBy);
        Assert.Equal("hanako", (await scene.AuditAsync("?what=settings"))[0].Who);
    }

    [Fact]
    public async Task ADMIN_10_the_settings_are_changed_by_those_whose_role_allows_it_and_there_is_no_password_several_share()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        foreach (var role in RoleNames.All.Where(role => role is not (RoleNames.DomainAdministrator or RoleNames.User)))
        {
            var status = await ConsoleScene.SendAsync(
                await scene.PersonAsync(role, role), HttpMethod.Post, Routes.Settings, new SettingsChange(null, [new("delivery.retry_seconds", "100")]), Json.SettingsChange);
            Assert.Equal(role == RoleNames.ClusterAdministrator ? HttpStatusCode.OK : HttpStatusCode.Forbidden, status);
        }
        Assert.DoesNotContain(Settings.Catalogue.All, setting => setting.Name.StartsWith("admin.", StringComparison.Ordinal) && setting.Name.Contains("password", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ADMIN_14_a_stranger_may_send_no_more_than_a_login_needs()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await scene.TryAsync("hanako", new string('x', 20_000))).Status);
    }

    [Fact]
    public async Task ADMIN_12_an_account_whose_domain_is_operated_no_more_can_still_be_suspended()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await scene.DomainAsync("a.example");
        var person = await scene.PersonAsync("hanako", "domain-admin", "a.example");
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(host.Client, HttpMethod.Delete, Routes.Fill(Routes.Domain, "a.example")));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(host.Client, HttpMethod.Patch, Routes.Fill(Routes.ConsoleAccount, "hanako"), new ConsoleChange(Suspended: true), Json.ConsoleChange));
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsoleScene.SendAsync(person, HttpMethod.Get, Routes.Session));
    }
}
