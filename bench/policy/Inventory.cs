using System.Globalization;
using System.Text;

namespace ClusterMail.Bench.Policy;

/// <summary>How much there is to look through, and the texts that put it into a farm.</summary>
internal sealed record Inventory(string Name, int Accounts, int Aliases, int Lines)
{
    public const string Domain = "bench.example";

    /// <summary>The one whose mail is sent: in the middle, so that neither end is favoured.</summary>
    public string Account => $"user{Accounts / 2:000000}@{Domain}";

    public string Alias => Aliases == 0 ? Account : $"alias{Aliases / 2:000000}@{Domain}";

    public string AccountFile() => Text(Accounts, (text, i) => text.Append(CultureInfo.InvariantCulture, $"user{i:000000}\t*\tUser {i}\t{Domain}\t\t1\t0\t0\n"));

    public string AliasTable() => Text(Aliases, (text, i) => text.Append(CultureInfo.InvariantCulture, $"alias{i:000000}@{Domain} -> user{i % Accounts:000000}@{Domain}\n"));

    /// <summary>Half about clients, a quarter about senders' domains, a quarter about addresses; the client of the bench is named last.</summary>
    public string RelayList() => "#<> default\n#blank false\n" + Text(Lines, (text, i) => _ = (i % 4) switch
    {
        0 => text.Append(CultureInfo.InvariantCulture, $"10.{i / 250 % 250}.{i % 250}.* default\n"),
        1 => text.Append(CultureInfo.InvariantCulture, $"172.16.{i / 250 % 250}.{i % 250} true\n"),
        2 => text.Append(CultureInfo.InvariantCulture, $"spam{i}.example false\n"),
        _ => text.Append(CultureInfo.InvariantCulture, $"bad{i}@mail{i}.example false\n"),
    }) + "127.0.0.1 true\n*.*.*.* norelay\n";

    private static string Text(int count, Action<StringBuilder, int> line)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
            line(text, i);
        return text.ToString();
    }
}
