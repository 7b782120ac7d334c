using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>lockout</c>: addresses the cluster takes no connection from (rejectsmtpip.dat).</summary>
internal sealed class LockoutCommands(Verbs verbs)
{
    public Command Build() => new("lockout", "Addresses locked out for too many connections or failed logins, or denied by a filter (rejectsmtpip.dat).") { List(), Remove() };

    private Verb List() => verbs.Reading(
        new Verb("list", "Who is locked out now, why, and how long.", "clustermail lockout list"), _ => Routes.Lockouts, AdminJson.Default.LockoutList, Show);

    private Verb Remove()
    {
        var address = new Argument<string>("ADDRESS") { Description = "As 'lockout list' shows it." };
        return verbs.Acting(
            new Verb("remove", "Set an address free, on all nodes within two seconds. To keep it free, name it in the setting lockout.exempt.", "clustermail lockout remove 203.0.113.9")
            { address },
            async (client, parsed, cancel) =>
            {
                var path = Routes.Fill(Routes.Lockout, parsed.GetRequiredValue(address));
                var freed = (await client.SendAsync(HttpMethod.Delete, path, AdminJson.Default.LockoutRemoved, cancel)).Value;
                new Screen().Line(Words.Of($"{freed.Address} is free"));
            });
    }

    private static void Show(Screen screen, LockoutList list)
    {
        if (list.Entries.Count == 0)
        {
            screen.Line(Words.Of("nobody is locked out"));
            return;
        }

        var sheet = new Sheet(new("Address"), new("Reason"), new("Since"), new("Until"), new("Count", Right: true), new("By", Flexible: true));
        foreach (var entry in list.Entries)
            sheet.Add(
                entry.Address, Words.Of(entry.Reason), Ages.Clock(entry.Since), entry.Until is { } until ? Ages.Clock(until) : Words.Of("for ever"),
                entry.Count is { } count ? $"{count}" : "-", entry.Filter ?? entry.Node ?? "-");
        sheet.Print(screen);
    }
}
