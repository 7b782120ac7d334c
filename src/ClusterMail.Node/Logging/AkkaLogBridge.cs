using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using AkkaLogLevel = Akka.Event.LogLevel;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace ClusterMail.Node.Logging;

/// <summary>Writes what Akka says into the program log.</summary>
public sealed class AkkaLogBridge : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private static ILoggerFactory? _factory;
    private readonly ILogger _log;

    public AkkaLogBridge()
    {
        _log = _factory?.CreateLogger("Akka") ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Write);
    }

    /// <summary>Called once before the first actor system starts; Akka makes its loggers itself.</summary>
    public static void Use(ILoggerFactory factory) => _factory = factory;

    private void Write(LogEvent log)
    {
        var level = log.LogLevel() switch
        {
            AkkaLogLevel.ErrorLevel => MsLogLevel.Error,
            AkkaLogLevel.WarningLevel => MsLogLevel.Warning,
            AkkaLogLevel.InfoLevel => MsLogLevel.Information,
            _ => MsLogLevel.Debug,
        };
        if (_log.IsEnabled(level))
            _log.Log(level, 7900, log.Cause, "{Source}: {Text}", log.LogSource, log.Message);
    }
}
