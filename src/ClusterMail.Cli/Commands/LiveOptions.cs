using System.CommandLine;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Commands;

/// <summary>What a live trace is about (ADMIN-42).</summary>
internal sealed class LiveOptions
{
    private readonly Option<string?> _ip = Filter("--ip", "Live: only sessions of this client.", "IP");
    private readonly Option<string?> _address = Filter("--address", "Live: only mail from or to this address.", "ADDRESS");
    private readonly Option<string?> _domain = Filter("--domain", "Live: only mail from or to this domain.", "DOMAIN");
    private readonly Option<string?> _id = Filter("--id", "Live: only the mail of this number.", "ID");
    private readonly Option<string?> _node = Filter("--node", "Live: only on this node.", "NAME");
    private readonly Option<int?> _minutes = new("--minutes") { Description = "Live: ends after so many; default and most 30.", HelpName = "N" };

    public Option<bool> Live { get; } = new("--live") { Description = "Show checks and dialogues as they happen, on all nodes." };

    public void AddTo(Verb verb)
    {
        Numbers.Limit(_minutes, 1, 30);
        foreach (var option in (Option[])[Live, _ip, _address, _domain, _id, _node, _minutes])
            verb.Options.Add(option);
    }

    public string Path(ParseResult parsed) => Verbs.Query(
        Routes.TraceLive, ("ip", parsed.GetValue(_ip)), ("address", parsed.GetValue(_address)), ("domain", parsed.GetValue(_domain)), ("id", parsed.GetValue(_id)),
        ("node", parsed.GetValue(_node)), ("minutes", parsed.GetValue(_minutes) is { } minutes ? $"{minutes}" : null));

    private static Option<string?> Filter(string name, string description, string help) => new(name) { Description = description, HelpName = help };
}
