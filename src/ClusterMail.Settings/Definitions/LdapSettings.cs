namespace ClusterMail.Settings;

/// <summary>A directory that proves passwords (05 B, CONF-13). Used by the domains with <c>login=ldap</c> in <c>domain.table</c>; without one nobody asks it.</summary>
internal static class LdapSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.List("ldap.servers", "CONF-13, STORE-2", "Windows domain",
            "Directory servers in the order tried: ldap://HOST[:389] or ldaps://HOST[:636]. Used by domains with login=ldap. Empty: no directory."),
        Define.Switch("ldap.start_tls", true, "STORE-2", "",
            "On ldap:// servers TLS is begun before anything is said. Off: passwords cross the network in clear text."),
        Define.Text("ldap.ca_file", "", "STORE-2", "", "PEM file on each node with the authorities trusted for the servers' certificates. Empty: those of the machine."),
        Define.Text("ldap.bind_dn", "", "STORE-2", "", "DN that searches. It needs no right but to read. Empty: the search is anonymous."),
        Define.Text("ldap.bind_password", "", "STORE-2", "", "Password of ldap.bind_dn.", secret: true),
        Define.Text("ldap.base", "", "STORE-2", "", "DN below which accounts are searched, the whole subtree: ou=people,dc=example,dc=jp."),
        Define.Text("ldap.filter", "(mail={address})", "STORE-2", "",
            "Filter (RFC 4515) that finds an account's one entry. {address}: its address; {user}: the part before the @."),
        Define.Text("ldap.address_attribute", "mail", "STORE-2", "", "Attribute of the entry found that must hold the account's address. Empty: it is not compared."),
        Define.Text("ldap.superior_attribute", "manager", "APPROVE-20", "", "Attribute with the superior of an account, as DN or address, for @manager of a policy. Empty: the directory is not asked for one."),
        Define.Text("ldap.group", "", "CONF-13, STORE-1, STORE-2", "ローカルグループ名",
            "DN of the group whose members may receive and log in. Empty: nobody, as in the original. *: everybody the filter finds."),
        Define.Integer("ldap.timeout_seconds", 5, 1, 60, "seconds", "STORE-2", "", "Longest wait for a connection, and for each answer."),
        Define.Integer("ldap.connections", 4, 1, 64, "connections", "STORE-2", "", "Connections to the directory at once, each node."),
        Define.Integer("ldap.cache_seconds", 60, 1, 3600, "seconds", "STORE-2", "",
            "How long a good login and a membership are believed without asking again; the password itself is not kept. 0: each time anew.", zero: true),
    ];
}
