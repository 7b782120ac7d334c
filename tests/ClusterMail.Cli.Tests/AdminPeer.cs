using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Cli.Tests;

/// <summary>A node's admin API as far as a test scripts it, over real HTTP. Keeps what it was asked.</summary>
internal sealed class AdminPeer : IAsyncDisposable
{
    public const string Token = "test-token";

    private readonly WebApplication _app;
    private readonly Dictionary<string, (int Status, byte[] Body)> _answers = [];
    private readonly List<(string Method, string PathAndQuery, string Body)> _requests = [];

    private AdminPeer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public IReadOnlyList<(string Method, string PathAndQuery, string Body)> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public static async Task<AdminPeer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var peer = new AdminPeer(builder.Build());
        peer._app.Run(peer.AnswerAsync);
        await peer._app.StartAsync();
        return peer;
    }

    /// <summary>A port on which nobody listens.</summary>
    public static string DeadUrl()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
    }

    public AdminPeer Answering<T>(string method, string path, T answer, JsonTypeInfo<T> type, int status = 200)
    {
        _answers[$"{method} {path}"] = (status, JsonSerializer.SerializeToUtf8Bytes(answer, type));
        return this;
    }

    public AdminPeer Answering(string method, string path, byte[] answer)
    {
        _answers[$"{method} {path}"] = (200, answer);
        return this;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == Routes.Live)
            return;
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        lock (_requests)
            _requests.Add((context.Request.Method, context.Request.Path + context.Request.QueryString, body));
        if (context.Request.Path != Routes.Login && context.Request.Headers.Authorization != "Bearer " + Token)
        {
            context.Response.StatusCode = 401;
            return;
        }

        var (status, answer) = _answers.GetValueOrDefault($"{context.Request.Method} {context.Request.Path}", (404, "{\"title\":\"not scripted\"}"u8.ToArray()));
        context.Response.StatusCode = status;
        await context.Response.Body.WriteAsync(answer);
    }
}
