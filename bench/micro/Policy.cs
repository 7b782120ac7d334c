using System.Globalization;
using System.Net;
using BenchmarkDotNet.Attributes;
using ClusterMail.Accounts;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Bench.Micro;

/// <summary>One transaction through the acceptance pipeline, with accounts and relay lines in memory.</summary>
public class Policy
{
    private const string Domain = "bench.example";
    private static readonly ClientFacts Stranger = new(IPAddress.Parse("203.0.113.9"));
    private static readonly ClientFacts Neighbour = new(IPAddress.Parse("10.255.255.254"));
    private static readonly ReversePath From = ReversePath.FromStored("someone@example.net");
    private static readonly Mailbox Outside = Mailbox.FromStored("y@example.org");
    private readonly Mailbox _account = new("user000001", Domain);
    private PolicySnapshot _snapshot = null!;

    /// <summary>Accounts, and as many lines that let an address relay.</summary>
    [Params(10, 5000)]
    public int Inventory { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var (accounts, aliases) = (new AccountIndex(), new AliasIndex());
        for (var number = 0; number < Inventory; number++)
            accounts.Put(new Account { Id = number + 1, Address = new Mailbox($"user{number:000000}", Domain), FullName = $"User {number}" });
        var relay = Enumerable.Range(0, Inventory).Select(number => string.Create(CultureInfo.InvariantCulture, $"10.{number / 250}.{number % 250}.0/24 true"));
        _snapshot = PolicySnapshot.Create(
            new SettingSet(1, new Dictionary<string, string>
            {
                ["domain.table"] = $"{Domain} local",
                ["relay.rules"] = string.Join('\n', ["#<> default", "#blank false", .. relay, "10.255.255.254 true"]),
            }), accounts, aliases);
        if (!ToAccount() || ToOutside() || !Relayed())
            throw new InvalidOperationException("the policy does not judge as this benchmark means it to");
    }

    /// <summary>A stranger's mail to an account.</summary>
    [Benchmark]
    public bool ToAccount() => Judge(Stranger, _account);

    /// <summary>A stranger who wants to relay and may not.</summary>
    [Benchmark]
    public bool ToOutside() => Judge(Stranger, Outside);

    /// <summary>A client the last line lets relay.</summary>
    [Benchmark]
    public bool Relayed() => Judge(Neighbour, Outside);

    private bool Judge(ClientFacts client, Mailbox to)
    {
        var transaction = _snapshot.Begin(client);
        if (!transaction.Mail(From, blank: false, declaredSize: 1000).Accepted || !transaction.Recipient(to).Accepted)
            return false;
        transaction.Data();
        transaction.Content(default);
        transaction.Merge(new Envelope(From).With(new ForwardPath(to)));
        return true;
    }
}
