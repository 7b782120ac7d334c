using System.Net;
using System.Net.Sockets;
using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Relay;

/// <summary>An envelope sender in the form the relay list compares: lower case, domain normalised, needless quotes gone.</summary>
internal readonly record struct SenderFacts(SenderKind Kind, string Local, string Domain)
{
    public static SenderFacts Of(ReversePath path, bool blank)
    {
        if (path.Mailbox is not { } mailbox)
            return new SenderFacts(blank ? SenderKind.Blank : SenderKind.Null, "", "");
        var local = AddressKey.Unquote(mailbox.LocalPart).ToLowerInvariant();
        var domain = DomainName.Normalize(mailbox.Domain);
        return new SenderFacts(KindOf(domain), local, domain);
    }

    private static SenderKind KindOf(string domain) =>
        domain.Length == 0 ? SenderKind.NoDomain
        : domain[0] == '[' || (IPAddress.TryParse(domain, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || domain.Count('.') == 3))
            ? SenderKind.Number
        : domain.Contains('.', StringComparison.Ordinal) ? SenderKind.Name
        : SenderKind.Host;
}

/// <summary>What the special patterns ask (RELAY-12 to RELAY-16). Their order is that of the array in <see cref="SenderIndex"/>.</summary>
internal enum SenderKind : byte
{
    /// <summary><c>MAIL FROM:</c> and nothing.</summary>
    Blank,

    /// <summary><c>MAIL FROM:&lt;&gt;</c></summary>
    Null,

    /// <summary><c>u@192.0.2.1</c>, <c>u@[192.0.2.1]</c></summary>
    Number,

    /// <summary><c>u</c></summary>
    NoDomain,

    /// <summary><c>u@mailhost</c></summary>
    Host,

    /// <summary><c>u@example.jp</c></summary>
    Name,
}
