using System.Net;

namespace ClusterMail.Settings;

/// <summary>What single texts and lists must look like, beyond their type.</summary>
internal static class ValueChecks
{
    private static readonly char[] ListSeparators = [' ', ',', '\n', '\r', '\t'];

    /// <summary>What is wrong, as the end of a sentence that begins with the setting's name; null when nothing is.</summary>
    public static string? Complaint(string name, string text) => name switch
    {
        "net.host_name" when text.Length > 0 && !IsHostName(text) => "must be a host name such as mx.example.jp",
        "admin.address" or "upstream.postmaster" when text.Length > 0 => AdminAddress(text),
        "route.gateway" when text.Length > 0 && !IsHostName(text) && !IPAddress.TryParse(text.Trim('[', ']'), out _) =>
            "must be one host name or address, without a port (the port is delivery.port)",
        "listen.deny" => Each(text, item => IPAddress.TryParse(item, out _), "is no address"),
        "receive.balancers" or "lockout.exempt" => Each(text, item => IPAddress.TryParse(item, out _) || IPNetwork.TryParse(item, out _), "is no address or network (a.b.c.d/n)"),
        "dns.servers" => Items(text).Length > 3 ? "may name three servers at most" : Each(text, IsDnsServer, "is no address or address:port"),
        "log.time_zone" when text.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(text, out _) => "must be the name of a time zone such as Asia/Tokyo or UTC",
        ShardWeights.Setting => Each(text, item => ShardWeights.Item(item) is not null, "is not NAME=0 to 100"),
        "receive.copy_to" => Each(text, item => AdminAddress(item) is null, "is no address with a domain"),
        "receive.submission_clients" => Each(text, item => IPAddress.TryParse(item, out _) || IPNetwork.TryParse(item, out _), "is no address or network (a.b.c.d/n)"),
        "approval.web.listen" when text.Length > 0 && WebListen.Parse(text) is null => "must be an address and a port, such as 0.0.0.0:8443, [::]:8443 or *:8443",
        "approval.web.url" when text.Length > 0 && !IsWebUrl(text) => "must be https:// and a host, with a port where it needs one, such as https://approve.example.jp",
        "approval.web.proxies" or "approval.internal_servers" =>
            Each(text, item => IPAddress.TryParse(item, out _) || IPNetwork.TryParse(item, out _), "is no address or network (a.b.c.d/n)"),
        "approval.web.allow_download" => Each(text, item => item == "*" || IsHostName(item), "is no domain"),
        "approval.sub_domain_label" when text.Length > 0 && (text.Contains('.', StringComparison.Ordinal) || !IsHostName(text)) => "must be one label such as sub, without a dot",
        _ => null,
    };

    // A link in a mail is a secret: not in clear, but for a page on the machine itself.
    private static bool IsWebUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && text.Length <= 200 && url.AbsolutePath == "/" && url.Query.Length == 0 && url.UserInfo.Length == 0
        && url.Fragment.Length == 0 && (url.Scheme == Uri.UriSchemeHttps || url is { Scheme: "http", IsLoopback: true });

    /// <summary>A name of letters, digits, hyphens and underscores in labels of at most 63 (RFC 1035 §2.3.4); Unicode labels are allowed.</summary>
    public static bool IsHostName(string text) =>
        text.Length is > 0 and <= 253
        && text.Split('.').All(label => label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
            && label.All(c => char.IsLetterOrDigit(c) || c is '-' or '_'));

    private static string? AdminAddress(string text)
    {
        var at = text.LastIndexOf('@');
        return at < 0 || at == text.Length - 1 ? "needs a domain, such as postmaster@example.jp"
            : at == 0 || text.AsSpan().ContainsAny(" \t<>,;") || !IsHostName(text[(at + 1)..]) ? "must be one address without brackets, such as postmaster@example.jp"
            : null;
    }

    private static bool IsDnsServer(string item) => IPAddress.TryParse(item, out _) || (IPEndPoint.TryParse(item, out var end) && end.Port > 0);

    private static string[] Items(string text) => text.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries);

    private static string? Each(string text, Func<string, bool> good, string complaint) =>
        Items(text).FirstOrDefault(item => !good(item)) is { } bad ? $"'{bad}' {complaint}" : null;
}
