using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>domain</c>: operated domains (運用ドメイン), one by one or as a table.</summary>
internal sealed class DomainCommands(Verbs verbs)
{
    public Command Build()
    {
        var command = new Command("domain", "The domains the cluster takes mail for.") { Add(), Set(), Show(), List(), Remove() };
        foreach (var verb in new TableCommands(verbs).Domain())
            command.Add(verb);
        return command;
    }

    private Verb Add()
    {
        var name = Name();
        var options = new DomainOptions();
        var verb = new Verb(
            "add", "Take mail for a domain: for accounts kept here (--local), or to pass it on by route.",
            "clustermail domain add example.jp", "clustermail domain add example.jp --local --max-accounts 50", "clustermail domain add example.net --local --shared-with example.jp")
        { name };
        options.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var domain = new DomainAdd(parsed.GetRequiredValue(name), options.Apply(parsed, "relay"));
            Verbs.Saved((await client.SendAsync(HttpMethod.Post, Routes.Domains, domain, AdminJson.Default.DomainAdd, AdminJson.Default.SettingsSaved, cancel)).Value);
        });
    }

    private Verb Set()
    {
        var name = Name();
        var options = new DomainOptions();
        var verb = new Verb("set", "Change a domain. What is not named stays; an empty value takes an option away.", "clustermail domain set example.jp --max-accounts 100", "clustermail domain set example.jp --zone \"\"") { name };
        options.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var path = Routes.Fill(Routes.Domain, parsed.GetRequiredValue(name));
            // The version seen goes along, so that nobody's change in between is undone.
            var list = (await client.GetAsync(Routes.Domains, AdminJson.Default.DomainList, cancel)).Value;
            var before = (await client.GetAsync(path, AdminJson.Default.DomainEntry, cancel)).Value;
            var change = new DomainAdd(before.Name, options.Apply(parsed, before.Kind), list.Version);
            Verbs.Saved((await client.SendAsync(HttpMethod.Put, path, change, AdminJson.Default.DomainAdd, AdminJson.Default.SettingsSaved, cancel)).Value);
        });
    }

    private Verb Show()
    {
        var name = new Argument<string?>("DOMAIN") { Description = "One domain; without it the table as it was written.", Arity = ArgumentArity.ZeroOrOne };
        var verb = new Verb("show", "One domain, or the table as it was written.", "clustermail domain show example.jp", "clustermail domain show") { name };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            if (parsed.GetValue(name) is { } domain)
                Verbs.Show(await client.GetAsync(Routes.Fill(Routes.Domain, domain), AdminJson.Default.DomainEntry, cancel), parsed.GetValue(json), Show);
            else
                Verbs.Show(
                    await client.GetAsync(Routes.Fill(Routes.Table, TableNames.Domain), AdminJson.Default.TableText, cancel), parsed.GetValue(json), (screen, text) => TableCommands.Print(screen, text.Text));
        });
    }

    private static void Show(Screen screen, DomainEntry domain)
    {
        screen.Heading(domain.Name);
        screen.Labelled($"  {Words.Of("Kind")}: ", domain.Kind);
        if (domain.Accounts is { } accounts)
            screen.Labelled($"  {Words.Of("Accounts")}: ", accounts.ToString(CultureInfo.InvariantCulture));
    }

    private Verb List() => verbs.Reading(
        new Verb("list", "The domains, one per line.", "clustermail domain list"), _ => Routes.Domains, AdminJson.Default.DomainList, (screen, list) =>
        {
            if (list.Domains.Count == 0)
            {
                screen.Line(Words.Of("no domain yet: the cluster takes mail only from those 'relay' allows. Add one with 'clustermail domain add example.jp'"));
                return;
            }

            var sheet = new Sheet(new("Domain"), new("Accounts", Right: true), new("Kind", Flexible: true));
            foreach (var domain in list.Domains)
                sheet.Add(domain.Name, domain.Accounts?.ToString(CultureInfo.InvariantCulture) ?? "-", domain.Kind);
            sheet.Print(screen);
        });

    private Verb Remove()
    {
        var name = new Argument<string>("DOMAIN") { Description = "As 'domain list' shows it." };
        var yes = Verbs.Yes();
        return verbs.Acting(
            new Verb("remove", "Take no more mail for a domain. Its accounts go with it; for 30 days they can be restored.", "clustermail domain remove example.jp", "clustermail domain remove example.jp --yes") { name, yes },
            async (client, parsed, cancel) =>
            {
                var path = Routes.Fill(Routes.Domain, parsed.GetRequiredValue(name));
                var domain = (await client.GetAsync(path, AdminJson.Default.DomainEntry, cancel)).Value;
                var shares = domain.Kind.Contains("shared_with=", StringComparison.Ordinal);
                if (domain.Accounts is > 0 && !shares)
                    Verbs.Confirm(parsed.GetValue(yes), Words.Of($"{domain.Name} has {domain.Accounts} accounts. Remove it with them?"));
                var removal = domain.Accounts is > 0 && !shares ? path + "?yes=true" : path;
                Verbs.Saved((await client.SendAsync(HttpMethod.Delete, removal, AdminJson.Default.SettingsSaved, cancel)).Value);
            });
    }

    private static Argument<string> Name() => new("DOMAIN") { Description = "For example example.jp." };
}
