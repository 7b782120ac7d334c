using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval proxy</c>: who decides in place of whom (代理承認者).</summary>
internal sealed class ApprovalProxyCommands(Verbs verbs)
{
    public Command Build() => new("proxy", "Proxy approvers: who decides in place of whom.") { List(), Set(), Clear() };

    private Verb List() => verbs.Reading(
        new Verb("list", "All proxies, in force or not.", "clustermail approval proxy list"), _ => Routes.ApprovalProxies, AdminJson.Default.ProxyList, (screen, list) =>
        {
            if (list.Proxies.Count == 0)
            {
                screen.Line(Words.Of("nothing found"));
                return;
            }

            var sheet = new Sheet(new("Approver", Flexible: true), new("Proxy", Flexible: true), new("In force"), new("From"), new("Until"), new("By", Optional: true), new("Reason", Flexible: true, Optional: true));
            foreach (var proxy in list.Proxies)
                sheet.Add(proxy.Approver, proxy.Proxy, Words.Of(proxy.InForce ? "yes" : "no"), Ages.Clock(proxy.From), Ages.Clock(proxy.Until), proxy.SetBy, proxy.Reason);
            sheet.Print(screen);
        });

    private Verb Set()
    {
        var approver = new Argument<string>("APPROVER") { Description = "For example bucho@corp.example." };
        var proxy = new Argument<string>("PROXY") { Description = "Account that decides in his place." };
        var from = new Option<string?>("--from") { Description = "Default: now.", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Default: until it is cleared.", HelpName = "TIME" };
        var reason = new Option<string?>("--reason") { Description = "For the audit.", HelpName = "TEXT" };
        return verbs.Acting(
            new Verb("set", "Set the proxy of an approver, in place of the one before.", "clustermail approval proxy set bucho@corp.example kacho@corp.example --until 2026-12-11 --reason on-leave") { approver, proxy, from, until, reason },
            async (client, parsed, cancel) =>
            {
                var body = new ProxySet(parsed.GetRequiredValue(proxy), Time(parsed.GetValue(from)), Time(parsed.GetValue(until)), parsed.GetValue(reason));
                var path = Routes.Fill(Routes.ApprovalProxy, parsed.GetRequiredValue(approver));
                new Screen().Line((await client.SendAsync(HttpMethod.Put, path, body, AdminJson.Default.ProxySet, AdminJson.Default.ApprovalDone, cancel)).Value.Text);
            });
    }

    private Verb Clear()
    {
        var approver = new Argument<string>("APPROVER") { Description = "For example bucho@corp.example." };
        return verbs.Acting(new Verb("clear", "Clear the proxy of an approver: he is asked himself again.", "clustermail approval proxy clear bucho@corp.example") { approver }, async (client, parsed, cancel) =>
            new Screen().Line((await client.SendAsync(HttpMethod.Delete, Routes.Fill(Routes.ApprovalProxy, parsed.GetRequiredValue(approver)), AdminJson.Default.ApprovalDone, cancel)).Value.Text));
    }

    private static DateTimeOffset? Time(string? text) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) ? time.ToUniversalTime()
        : throw new CommandFailure(Exit.Usage, $"'{text}' is no time: write 2026-12-11 or 2026-12-11T08:00");
}
