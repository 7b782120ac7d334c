using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin;
using ClusterMail.Node.Supervisor;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ClusterMail.Node.Tests;

/// <summary>What a supervisor hears from a real node, and from one that hangs (sd_notify(3)).</summary>
public sealed class SupervisorTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task CLU_32_a_supervisor_hears_of_start_life_and_stop_and_nothing_from_a_node_that_stands_still()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var supervisor = new NotifySocket();
        var ports = Ports.Block(3);
        var file = await NodeFileAsync(database.ConnectionString, ports);
        await using var node = Testing.Processes.Daemon.Start(
            "env", $"NOTIFY_SOCKET={supervisor.Address}", "WATCHDOG_USEC=1500000", Program(), "--config", file);

        await Until.TrueAsync(() => supervisor.Words.Contains("READY=1"), Soon, () => $"READY=1; the node: {node.Output}");
        await Until.TrueAsync(() => supervisor.Count("WATCHDOG=1") >= 3, Soon, "three signs of life");
        await Until.TrueAsync(() => supervisor.Words.Contains("STATUS=ready"), Soon, "STATUS=ready");
        Assert.DoesNotContain(supervisor.Words, word => word.StartsWith("STOPPING", StringComparison.Ordinal));

        Unix.Signal(node.Pid, Unix.Stop);
        await Until.TrueAsync(() => File.ReadAllText($"/proc/{node.Pid}/stat").Contains(") T ", StringComparison.Ordinal), Soon, "the node standing still");
        var before = supervisor.Count("WATCHDOG=1");
        Assert.True(await Until.StaysAsync(() => supervisor.Count("WATCHDOG=1") == before, TimeSpan.FromSeconds(2)), "a stopped process gave a sign of life");
        Unix.Signal(node.Pid, Unix.Continue);
        await Until.TrueAsync(() => supervisor.Count("WATCHDOG=1") > before, Soon, "a sign of life of the node that goes on");

        Unix.Signal(node.Pid, Unix.Terminate);
        await Until.TrueAsync(() => supervisor.Words.Contains("STOPPING=1"), Soon, "STOPPING=1");
        await Until.TrueAsync(() => !node.IsRunning, Soon, "the node's end");
        Assert.Equal(1, supervisor.Count("READY=1"));
        Assert.Equal(1, supervisor.Count("STOPPING=1"));
    }

    [Fact]
    public async Task CLU_32_the_sign_of_life_is_the_answer_of_the_live_endpoint()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var question = new LiveQuestion(new IPEndPoint(IPAddress.Any, ((IPEndPoint)listener.LocalEndpoint).Port));
        foreach (var (status, live) in new[] { ("200 OK", true), ("503 Service Unavailable", false) })
        {
            var asked = question.IsLiveAsync(Soon, cancel);
            using var connection = await listener.AcceptTcpClientAsync(cancel);
            await AnswerAsync(connection, status, cancel);
            Assert.Equal(live, await asked);
        }

        // Taken, and never answered: a node whose threads are all stuck.
        Assert.False(await question.IsLiveAsync(TimeSpan.FromMilliseconds(200), cancel));
        listener.Stop();
        Assert.False(await question.IsLiveAsync(Soon, cancel));
    }

    [Fact]
    public async Task CLU_31_a_node_without_its_database_is_live_and_one_whose_dispatcher_is_gone_is_not()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Database=none");
        var node = new NodeRuntime(NodeOptions.Load(await NodeFileAsync(nowhere.ConnectionString, Ports.Block(3))), Shards.Alone(nowhere), new RecoverableKey(null), NullLoggerFactory.Instance);
        var liveness = new NodeLiveness(node);
        Assert.Null(await liveness.TroubleAsync(cancel));
        Assert.False(new NodeReadiness(node).Ready);
        await node.DisposeAsync();
        Assert.Equal("the dispatcher does not answer", await liveness.TroubleAsync(cancel));
    }

    [Fact]
    public async Task CLU_32_a_node_that_is_not_live_gives_no_sign_of_life_until_it_stops()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var endpoint = new LiveEndpoint();
        using var question = new LiveQuestion(endpoint.Address);
        using var supervisor = new Supervised();
        using var link = new SupervisorLink(new Supervision(TimeSpan.FromMilliseconds(90)), supervisor, question, supervisor, supervisor, NullLogger<SupervisorLink>.Instance);
        await link.StartAsync(cancel);
        supervisor.Started.Cancel();
        await Until.TrueAsync(() => supervisor.Count("WATCHDOG=1") > 0, Soon, "a sign of life");

        endpoint.IsLive = false;
        // The question that is under way when it changes may still bring one.
        var asked = endpoint.Asked;
        await Until.TrueAsync(() => endpoint.Asked > asked + 1, Soon, "further questions");
        var before = supervisor.Count("WATCHDOG=1");
        asked = endpoint.Asked;
        await Until.TrueAsync(() => endpoint.Asked > asked + 10, Soon, "ten further questions");
        Assert.Equal(before, supervisor.Count("WATCHDOG=1"));

        supervisor.Stopping.Cancel();
        await Until.TrueAsync(() => supervisor.Count("WATCHDOG=1") > before + 2, Soon, "signs of life while it drains");
        await link.StopAsync(cancel);
        Assert.Equal(1, supervisor.Count("READY=1"));
        Assert.Equal(1, supervisor.Count("STOPPING=1\nSTATUS=draining"));
        Assert.Equal(1, supervisor.Count("STATUS=not ready: no database"));
    }

    [Theory]
    [InlineData(null, "30000000", null, false, null)]
    [InlineData("/run/notify", "30000000", null, true, 30)]
    [InlineData("/run/notify", "30000000", "4711", true, 30)]
    [InlineData("/run/notify", "30000000", "4712", true, null)]
    [InlineData("/run/notify", null, null, true, null)]
    [InlineData("/run/notify", "0", null, true, null)]
    [InlineData("/run/notify", "-5", null, true, null)]
    public void CLU_32_nobody_is_told_anything_unless_a_supervisor_listens(string? socket, string? microseconds, string? pid, bool spoken, int? seconds)
    {
        var variables = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = socket, ["WATCHDOG_USEC"] = microseconds, ["WATCHDOG_PID"] = pid };
        var supervision = Supervision.Of(variables.GetValueOrDefault, 4711);
        Assert.Equal(spoken, supervision is not null);
        Assert.Equal(seconds, (int?)supervision?.Watchdog?.TotalSeconds);
        if (seconds is { } limit)
            Assert.True(supervision!.Every * 2 < TimeSpan.FromSeconds(limit), "one late sign of life must not cost the process");
    }

    [Fact]
    public async Task ADMIN_54_the_program_says_its_version()
    {
        var said = await Tool.MustAsync(Soon, Program(), "--version");
        Assert.Equal($"clustermaild {NodeRuntime.Version}", said.Trim());
    }

    private static async Task AnswerAsync(TcpClient connection, string status, CancellationToken cancel)
    {
        var stream = connection.GetStream();
        var request = new StringBuilder();
        var buffer = new byte[4096];
        while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            request.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, cancel)));
        Assert.StartsWith("GET /health/live ", request.ToString(), StringComparison.Ordinal);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), cancel);
    }

    private static async Task<string> NodeFileAsync(string database, int ports)
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-supervised").FullName;
        var (token, file) = (Path.Combine(folder, "token"), Path.Combine(folder, "node.conf"));
        await File.WriteAllTextAsync(token, "0123456789abcdef0123456789abcdef");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(file, $$"""
            clustermail {
              node.name = "supervised", database = "{{database}}", token-file = "token", spool = "spool"
              listen { smtp = "127.0.0.1:{{ports}}", admin = "127.0.0.1:{{ports + 1}}", remoting = "127.0.0.1:{{ports + 2}}" }
            }
            """);
        return file;
    }

    /// <summary>In its own output folder: the copy beside the tests lacks what its web framework brings.</summary>
    private static string Program()
    {
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(Tool.Root, "src", "ClusterMail.Node", "bin", framework.Parent!.Name, framework.Name, "clustermaild");
    }

    /// <summary>A live endpoint that answers as it is told.</summary>
    private sealed class LiveEndpoint : IDisposable
    {
        private readonly WebApplication _app;
        private int _asked;

        public LiveEndpoint()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(Address));
            _app = builder.Build();
            _app.MapGet("/health/live", () =>
            {
                var live = IsLive;
                Interlocked.Increment(ref _asked);
                return Results.StatusCode(live ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
            });
            _app.Start();
        }

        public IPEndPoint Address { get; } = new(IPAddress.Loopback, Ports.Block(1));
        public volatile bool IsLive = true;
        public int Asked => Volatile.Read(ref _asked);

        public void Dispose() => ((IDisposable)_app).Dispose();
    }

    /// <summary>Stands where the supervisor and the host are, and remembers what was said.</summary>
    private sealed class Supervised : ISystemdNotifier, IReadiness, IHostApplicationLifetime, IDisposable
    {
        private readonly List<string> _said = [];

        public CancellationTokenSource Started { get; } = new();
        public CancellationTokenSource Stopping { get; } = new();
        public bool IsEnabled => true;
        public bool Ready => false;
        public IReadOnlyList<string> Reasons => ["no database"];
        public CancellationToken ApplicationStarted => Started.Token;
        public CancellationToken ApplicationStopping => Stopping.Token;
        public CancellationToken ApplicationStopped => CancellationToken.None;

        public int Count(string words)
        {
            lock (_said)
                return _said.Count(said => said == words);
        }

        public void Notify(ServiceState state)
        {
            lock (_said)
                _said.Add(state.ToString());
        }

        public void StopApplication() => Stopping.Cancel();

        public void Dispose()
        {
            Started.Dispose();
            Stopping.Dispose();
        }
    }
}
