using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using ClusterMail.Admin.Access;
using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin.Tests;

public sealed class RightTests
{
    /// <summary>Every endpoint with its method and a path that leads to it; not the open ones.</summary>
    private static IEnumerable<(string Method, string Path, Needs? Needs)> Endpoints(AdminHost host) =>
        from endpoint in host.Endpoints
        let template = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where template is not (Routes.Live or Routes.Ready or Routes.Balancer or Routes.Login)
        let path = template.Replace("{**rest}", "nothing/here", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal)
            .Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, path, endpoint.Metadata.GetMetadata<Needs>());

    [Fact]
    public async Task ADMIN_12_every_endpoint_of_the_api_declares_the_right_it_needs()
    {
        await using var host = await AdminHost.StartAsync();
        var endpoints = Endpoints(host).ToList();
        Assert.True(endpoints.Count > 60, $"only {endpoints.Count} endpoints found");
        Assert.Empty(endpoints.Where(endpoint => endpoint.Needs is null or { Right: Right.Undeclared }).Select(endpoint => $"{endpoint.Method} {endpoint.Path}"));
    }

    [Fact]
    public async Task ADMIN_12_on_every_endpoint_a_role_without_its_right_gets_403_and_one_with_it_does_not()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await scene.DomainAsync("a.example");
        foreach (var role in RoleNames.All)
        {
            var name = role == RoleNames.User ? "taro@a.example" : $"x-{role}";
            await scene.AddAsync(name, role, role == RoleNames.DomainAdministrator ? ["a.example"] : []);
            // A token, not a session: the sweep also logs out.
            var made = await host.SendAsync(
                HttpMethod.Post, Routes.Fill(Routes.ConsoleTokens, name), new ConsoleTokenAdd("sweep"), AdminJson.Default.ConsoleTokenAdd, AdminJson.Default.ConsoleTokenMade);
            var client = scene.With(made.Token);
            foreach (var (method, path, needs) in Endpoints(host))
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                if (method is not "GET")
                    request.Content = new StringContent("{ not json", Encoding.UTF8, "application/json");
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var allowed = RoleRights.Has(role, needs!.Right);
                // With such a right the paths of the sweep are still in nobody's domain.
                if (allowed && role is RoleNames.DomainAdministrator or RoleNames.User && needs.Right is not Right.Anyone)
                    continue;
                Assert.True(allowed != (response.StatusCode == HttpStatusCode.Forbidden), $"{role}: {method} {path} answered {(int)response.StatusCode}");
                Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
            }
        }
    }

    /// <summary>What is null is not written into JSON; a body whose reader asks for it all the same could not be sent without it.</summary>
    [Fact]
    public async Task API_what_may_be_absent_from_a_request_is_not_asked_for()
    {
        await using var host = await AdminHost.StartAsync();
        var bodies = host.Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType).OfType<Type>()
            .Where(type => type.Namespace == typeof(Routes).Namespace).Distinct().ToList();
        Assert.True(bodies.Count > 20, $"only {bodies.Count} bodies found");
        var nullability = new NullabilityInfoContext();
        Assert.Empty(
            from body in bodies
            from parameter in (body.GetConstructors().FirstOrDefault(known => known.IsDefined(typeof(JsonConstructorAttribute))) ?? body.GetConstructors()[0]).GetParameters()
            where !parameter.HasDefaultValue && nullability.Create(parameter).WriteState == NullabilityState.Nullable
            select $"{body.Name}.{parameter.Name}");
    }

    // ADMIN-12 word by word, independent of the table in the program.
    private static readonly (string Role, string Method, string Path, bool Allowed)[] Expected =
    [
        ("operator", "GET", Routes.Queue, true),
        ("operator", "POST", Routes.QueueRetry, true),
        ("operator", "POST", Routes.QueueDelete, true),
        ("operator", "POST", "/api/v1/cluster/nodes/n1/drain", true),
        ("operator", "GET", Routes.Cluster, true),
        ("operator", "GET", "/api/v1/logs/inlog", true),
        ("operator", "GET", Routes.Settings, false),
        ("operator", "POST", Routes.Settings, false),
        ("operator", "GET", "/api/v1/tables/relay", false),
        ("operator", "POST", Routes.Accounts, false),
        ("operator", "GET", "/api/v1/queue/mails/B0000000001/export", false),
        ("operator", "POST", "/api/v1/cluster/nodes/n1/down", false),
        ("operator", "GET", Routes.ConsoleAccounts, false),
        ("operator", "GET", Routes.Audit, false),
        ("auditor", "GET", Routes.Settings, true),
        ("auditor", "GET", Routes.SettingsHistory, true),
        ("auditor", "GET", "/api/v1/tables/relay", true),
        ("auditor", "GET", "/api/v1/logs/inlog", true),
        ("auditor", "GET", Routes.Audit, true),
        ("auditor", "POST", Routes.Settings, false),
        ("auditor", "POST", Routes.SettingsRollback, false),
        ("auditor", "POST", Routes.QueueRetry, false),
        ("auditor", "POST", Routes.Switches, false),
        ("auditor", "POST", Routes.Accounts, false),
        ("auditor", "DELETE", "/api/v1/lockouts/192.0.2.1", false),
        ("domain-admin", "GET", Routes.Accounts, true),
        ("domain-admin", "GET", Routes.Aliases, true),
        ("domain-admin", "GET", Routes.Settings, false),
        ("domain-admin", "GET", Routes.Queue, false),
        ("domain-admin", "GET", "/api/v1/logs/inlog", false),
        ("domain-admin", "POST", Routes.Domains, false),
        ("domain-admin", "GET", Routes.Audit, false),
        ("user", "GET", Routes.Session, true),
        ("user", "GET", Routes.Accounts, false),
        ("user", "GET", Routes.Queue, false),
        ("user", "GET", Routes.Settings, false),
        ("cluster-admin", "GET", Routes.Settings, true),
        ("cluster-admin", "GET", Routes.Audit, true),
        ("cluster-admin", "GET", Routes.ConsoleAccounts, true),
    ];

    [Fact]
    public async Task ADMIN_12_each_role_may_what_the_rule_says_and_nothing_else()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        await scene.DomainAsync("a.example");
        foreach (var rows in Expected.GroupBy(row => row.Role))
        {
            var client = await scene.PersonAsync($"{rows.Key}@a.example", rows.Key, rows.Key == "domain-admin" ? ["a.example"] : []);
            foreach (var (role, method, path, allowed) in rows)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : new StringContent("{}", Encoding.UTF8, "application/json") };
                using var response = await client.SendAsync(request);
                Assert.True(allowed == (response.StatusCode != HttpStatusCode.Forbidden), $"{role}: {method} {path} answered {(int)response.StatusCode}");
            }
        }
    }

    [Fact]
    public void ADMIN_12_an_endpoint_that_declares_nothing_is_for_cluster_administrators_alone()
    {
        Assert.All(RoleNames.All, role => Assert.Equal(role == RoleNames.ClusterAdministrator, RoleRights.Has(role, Right.Undeclared)));
        Assert.All(Enum.GetValues<Right>(), right => Assert.False(RoleRights.Has("no such role", right)));
    }

    [Fact]
    public async Task ADMIN_12_a_role_that_is_taken_away_is_gone_with_the_next_request()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var client = await scene.PersonAsync("hanako", "operator");
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(client, HttpMethod.Get, Routes.Queue));
        await host.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.ConsoleAccount, "hanako"), new ConsoleChange(["user-of-nothing"]), AdminJson.Default.ConsoleChange, AdminJson.Default.ConsoleDone)
            .ContinueWith(refused => Assert.True(refused.IsFaulted), TaskScheduler.Default);
        await host.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.ConsoleAccount, "hanako"), new ConsoleChange(["auditor"]), AdminJson.Default.ConsoleChange, AdminJson.Default.ConsoleDone);
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(client, HttpMethod.Get, Routes.Queue));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(client, HttpMethod.Get, Routes.Settings));
    }
}
