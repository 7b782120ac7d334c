using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ClusterMail.Node.Logging;

/// <summary>The program's log: console, text or JSON, with the node's name on every line; beside it a file where the configuration names one.</summary>
public static class Logging
{
    private const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {Node} [{EventId}] {Message:lj}{NewLine}{Exception}";

    public static Serilog.ILogger Create(NodeOptions node)
    {
        var log = new LoggerConfiguration()
            .MinimumLevel.Information()
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Npgsql", LogEventLevel.Warning)
            // What peers do wrong is for the operators' logs; here it would drown the rest.
            .MinimumLevel.Override("ClusterMail.Smtp.Server", LogEventLevel.Information)
            .Enrich.WithProperty("Node", node.Name)
            .Enrich.FromLogContext()
            .Enrich.With<EventNumber>();
        log = node.JsonLog
            ? log.WriteTo.Console(new RenderedCompactJsonFormatter())
            : log.WriteTo.Console(outputTemplate: Line, formatProvider: CultureInfo.InvariantCulture);
        if (node.LogFile is { } file)
            log = log.WriteTo.File(new RenderedCompactJsonFormatter(), file, rollingInterval: RollingInterval.Day, retainedFileCountLimit: 31);
        return log.CreateLogger();
    }

    /// <summary>The number of the event alone, where the library would print it with its name.</summary>
    private sealed class EventNumber : Serilog.Core.ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, Serilog.Core.ILogEventPropertyFactory propertyFactory)
        {
            if (logEvent.Properties.TryGetValue("EventId", out var id) && id is StructureValue structure
                && structure.Properties.FirstOrDefault(property => property.Name == "Id") is { } number)
                logEvent.AddOrUpdateProperty(new LogEventProperty("EventId", number.Value));
        }
    }
}
