using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Serilog.Extensions.Logging;

namespace ClusterMail.Node.Tests;

public sealed partial class LoggingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-log").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LoggerMessage(7999, LogLevel.Warning, "{What} happened")]
    private static partial void Happened(ILogger log, string what);

    [Fact]
    public async Task CLU_33_each_line_of_the_program_log_names_node_and_event_number()
    {
        var file = Path.Combine(_folder, "clustermaild.log");
        var serilog = Logging.Logging.Create(new NodeOptions
        {
            Name = "mx7",
            Roles = [],
            Database = "",
            Admin = new IPEndPoint(IPAddress.Loopback, 1),
            Remoting = new IPEndPoint(IPAddress.Loopback, 1),
            TokenFile = "",
            Spool = "",
            LogFile = file,
        });
        using (var factory = new SerilogLoggerFactory(serilog, dispose: true))
            Happened(factory.CreateLogger("ClusterMail.Test"), "something");
        var line = Assert.Single(await File.ReadAllLinesAsync(Assert.Single(Directory.GetFiles(_folder)), TestContext.Current.CancellationToken));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("mx7", json.RootElement.GetProperty("Node").GetString());
        Assert.Equal(7999, json.RootElement.GetProperty("EventId").GetInt32());
        Assert.Equal("something", json.RootElement.GetProperty("What").GetString());
    }
}
