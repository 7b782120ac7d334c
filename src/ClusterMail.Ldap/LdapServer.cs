using System.Globalization;

namespace ClusterMail.Ldap;

/// <summary>One directory server: <c>ldap://host[:389]</c> or <c>ldaps://host[:636]</c> (RFC 4516, host and port only).</summary>
/// <param name="ImplicitTls">TLS from the first octet.</param>
public sealed record LdapServer(string Host, int Port, bool ImplicitTls)
{
    /// <summary>RFC 4511 §5.2.</summary>
    public const int PlainPort = 389;

    /// <summary>Registered for <c>ldaps</c>.</summary>
    public const int TlsPort = 636;

    /// <summary>Null: not one of the two forms.</summary>
    public static LdapServer? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "ldap" or "ldaps" && uri.Host.Length > 0 && uri.AbsolutePath is "" or "/" && uri.Query.Length == 0
        && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0 && uri.Port is -1 or (> 0 and <= ushort.MaxValue)
            ? new LdapServer(uri.DnsSafeHost, uri.Port > 0 ? uri.Port : uri.Scheme == "ldaps" ? TlsPort : PlainPort, uri.Scheme == "ldaps")
            : null;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(ImplicitTls ? "ldaps" : "ldap")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}
