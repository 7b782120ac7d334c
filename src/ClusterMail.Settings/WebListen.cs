using System.Net;

namespace ClusterMail.Settings;

/// <summary>Grammar of <c>approval.web.listen</c>: <c>address:port</c>; <c>*</c> stands for every local address.</summary>
public static class WebListen
{
    /// <summary>Null: it cannot be read, or names no port.</summary>
    public static IPEndPoint? Parse(string text)
    {
        var trimmed = text.Trim();
        var written = trimmed.StartsWith("*:", StringComparison.Ordinal) ? $"[::]{trimmed[1..]}" : trimmed;
        return IPEndPoint.TryParse(written, out var end) && end.Port > 0 ? end : null;
    }
}
