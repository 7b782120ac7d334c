using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ClusterMail.Admin.Access;
using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Routing;

// The suite runs on Linux only (tests/run); on Windows a token file has access lists instead of a mode.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace ClusterMail.Admin.Tests;

public sealed class TokenTests
{
    [Fact]
    public async Task ADMIN_14_every_endpoint_but_health_and_login_answers_401_without_a_token_and_says_nothing()
    {
        await using var host = await AdminHost.StartAsync();
        var checkedPaths = 0;
        string? first = null;
        foreach (var endpoint in host.Endpoints)
        {
            var template = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (template is Routes.Live or Routes.Ready or Routes.Balancer or Routes.Login)
                continue;
            var path = template.Replace("{**rest}", "nothing/here", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal)
                .Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"])
            {
                // A body that cannot be read, so that an endpoint which looks at it before the token gives itself away.
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                if (method is not "GET")
                    request.Content = new StringContent("{ not json", Encoding.UTF8, "application/json");
                using var response = await host.Stranger.SendAsync(request);
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path} answered {(int)response.StatusCode}");
                var body = await response.Content.ReadAsStringAsync();
                Assert.Equal(first ??= body, body);
                checkedPaths++;
            }
        }
        Assert.True(checkedPaths > 35, $"only {checkedPaths} endpoints found");
    }

    [Theory]
    [InlineData("DELETE", Routes.Queue)]
    [InlineData("GET", Routes.QueueRetry)]
    [InlineData("PATCH", Routes.Root + "/there/is/no/such/path")]
    public async Task ADMIN_14_a_stranger_cannot_tell_paths_and_methods_that_exist_from_others(string method, string path)
    {
        await using var host = await AdminHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await host.Stranger.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("Bearer 0123456789abcdef0123456789abcdeF")]
    [InlineData("Bearer 0123456789abcdef0123456789abcde")]
    [InlineData("Bearer ")]
    [InlineData("Basic 0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public void ADMIN_14_a_wrong_token_opens_nothing(string header) => Assert.False(new AdminToken(AdminHost.Token).Opens(header));

    [Fact]
    public void ADMIN_14_the_right_token_opens() => Assert.True(new AdminToken(AdminHost.Token).Opens($"bearer {AdminHost.Token}"));

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void ADMIN_14_a_token_file_others_may_use_is_refused_with_what_to_type(UnixFileMode extra)
    {
        using var file = new TokenFile(AdminHost.Token, UnixFileMode.UserRead | UnixFileMode.UserWrite | extra);
        var refused = Assert.Throws<InvalidDataException>(() => AdminToken.FromFile(file.Path));
        Assert.Contains($"chmod 600 {file.Path}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADMIN_14_a_token_file_of_its_owner_alone_is_read()
    {
        using var file = new TokenFile(AdminHost.Token + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.True(AdminToken.FromFile(file.Path).Opens($"Bearer {AdminHost.Token}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    public void ADMIN_14_an_empty_or_short_token_is_refused(string token)
    {
        using var file = new TokenFile(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Throws<InvalidDataException>(() => AdminToken.FromFile(file.Path));
    }

    [Fact]
    public void ADMIN_14_a_missing_token_file_is_named()
    {
        var path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => AdminToken.FromFile(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADMIN_14_the_openapi_document_lists_the_paths_and_needs_the_token()
    {
        await using var host = await AdminHost.StartAsync();
        var document = await host.Client.GetStringAsync(Routes.OpenApi);
        Assert.Contains(Routes.QueueWhy, document, StringComparison.Ordinal);
        Assert.Contains("\"draining\"", document, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", document, StringComparison.Ordinal);
        Assert.Contains("\"bearer\"", document, StringComparison.Ordinal);
        using var refused = await host.Stranger.GetAsync(Routes.OpenApi);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task CLU_23_health_is_open_and_ready_tells_why_not()
    {
        await using var host = await AdminHost.StartAsync();
        using var ready = await host.Stranger.GetAsync(Routes.Ready);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        using var balanced = await host.Stranger.GetAsync(Routes.Balancer);
        Assert.Equal(HttpStatusCode.OK, balanced.StatusCode);
        host.Cluster.Ready = false;
        host.Cluster.Reasons = ["draining"];
        using var draining = await host.Stranger.GetAsync(Routes.Ready);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, draining.StatusCode);
        Assert.Contains("draining", await draining.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var toBalancer = await host.Stranger.GetAsync(Routes.Balancer);
        Assert.Equal(HttpStatusCode.NotFound, toBalancer.StatusCode);
        Assert.Contains("draining", await toBalancer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var live = await host.Stranger.GetAsync(Routes.Live);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        host.Cluster.Trouble = "the dispatcher does not answer";
        using var hung = await host.Stranger.GetAsync(Routes.Live);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, hung.StatusCode);
    }

    [Fact]
    public async Task ADMIN_12_a_parameter_that_cannot_be_read_is_a_problem_with_a_sentence()
    {
        await using var host = await AdminHost.StartAsync();
        host.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminHost.Token);
        var problem = await host.RefusedAsync($"{Routes.Queue}?limit=many");
        Assert.Equal(400, problem.Status);
        Assert.Contains("limit", problem.Detail, StringComparison.Ordinal);
        var large = await host.RefusedAsync($"{Routes.Queue}?limit=1000000");
        Assert.Contains("1000", large.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"ids":null,"changes":null,"archive":{},"to":null,"text":null,"name":null}""")]
    public async Task ADMIN_12_no_body_makes_an_endpoint_fail(string body)
    {
        await using var host = await AdminHost.StartAsync();
        foreach (var endpoint in host.Endpoints)
        {
            var path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{table}", "relay", StringComparison.Ordinal);
            // What only the owner of a console account may do never gets as far as its body here.
            if (endpoint.Metadata.GetMetadata<Needs>() is { Right: Right.OnlyOwn })
                continue;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Where(m => m is "POST" or "PUT") ?? [])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
                using var response = await host.Client.SendAsync(request);
                // Everything in the body of this one may be left out.
                if (path == Routes.LdapTest && body.StartsWith('{') && response.StatusCode == HttpStatusCode.OK)
                    continue;
                Assert.True((int)response.StatusCode is 400 or 404, $"{method} {path} answered {(int)response.StatusCode} to {body}");
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            }
        }
    }

    private sealed class TokenFile : IDisposable
    {
        public TokenFile(string content, UnixFileMode mode)
        {
            File.WriteAllText(Path, content);
            File.SetUnixFileMode(Path, mode);
        }

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"token-{Guid.NewGuid():N}");

        public void Dispose() => File.Delete(Path);
    }
}
