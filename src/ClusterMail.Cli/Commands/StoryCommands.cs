using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>trace</c>, what happened to a mail, and <c>explain</c>, what would happen to one.</summary>
internal sealed class StoryCommands(Verbs verbs)
{
    public Verb Trace()
    {
        var what = new Argument<string>("ID|ADDRESS") { Description = "Mail number, or an address: sender or recipient." };
        var since = new Option<string?>("--since") { Description = "Not older than this: 30m, 2h, 3d, or a time.", HelpName = "WHEN" };
        var until = new Option<string?>("--until") { Description = "Not younger than this.", HelpName = "WHEN" };
        var limit = new Option<int>("--limit") { Description = "Mails at most.", HelpName = "N", DefaultValueFactory = _ => 20 };
        Numbers.Limit(limit, 1, 200);
        return verbs.Reading(
            new Verb("trace", "The whole story of a mail, from connect to outcome, over all nodes.", "clustermail trace B0000000012", "clustermail trace taro@example.jp --since 2h")
            { what, since, until, limit },
            parsed => Verbs.Query(
                Routes.Trace, ("q", parsed.GetValue(what)), ("since", Times.Ago(parsed.GetValue(since))), ("until", Times.Ago(parsed.GetValue(until))), ("limit", $"{parsed.GetValue(limit)}")),
            AdminJson.Default.TraceResult, Show);
    }

    public Verb Explain()
    {
        var ip = new Option<string>("--ip") { Description = "Address of the client.", HelpName = "IP", Required = true };
        var from = new Option<string>("--from") { Description = "MAIL FROM; <> is the null reverse-path.", HelpName = "ADDRESS", Required = true };
        var to = new Option<string[]>("--to") { Description = "RCPT TO; may be repeated.", HelpName = "ADDRESS", Required = true };
        var helo = new Option<string?>("--helo") { Description = "Name given with EHLO.", HelpName = "NAME" };
        var auth = new Option<string?>("--auth") { Description = "Authenticated as.", HelpName = "ACCOUNT" };
        var port = new Option<int?>("--port") { Description = "Local port it comes in on. Default: the first relay listener.", HelpName = "PORT" };
        Numbers.Limit(port, 1, 65535);
        var verb = new Verb(
            "explain", "Dry run of one transaction: replies, route, and the rules that decide. Nothing is sent.",
            "clustermail explain --ip 192.0.2.7 --from a@example.com --to b@example.jp") { ip, from, to, helo, auth, port };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var request = new ExplainRequest(
                parsed.GetRequiredValue(ip), parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(helo), parsed.GetValue(auth), parsed.GetValue(port));
            var answer = await client.SendAsync(HttpMethod.Post, Routes.Explain, request, AdminJson.Default.ExplainRequest, AdminJson.Default.ExplainResult, cancel);
            Verbs.Show(answer, parsed.GetValue(json), Show);
        });
    }

    public static void Show(Screen screen, TraceResult result)
    {
        if (result.Mails.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            screen.Line(Words.Of("Try the other address, or a longer time with --since. History is kept for log.retention_days: 'clustermail settings get log.retention_days'."));
        }
        foreach (var mail in result.Mails)
            Show(screen, mail);
        if (result.More)
            screen.Warning("there are more mails: narrow the time with --since and --until, or raise --limit");
    }

    private static void Show(Screen screen, MailTrace mail)
    {
        screen.Heading(mail.Id);
        screen.Line($"from {(mail.Sender.Length == 0 ? "<>" : mail.Sender)}, {Ages.Size(mail.Size)}, accepted {Ages.Clock(mail.AcceptedAt)}{(mail.About is { } about ? $", about {about}" : "")}");
        foreach (var r in mail.Recipients)
        {
            var end = r.EndedAt is { } ended ? $"after {Ages.Of(ended - mail.AcceptedAt)}" : r.NextTry is { } next ? $"next try {Ages.Until(next, screen.Now)}" : "";
            screen.Line($"  {r.Recipient}: {r.State} {end}, {r.Attempts} tries, by {r.Destination}{(r.Reply is { } reply ? $": {reply}" : "")}");
        }

        screen.Line();
        var sheet = new Sheet(new("Time"), new("Node"), new("What"), new("Recipient", Flexible: true), new("Details", Flexible: true));
        foreach (var step in mail.Steps)
        {
            sheet.Add(step.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture), step.Node ?? "-", step.What, step.Recipient ?? "-", step.Text);
            foreach (var line in step.Lines)
                sheet.Add("", "", "", "", line);
        }

        sheet.Print(screen);
        screen.Line();
    }

    private static void Show(Screen screen, ExplainResult result)
    {
        screen.Line($"settings version {result.SettingsVersion}");
        if (result.Greeting is { } greeting)
            screen.Line($"connect    {greeting}");
        screen.Line($"MAIL FROM  {result.MailReply}");
        Rules(screen, result.MailRules);
        foreach (var recipient in result.Recipients)
        {
            screen.Line();
            screen.Heading(recipient.To);
            screen.Line($"RCPT TO    {recipient.Reply}");
            Rules(screen, recipient.Rules);
            if (recipient.Route is { } route)
                screen.Line($"route      {route} (queue: {recipient.Destination})");
            if (recipient.Hosts.Count > 0)
                screen.Line($"hosts      {string.Join(", ", recipient.Hosts)}");
        }
    }

    private static void Rules(Screen screen, IReadOnlyList<ExplainRule> rules)
    {
        foreach (var rule in rules)
            screen.Line($"           {rule.Rule}: {rule.Text}");
    }
}
