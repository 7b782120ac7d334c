using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Tests;

/// <summary>Console accounts on a host, and people who are logged in.</summary>
internal sealed class ConsoleScene(AdminHost host) : IDisposable
{
    public const string Password = "correct horse battery";

    private static readonly AdminJson Json = AdminJson.Default;
    private readonly List<HttpClient> _clients = [];

    public Task<ConsoleDone> AddAsync(string name, string role, params string[] domains) => host.SendAsync(
        HttpMethod.Post, Routes.ConsoleAccounts, new ConsoleAdd(name, [role], domains.Length == 0 ? null : domains, Password), Json.ConsoleAdd, Json.ConsoleDone);

    public Task DomainAsync(string name, string kind = "local") => host.SendAsync(HttpMethod.Post, Routes.Domains, new DomainAdd(name, kind), Json.DomainAdd, Json.SettingsSaved);

    public Task AccountAsync(string address) =>
        host.SendAsync(HttpMethod.Post, Routes.Accounts, new AccountAdd { Address = address, Password = "Secret123", FullName = "Name" }, Json.AccountAdd, Json.AccountDone);

    /// <summary>Status and, when it went well, the session.</summary>
    public async Task<(HttpStatusCode Status, LoggedIn? Session, string Body)> TryAsync(string name, string password, string? code = null, AdminHost? at = null)
    {
        using var response = await (at ?? host).Stranger.PostAsJsonAsync(Routes.Login, new LogIn(name, password, code), Json.LogIn);
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, response.IsSuccessStatusCode ? System.Text.Json.JsonSerializer.Deserialize(body, Json.LoggedIn) : null, body);
    }

    /// <summary>A client with a session of its own.</summary>
    public async Task<HttpClient> LogInAsync(string name, string password = Password, string? code = null)
    {
        var (status, session, body) = await TryAsync(name, password, code);
        Assert.True(status == HttpStatusCode.OK, $"{name}: {body}");
        return With(session!.Token);
    }

    /// <summary>A new console account with this role, logged in.</summary>
    public async Task<HttpClient> PersonAsync(string name, string role, params string[] domains)
    {
        await AddAsync(name, role, domains);
        return await LogInAsync(name);
    }

    public HttpClient With(string token)
    {
        var client = new HttpClient { BaseAddress = host.Client.BaseAddress, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _clients.Add(client);
        return client;
    }

    public static async Task<HttpStatusCode> SendAsync<T>(HttpClient client, HttpMethod method, string path, T body, JsonTypeInfo<T> type)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, type) };
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    public static async Task<HttpStatusCode> SendAsync(HttpClient client, HttpMethod method, string path)
    {
        using var response = await client.SendAsync(new HttpRequestMessage(method, path));
        return response.StatusCode;
    }

    public async Task<IReadOnlyList<AuditEntry>> AuditAsync(string query = "") => (await host.GetAsync(Routes.Audit + query, Json.AuditPage)).Entries;

    public void Dispose() => _clients.ForEach(client => client.Dispose());
}
