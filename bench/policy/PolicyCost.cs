using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Bench.Policy;

/// <summary>Policy alone, in this process: one transaction is MAIL, one recipient, DATA and the end of the content.</summary>
internal sealed class PolicyCost
{
    private const int Transactions = 100_000;
    private static readonly IPAddress Client = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Stranger = IPAddress.Parse("203.0.113.9");

    private readonly PolicySnapshot _snapshot;
    private readonly (ClientFacts Client, ReversePath From, Mailbox To)[] _mix;

    public PolicyCost(Inventory inventory)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (accounts, aliases) = (new AccountIndex(), new AliasIndex());
        for (var i = 0; i < inventory.Accounts; i++)
            accounts.Put(new Account { Id = i + 1, Address = new Mailbox($"user{i:000000}", Inventory.Domain), FullName = $"User {i}" });
        for (var i = 0; i < inventory.Aliases; i++)
            aliases.Put(new Alias(new Mailbox($"alias{i:000000}", Inventory.Domain), new Mailbox($"user{i % inventory.Accounts:000000}", Inventory.Domain), AliasMode.ByDomain));
        _snapshot = PolicySnapshot.Create(
            new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = $"{Inventory.Domain} local", ["relay.rules"] = inventory.RelayList() }), accounts, aliases);
        Megabytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
        var account = Mailbox.FromStored(inventory.Account);
        var outside = ReversePath.FromStored("someone@example.net");
        // Mail from outside to an account and to an alias, a user's to another and to outside, and a stranger who wants to relay.
        _mix =
        [
            (new ClientFacts(Stranger), outside, account), (new ClientFacts(Stranger), outside, Mailbox.FromStored(inventory.Alias)),
            (new ClientFacts(Stranger, Submission: true, AuthenticatedAs: account), new ReversePath(account), account),
            (new ClientFacts(Client), new ReversePath(account), Mailbox.FromStored("y@example.org")), (new ClientFacts(Stranger), outside, Mailbox.FromStored("y@example.org")),
        ];
    }

    /// <summary>What accounts, aliases and the parsed list hold of the heap.</summary>
    public double Megabytes { get; }

    /// <summary>Microseconds of processor time a transaction: the clock on the wall would measure the neighbours too.</summary>
    public double Run()
    {
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Transactions; i++)
        {
            var (client, from, to) = _mix[i % _mix.Length];
            var transaction = _snapshot.Begin(client);
            if (!transaction.Mail(from, blank: false, declaredSize: 1000).Accepted || !transaction.Recipient(to).Accepted)
                continue;
            transaction.Data();
            transaction.Content(default);
            transaction.Merge(new Envelope(from).With(new ForwardPath(to)));
        }
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / Transactions;
    }
}
