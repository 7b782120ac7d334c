using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Tests;

/// <summary>The common setup of the worked examples (chapter 02 G): example.jp with taro and hanako; client A inside, client B a stranger.</summary>
internal static class Setup
{
    public const string ClientA = "192.168.0.10";
    public const string ClientB = "203.0.113.9";

    public const string SenderOk = "250";
    public const string UserUnknown = "550 5.1.1 <{0}>... User unknown.";
    public const string NoRelay = "550 5.1.1 Please mail to a valid e-mail address.";
    public const string InvalidSender = "550 5.1.7 Please, mail from a valid IP or Domain address.";

    public static PolicySnapshot Snapshot(string rules, bool original)
    {
        var values = new Dictionary<string, string>(original ? Catalogue.Profile("original")! : Catalogue.Profile("safe")!)
        {
            ["relay.rules"] = rules,
            ["domain.table"] = "example.jp relay",
        };
        return PolicySnapshot.Create(new SettingSet(1, values), Classify);
    }

    public static AddressClass Classify(Mailbox mailbox) =>
        !mailbox.Domain.Equals("example.jp", StringComparison.OrdinalIgnoreCase) ? AddressClass.Outside
        : mailbox.LocalPart is "taro" or "hanako" ? AddressClass.LocalExisting
        : AddressClass.LocalMissing;

    public static ClientFacts Client(string ip, bool authenticated = false, bool submission = false) => new(IPAddress.Parse(ip), submission, authenticated);

    public static ReversePath From(string text) => ReversePath.FromStored(text);

    public static Mailbox To(string text) => Mailbox.FromStored(text);

    public static string Answer(Verdict verdict) => verdict.Refusal?.ToString() ?? SenderOk;
}
