using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Approval;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ClusterMail.Admin.Tests;

/// <summary>The admin API as a node hosts it: Kestrel on a free port, a database of its own. What only a running cluster can answer is a recorder.</summary>
internal sealed class AdminHost : IAsyncDisposable
{
    public const string Token = "0123456789abcdef0123456789abcdef";

    private readonly WebApplication _app;

    private AdminHost(WebApplication app, TestDatabase database, RecordingCluster cluster)
    {
        (_app, Database, Cluster) = (app, database, cluster);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(20) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Stranger = new HttpClient { BaseAddress = Client.BaseAddress, Timeout = Client.Timeout };
    }

    public TestDatabase Database { get; }
    public RecordingCluster Cluster { get; }

    /// <summary>Has the token.</summary>
    public HttpClient Client { get; }

    /// <summary>Has none.</summary>
    public HttpClient Stranger { get; }

    public T Service<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public IEnumerable<RouteEndpoint> Endpoints => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();

    /// <param name="source">Null: the database of the host's own.</param>
    /// <param name="key">Of the recoverable store; null: the node has none.</param>
    /// <param name="further">Databases of the queue beside the host's own; null: none.</param>
    public static async Task<AdminHost> StartAsync(TimeZoneInfo? zone = null, NpgsqlDataSource? source = null, PasswordSeal? key = null, params IReadOnlyList<Shard> further)
    {
        var database = await TestDatabase.CreateAsync();
        var cluster = new RecordingCluster();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(new Shards([new Shard(Shard.MainName, source ?? database.Source), .. further]));
        builder.Services.AddSingleton(source ?? database.Source).AddSingleton(new AdminToken(Token)).AddSingleton<NodeStore>().AddSingleton<QueueStore>()
            .AddSingleton<EventStore>().AddSingleton<SwitchStore>().AddSingleton(new RecoverableKey(key))
            .AddSingleton(new PasswordHasher(() => new PasswordCost(64, 1, ScramCredential.FewestIterations)))
            .AddSingleton<IClusterControl>(cluster).AddSingleton<IReadiness>(cluster).AddSingleton<ILiveness>(cluster).AddSingleton<IExplain>(cluster).AddSingleton<IMailImport>(cluster).AddSingleton<ITrial>(cluster)
            .AddSingleton<IHoldActs>(Desk(database.Source, await NumbersAsync(database.Source)))
            .AddSingleton<TimeProvider>(new ZonedTime(zone ?? TimeZoneInfo.Utc)).AddClusterMailAdmin();
        var app = builder.Build();
        app.MapClusterMailAdmin();
        await app.StartAsync();
        return new AdminHost(app, database, cluster);
    }

    private static async Task<NumberBlocks> NumbersAsync(NpgsqlDataSource source)
    {
        var numbers = new NumberBlocks(new QueueStore(source), 100, NullLogger<NumberBlocks>.Instance);
        await numbers.PrimeAsync(default);
        return numbers;
    }

    private static HoldDesk Desk(NpgsqlDataSource source, NumberBlocks numbers) => new(
        new HoldStore(source), new HoldReader(source), numbers, "node1", new HoldRules(() => ApprovalLists.Empty, () => true, TimeProvider.System), () => { }, NullLogger<HoldDesk>.Instance);

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type)
    {
        using var response = await Client.GetAsync(path);
        Assert.True(response.IsSuccessStatusCode, $"GET {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return (await response.Content.ReadFromJsonAsync(type))!;
    }

    /// <summary>Sends as <paramref name="user"/>; the answer must be a success.</summary>
    public async Task<T> SendAsync<TRequest, T>(HttpMethod method, string path, TRequest body, JsonTypeInfo<TRequest> from, JsonTypeInfo<T> to, string user = "tester")
    {
        using var response = await TryAsync(method, path, body, from, user);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return (await response.Content.ReadFromJsonAsync(to))!;
    }

    /// <summary>Sends as <paramref name="user"/>; the answer must be a problem.</summary>
    public async Task<Problem> RefusedAsync<TRequest>(HttpMethod method, string path, TRequest body, JsonTypeInfo<TRequest> from, string user = "tester")
    {
        using var response = await TryAsync(method, path, body, from, user);
        return await ProblemAsync(response);
    }

    public async Task<Problem> RefusedAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        return await ProblemAsync(response);
    }

    /// <summary>Through the API, as <c>tester</c>.</summary>
    public Task<SettingsSaved> SaveSettingsAsync(params (string Name, string Value)[] settings) => SendAsync(
        HttpMethod.Post, Routes.Settings, new SettingsChange([.. settings.Select(one => new SettingChange(one.Name, one.Value))]), AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved);

    private static async Task<Problem> ProblemAsync(HttpResponseMessage response)
    {
        Assert.False(response.IsSuccessStatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = (await response.Content.ReadFromJsonAsync(AdminJson.Default.Problem))!;
        Assert.Equal((int)response.StatusCode, problem.Status);
        return problem;
    }

    private async Task<HttpResponseMessage> TryAsync<TRequest>(HttpMethod method, string path, TRequest body, JsonTypeInfo<TRequest> from, string user)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, from) };
        request.Headers.Add(Routes.UserHeader, user);
        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Stranger.Dispose();
        await _app.DisposeAsync();
        await Database.DisposeAsync();
    }

    private sealed class ZonedTime(TimeZoneInfo zone) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => zone;
    }
}

/// <summary>Stands where the running cluster is, and remembers what it was told.</summary>
internal sealed class RecordingCluster : IClusterControl, IReadiness, ILiveness, IExplain, IMailImport, ITrial
{
    public List<string> Told { get; } = [];
    public List<(string Sender, IReadOnlyList<string> Recipients, byte[] Content)> Imported { get; } = [];
    public string NodeName => "node1";
    public StandbyStatus? Standby { get; set; }
    public IReadOnlyList<ClusterMember> Members => [new("akka.tcp://clustermail@127.0.0.1:1", "Up", true, ["receive"])];
    public bool Ready { get; set; } = true;
    public IReadOnlyList<string> Reasons { get; set; } = [];

    /// <summary>Null: it lives.</summary>
    public string? Trouble { get; set; }

    public Task<string?> TroubleAsync(CancellationToken cancel) => Task.FromResult(Trouble);

    public Task DrainAsync(string node, Author by, CancellationToken cancel) => Record($"drain {node}");
    public Task UndrainAsync(string node, Author by, CancellationToken cancel) => Record($"undrain {node}");
    public Task LeaveAsync(string node, Author by, CancellationToken cancel) => Record($"leave {node}");
    public Task DownAsync(string node, Author by, CancellationToken cancel) => Record($"down {node}");
    public Task<string?> LeaderAsync(CancellationToken cancel) => Task.FromResult<string?>("node1");

    public Task<ExplainResult> ExplainAsync(ExplainRequest request, CancellationToken cancel) => Task.FromResult(new ExplainResult(
        1, null, "250", [], [.. request.To.Select(to => new ExplainRecipient(to, "550", null, null, [], [new("RELAY-60", "not ours")]))]));

    public Task<PolicyWhatIfResult> WhatIfAsync(ClusterMail.Approval.Policies.PolicyLevel draft, DateTimeOffset from, DateTimeOffset until, CancellationToken cancel) =>
        Task.FromResult(new PolicyWhatIfResult(1, 0, 1, 0, 0, new Dictionary<string, long> { [$"{draft}"] = draft.Table.Rules.Length }, []));

    public Task<ExplainSpfResult> SpfAsync(ExplainSpfRequest request, CancellationToken cancel) =>
        Task.FromResult(new ExplainSpfResult("log", true, [new("MAIL FROM", request.From, "fail", "-all", null, ["-all: match"])], "550 5.7.23"));

    public Task<ImportedMail> ImportAsync(MailToImport mail, CancellationToken cancel)
    {
        Imported.Add((mail.Sender, mail.Recipients, mail.Content.ToArray()));
        return Task.FromResult(new ImportedMail("B0000000777"));
    }

    public Task<HopAnswer> HopAsync(HopQuestion question, CancellationToken cancel) => Task.FromResult(new HopAnswer("node1", true, [new("route", true, question.To)]));

    public Task<TrialAnswer> MailAsync(TrialMail mail, CancellationToken cancel) => Task.FromResult(new TrialAnswer("node1", true, "B0000000778", "250"));

    private Task Record(string what)
    {
        Told.Add(what);
        return Task.CompletedTask;
    }
}
