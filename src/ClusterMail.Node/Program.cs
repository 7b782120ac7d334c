using System.Globalization;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin;
using ClusterMail.Node;
using ClusterMail.Node.Logging;
using ClusterMail.Node.Supervisor;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using Microsoft.Extensions.Hosting.Systemd;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Serilog;

if (args is ["--version"])
{
    Console.WriteLine($"clustermaild {NodeRuntime.Version}");
    return 0;
}
if (args is not ["--config", var file])
{
    Console.Error.WriteLine("clustermaild: a ClusterMail node. Usage: clustermaild --config FILE, or --version. hocon/clustermail.conf explains every key of the file.");
    return args is ["--help"] or ["-h"] ? 0 : 2;
}

NodeOptions options;
AdminToken token;
RecoverableKey key;
try
{
    options = NodeOptions.Load(file);
    token = AdminToken.FromFile(options.TokenFile);
    key = new RecoverableKey(options.PasswordKeyFile is { } keyFile ? PasswordSeal.FromFile(keyFile) : null);
}
catch (Exception wrong) when (wrong is FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"clustermaild: {wrong.Message}");
    return 2;
}

// One thread for each database may wait for the commit of a lone mail (decision 41); what else there is to do must not wait with it.
ThreadPool.GetMinThreads(out var workers, out var completions);
ThreadPool.SetMinThreads(workers + 1 + options.Shards.Length, completions);

Log.Logger = Logging.Create(options);
try
{
    // ADMIN-5: the database is checked before the node joins; one clear message, no storm of retries.
    var pending = (await Database.StatusAsync(options.Database, CancellationToken.None)).Pending;
    if (pending.Count > 0)
        throw new InvalidOperationException($"the schema is not up to date ({string.Join(", ", pending)}). Type: clustermail db migrate");
    await NodeShards.CheckAsync(options, CancellationToken.None);
}
catch (Exception trouble)
{
    Console.Error.WriteLine($"clustermaild: cannot use the database: {trouble.Message}");
    await Log.CloseAndFlushAsync();
    return 1;
}

// No watch for a changed appsettings.json: it would look at every file below the working folder, the log that grows with each line among them.
var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
builder.Host.UseSerilog();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(options.Admin);
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024;
});
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(100));
builder.Services.AddSingleton(options);
builder.Services.AddSingleton(token);
builder.Services.AddSingleton(key);
builder.Services.AddSingleton(_ => Database.Open(options.Database, $"clustermaild {options.Name}"));
builder.Services.AddSingleton(services => NodeShards.Open(options, services.GetRequiredService<Npgsql.NpgsqlDataSource>()));
builder.Services.AddSingleton<NodeRuntime>();
builder.Services.AddSingleton(services => services.GetRequiredService<NodeRuntime>().Passwords);
builder.Services.AddSingleton(services => services.GetRequiredService<NodeRuntime>().Live);
builder.Services.AddSingleton(services => services.GetRequiredService<NodeRuntime>().Keys);
builder.Services.AddSingleton<QueueStore>();
builder.Services.AddSingleton<NodeStore>();
builder.Services.AddSingleton<SwitchStore>();
builder.Services.AddSingleton<DestinationStore>();
builder.Services.AddSingleton<EventStore>();
builder.Services.AddSingleton(SettingChecks.Validator);
builder.Services.AddSingleton<IClusterControl, NodeControl>();
builder.Services.AddSingleton<IReadiness, NodeReadiness>();
builder.Services.AddSingleton<ILiveness, NodeLiveness>();
builder.Services.AddSingleton<IExplain, NodeExplain>();
builder.Services.AddSingleton<IMailImport, NodeImport>();
builder.Services.AddSingleton<ITrial, NodeTrial>();
builder.Services.AddSingleton<IDestinationLimits, NodeLimits>();
builder.Services.AddSingleton(services => services.GetRequiredService<NodeRuntime>().Approval.Acts);
builder.Services.AddSingleton(services => services.GetRequiredService<NodeRuntime>().Approval.Reader);
builder.Services.AddSingleton(new NodeName(options.Name));
if (Supervision.Of(Environment.GetEnvironmentVariable, Environment.ProcessId) is { } supervision)
{
    // Before the node: services are stopped in the reverse order, and the supervisor is spoken to until the end.
    builder.Services.AddSingleton(supervision);
    builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
    builder.Services.AddSingleton(_ => new LiveQuestion(options.Admin));
    builder.Services.AddHostedService<SupervisorLink>();
}
builder.Services.AddHostedService<NodeService>();
builder.Services.AddHostedService<QueueFigures>();
builder.Services.AddHostedService<ApprovalFigures>();
builder.Services.AddClusterMailAdmin();
builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("clustermaild", serviceInstanceId: options.Name))
    .WithMetrics(metrics => metrics.AddMeter("ClusterMail.*", "Npgsql", "System.Runtime").AddPrometheusExporter());

var app = builder.Build();
AkkaLogBridge.Use(app.Services.GetRequiredService<ILoggerFactory>());
app.MapPrometheusScrapingEndpoint("/metrics");
app.MapClusterMailAdmin();
try
{
    await app.RunAsync();
    return 0;
}
catch (IOException taken)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"clustermaild: the admin port cannot be opened: {taken.Message}"));
    return 1;
}
finally
{
    await Log.CloseAndFlushAsync();
}
