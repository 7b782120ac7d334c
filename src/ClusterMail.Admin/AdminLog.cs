using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin;

internal static partial class AdminLog
{
    [LoggerMessage(6000, LogLevel.Warning, "Refused {Method} {Path} from {Address}: no token, or a wrong one")]
    public static partial void Refused(this ILogger logger, string method, string path, string address);

    [LoggerMessage(6001, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Failed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(6002, LogLevel.Warning, "{Method} {Path}: the database cannot be reached: {Reason}")]
    public static partial void DatabaseAway(this ILogger logger, string method, string path, string reason);

    [LoggerMessage(6004, LogLevel.Warning, "Refused {Account} {Act} on {Subject}: its roles do not allow it")]
    public static partial void NotAllowed(this ILogger logger, string account, string act, string subject);

    [LoggerMessage(6005, LogLevel.Warning, "Login of console account {Account} from {Address} failed")]
    public static partial void LoginFailed(this ILogger logger, string account, string address);

    [LoggerMessage(6003, LogLevel.Information, "{User} did {Act} on {Subject}: {Result}")]
    public static partial void Acted(this ILogger logger, string user, string act, string subject, string result);
}
