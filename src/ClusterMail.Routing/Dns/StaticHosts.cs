using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;

namespace ClusterMail.Routing.Dns;

/// <summary>
/// <c>dns.static_hosts</c> (DELIV-25): addresses that DNS is not asked for, in place of the hosts file, the same on all nodes. One line per address:
/// <c>192.0.2.1 mail.example.jp mail2.example.jp</c>; from <c>#</c> on a comment. A name in several lines has several addresses.
/// </summary>
public sealed class StaticHosts
{
    private readonly FrozenDictionary<string, ImmutableArray<IPAddress>> _byName;

    private StaticHosts(Dictionary<string, ImmutableArray<IPAddress>> byName) => _byName = byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static StaticHosts Empty { get; } = new([]);

    public static StaticHosts Parse(string text, out ImmutableArray<TableError> errors)
    {
        var byName = new Dictionary<string, ImmutableArray<IPAddress>>(StringComparer.OrdinalIgnoreCase);
        var problems = ImmutableArray.CreateBuilder<TableError>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var words = line.Split('#', 2)[0].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (!IPAddress.TryParse(words[0].Trim('[', ']'), out var address))
                problems.Add(new TableError(number, line.IndexOf(words[0], StringComparison.Ordinal) + 1, "DELIV-25", $"'{words[0]}' is not an address"));
            else if (words.Length == 1)
                problems.Add(new TableError(number, line.TrimEnd().Length + 1, "DELIV-25", "a host name is missing behind the address"));
            else
                foreach (var name in words.Skip(1).Select(n => Router.Ascii(n.TrimEnd('.').ToLowerInvariant())))
                    byName[name] = byName.GetValueOrDefault(name, []).Add(address);
        }
        errors = problems.ToImmutable();
        return new StaticHosts(byName);
    }

    public ImmutableArray<IPAddress> Find(string name) => _byName.GetValueOrDefault(name.TrimEnd('.'), []);
}
