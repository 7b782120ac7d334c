using System.Globalization;

namespace ClusterMail.Cli.Drill;

/// <summary><c>host:port</c>, or <c>[::1]:25</c> for IPv6.</summary>
internal static class HostAndPort
{
    /// <exception cref="CommandFailure">It is something else.</exception>
    public static (string Host, int Port) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? (text[..colon].Trim('[', ']'), port)
            : throw new CommandFailure(Exit.Usage, $"'{text}' is no address: write host:port, for example mx1.example.jp:25");
    }
}
