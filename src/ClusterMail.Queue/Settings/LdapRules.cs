using ClusterMail.Accounts;
using ClusterMail.Ldap;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Settings;

/// <summary>The settings <c>ldap.*</c> as the room that asks directories wants them, and what is wrong with them (STORE-2, CONF-13).</summary>
internal static class LdapRules
{
    /// <summary>Null: there is no directory. A text that no longer parses counts as none: logins of its domains are put off, not refused.</summary>
    public static LdapOptions? From(SettingSet set)
    {
        var servers = set.List("ldap.servers").Select(LdapServer.Parse).OfType<LdapServer>().ToArray();
        return servers.Length == 0 || LdapFilter.Parse(set.Text("ldap.filter")).Filter is not { } filter ? null : new LdapOptions
        {
            Servers = servers,
            StartTls = set.Switch("ldap.start_tls"),
            CaFile = set.Text("ldap.ca_file"),
            BindDn = set.Text("ldap.bind_dn"),
            BindPassword = set.Text("ldap.bind_password"),
            Base = set.Text("ldap.base"),
            Filter = filter,
            AddressAttribute = set.Text("ldap.address_attribute"),
            SuperiorAttribute = set.Text("ldap.superior_attribute"),
            Group = set.Text("ldap.group"),
            Timeout = set.Seconds("ldap.timeout_seconds"),
            Connections = (int)set.Integer("ldap.connections"),
            CacheFor = set.Seconds("ldap.cache_seconds"),
        };
    }

    public static SettingError[] CheckServers(string text, SettingSet set)
    {
        var words = text.Split([' ', ',', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.FirstOrDefault(word => LdapServer.Parse(word) is null) is { } bad)
            return [Error("ldap.servers", 0, $"'{bad}' is no directory server: ldap://HOST[:PORT] or ldaps://HOST[:PORT]")];
        if (words.Length > 8)
            return [Error("ldap.servers", 0, "may name eight servers at most")];
        if (words.Length == 0)
            return OperatedDomains.Parse(set.Text("domain.table")).Domains.All.FirstOrDefault(domain => domain.ByLdap) is { } domain
                ? [Error("ldap.servers", 0, $"is empty, but {domain.Name} has login=ldap: nobody there could log in or receive")]
                : [];
        return !set.Switch("ldap.start_tls") && words.Any(word => !LdapServer.Parse(word)!.ImplicitTls)
            ? [Error("ldap.start_tls", 0, "is off: passwords go to the ldap:// servers in clear text") with { IsWarning = true }]
            : [];
    }

    public static SettingError[] CheckFilter(string text)
    {
        var (_, complaint, column) = LdapFilter.Parse(text);
        return complaint is not null ? [Error("ldap.filter", column, complaint)]
            : !text.Contains("{address}", StringComparison.Ordinal) && !text.Contains("{user}", StringComparison.Ordinal)
                ? [Error("ldap.filter", 0, "has neither {address} nor {user}: it would find the same entry for everybody")]
            : [];
    }

    /// <summary>A name without a password would be bound as nobody (RFC 4513 §5.1.2).</summary>
    public static SettingError[] CheckBind(string text, SettingSet set) => text.Length > 0 && set.Text("ldap.bind_password").Length == 0
        ? [Error("ldap.bind_dn", 0, "needs ldap.bind_password")]
        : [];

    /// <summary>Clients choose the strongest method offered; of accounts of a directory only PLAIN and LOGIN can be judged.</summary>
    public static SettingError[] CheckMethods(string text, SettingSet set)
    {
        var keeping = OperatedDomains.Parse(set.Text("domain.table")).Domains.All.Where(domain => domain.Keeps).ToArray();
        return keeping.Any(domain => domain.ByLdap) && keeping.Any(domain => !domain.ByLdap && domain.SharedWith is null)
            && (text.Contains("SCRAM", StringComparison.Ordinal) || text.Contains("CRAM", StringComparison.Ordinal))
            ? [Error("auth.methods", 0, "accounts of domains with login=ldap can use PLAIN and LOGIN only; clients of theirs that choose SCRAM-SHA-256 or CRAM-MD5 are refused") with { IsWarning = true }]
            : [];
    }

    public static SettingError[] CheckDomains(string text, SettingSet set) =>
        OperatedDomains.Parse(text).Domains.All.FirstOrDefault(domain => domain.ByLdap) is { } domain && set.List("ldap.servers").Count == 0
            ? [new SettingError("domain.table", 0, 0, "STORE-2", $"{domain.Name} has login=ldap, but ldap.servers is empty: set it first, or both at once")]
            : [];

    private static SettingError Error(string name, int column, string complaint) => new(name, 0, column, "STORE-2", complaint);
}
