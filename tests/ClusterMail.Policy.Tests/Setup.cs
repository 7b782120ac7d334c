using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Policy.Relay;
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

    /// <summary>AUTH is off, as the common setup says; <paramref name="settings"/> turns it on and whatever else a test needs.</summary>
    public static PolicySnapshot Snapshot(string rules, bool original, params (string Name, string Value)[] settings) =>
        Snapshot(rules, original, new DynamicDenies(), settings);

    public static PolicySnapshot Snapshot(string rules, bool original, DynamicDenies denies, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string>(original ? Catalogue.Profile("original")! : Catalogue.Profile("safe")!)
        {
            ["relay.rules"] = rules,
            ["domain.table"] = "example.jp local",
            ["auth.methods"] = "NO",
        };
        foreach (var (name, value) in settings)
            values[name] = value;
        return PolicySnapshot.Create(new SettingSet(1, values), People(), Aliases(), denies);
    }

    /// <summary>taro has the AUTH flag, hanako has not; ghost is disabled for SMTP, sleeper suspended.</summary>
    public static AccountIndex People(params Account[] more)
    {
        var accounts = new AccountIndex();
        Account[] all =
        [
            new() { Id = 1, Address = new Mailbox("taro", "example.jp"), FullName = "Taro Yamada" },
            new() { Id = 2, Address = new Mailbox("hanako", "example.jp"), SmtpAuth = false },
            new() { Id = 3, Address = new Mailbox("ghost", "example.jp"), SmtpDisabled = true },
            new() { Id = 4, Address = new Mailbox("sleeper", "example.jp"), Suspended = true },
            .. more,
        ];
        foreach (var account in all)
            accounts.Put(account);
        return accounts;
    }

    public static AliasIndex Aliases()
    {
        var aliases = new AliasIndex();
        aliases.Put(new Alias(To("info@example.jp"), To("taro@example.jp"), AliasMode.ByDomain));
        aliases.Put(new Alias(To("sales@branch.example"), To("taro@example.jp"), AliasMode.ByDomain));
        aliases.Put(new Alias(To("partner@example.jp"), To("boss@b.example"), AliasMode.Keep));
        return aliases;
    }

    public static ClientFacts Client(string ip, bool authenticated = false, bool submission = false) =>
        new(IPAddress.Parse(ip), submission, authenticated ? To("taro@example.jp") : null);

    public static ReversePath From(string text) => ReversePath.FromStored(text);

    public static Mailbox To(string text) => Mailbox.FromStored(text);

    public static string Answer(Verdict verdict) => verdict.Refusal?.ToString() ?? SenderOk;
}
