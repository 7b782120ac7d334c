using System.CommandLine;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>trace</c>, what happened to a mail, and <c>explain</c>, what would happen to one.</summary>
internal sealed class StoryCommands(Verbs verbs)
{
    public Verb Trace()
    {
        var what = new Argument<string?>("ID|ADDRESS|IP")
        {
            Description = "Mail number, an address (sender or recipient), or the IP address of a client that was refused.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var since = new Option<string?>("--since") { Description = "Not older than this: 30m, 2h, 3d, or a time.", HelpName = "WHEN" };
        var until = new Option<string?>("--until") { Description = "Not younger than this.", HelpName = "WHEN" };
        var limit = new Option<int>("--limit") { Description = "Mails at most.", HelpName = "N", DefaultValueFactory = _ => 20 };
        Numbers.Limit(limit, 1, 200);
        var live = new LiveOptions();
        var verb = new Verb(
            "trace", "The whole story of a mail, from connect to outcome, over all nodes; or what happens now (デバッグモード).", "clustermail trace B0000000012",
            "clustermail trace taro@example.jp --since 2h", "clustermail trace --live --domain example.jp --minutes 10") { what, since, until, limit };
        live.AddTo(verb);
        var json = Verbs.Json(verb);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(live.Live) == (result.GetValue(what) is not null))
                result.AddError("Say what to trace, a mail number, an address or an IP address; or --live.");
        });
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            if (parsed.GetValue(live.Live))
            {
                await WatchAsync(client, live.Path(parsed), parsed.GetValue(json), cancel);
                return;
            }
            var path = Verbs.Query(
                Routes.Trace, ("q", parsed.GetValue(what)), ("since", Times.Ago(parsed.GetValue(since))), ("until", Times.Ago(parsed.GetValue(until))), ("limit", $"{parsed.GetValue(limit)}"));
            Verbs.Show(await client.GetAsync(path, AdminJson.Default.TraceResult, cancel), parsed.GetValue(json), Show);
        });
    }

    /// <summary>Prints each line as it comes. Interrupting it is its usual end.</summary>
    private static async Task WatchAsync(AdminClient client, string path, bool json, CancellationToken cancel)
    {
        var screen = new Screen();
        await foreach (var line in client.LinesAsync(path, cancel))
        {
            if (json)
                Console.WriteLine(line);
            else if (JsonSerializer.Deserialize(line, AdminJson.Default.LiveEntry) is { } entry)
                screen.Line($"{Moment(entry.At)} {entry.Node} {(entry.Id.Length == 0 ? "--" : $"[{entry.Id}]")} {entry.Text}");
        }
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
        var at = new Option<DateTimeOffset?>("--at") { Description = "Time of the transaction, for usage hours: 2026-11-21T12:00+09:00. Default: now.", HelpName = "TIME" };
        var blank = new Option<bool>("--blank") { Description = "Nothing at all after MAIL FROM:, instead of the null reverse-path." };
        var verb = new Verb(
            "explain", "Dry run of one transaction: replies, route, and the rules that decide. Nothing is sent.",
            "clustermail explain --ip 192.0.2.7 --from a@example.com --to b@example.jp",
            "clustermail explain --ip 203.0.113.9 --port 587 --auth taro@example.jp --from taro@example.jp --to y@example.org",
            "clustermail explain spf 203.0.113.9 mail.example.net taro@example.net") { ip, from, to, helo, auth, port, at, blank };
        verb.Subcommands.Add(Spf());
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var request = new ExplainRequest(
                parsed.GetRequiredValue(ip), parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(helo), parsed.GetValue(auth), parsed.GetValue(port), parsed.GetValue(at),
                parsed.GetValue(blank));
            var answer = await client.SendAsync(HttpMethod.Post, Routes.Explain, request, AdminJson.Default.ExplainRequest, AdminJson.Default.ExplainResult, cancel);
            Verbs.Show(answer, parsed.GetValue(json), Show);
        });
    }

    private Verb Spf()
    {
        var ip = new Argument<string>("IP") { Description = "Address of the client." };
        var helo = new Argument<string>("HELO") { Description = "Name given with EHLO." };
        var from = new Argument<string>("FROM") { Description = "MAIL FROM; <> is the null reverse-path." };
        var verb = new Verb("spf", "How SPF would go for a client, line by line. DNS is asked, nothing is sent.", "clustermail explain spf 203.0.113.9 mail.example.net taro@example.net") { ip, helo, from };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var request = new ExplainSpfRequest(parsed.GetRequiredValue(ip), parsed.GetRequiredValue(helo), parsed.GetRequiredValue(from));
            var answer = await client.SendAsync(HttpMethod.Post, Routes.ExplainSpf, request, AdminJson.Default.ExplainSpfRequest, AdminJson.Default.ExplainSpfResult, cancel);
            Verbs.Show(answer, parsed.GetValue(json), Show);
        });
    }

    private static void Show(Screen screen, ExplainSpfResult result)
    {
        foreach (var identity in result.Identities)
        {
            screen.Heading($"{identity.Identity} {identity.Domain}: {identity.Result}");
            foreach (var step in identity.Steps)
                screen.Line($"  {step}");
            if (identity.Explanation is { } words)
                screen.Line("  " + Words.Say($"the domain says: {words}"));
            screen.Line();
        }
        screen.Line(Words.Say($"receive.spf is {result.Mode}; enforce would answer: {result.Enforced ?? "250"}"));
        if (!result.Checked)
            screen.Warning(Words.Of("mail of this client is not checked: it comes from this machine, or a line of the relay list names it"));
    }

    public static void Show(Screen screen, TraceResult result)
    {
        foreach (var sentence in result.Missing)
            screen.Warning(Words.Of(sentence));
        if (result.Mails.Count == 0 && result.Refusals.Count == 0 && result.Held.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            screen.Line(Words.Of("Try the other address, or a longer time with --since. History is kept for log.retention_days: 'clustermail settings get log.retention_days'."));
        }
        foreach (var held in result.Held)
            ApprovalCommands.Show(screen, held);
        foreach (var mail in result.Mails)
            Show(screen, mail);
        foreach (var refusal in result.Refusals)
            Show(screen, refusal);
        if (result.More)
            screen.Warning(Words.Of("there is more: narrow the time with --since and --until, or raise --limit"));
    }

    private static void Show(Screen screen, MailTrace mail)
    {
        screen.Heading(mail.Id);
        var about = mail.About is { } origin ? Words.Say($", about {origin}") : "";
        screen.Line(Words.Say($"from {Shown(mail.Sender)}, {Ages.Size(mail.Size)}, accepted {Ages.Clock(mail.AcceptedAt)}") + about);
        foreach (var r in mail.Recipients)
        {
            var end = r.EndedAt is { } ended ? Words.Say($"after {Ages.Of(ended - mail.AcceptedAt)}") : r.NextTry is { } next ? Words.Say($"next try {Ages.Until(next, screen.Now)}") : "";
            screen.Line($"  {r.Recipient}: {Words.Of(r.State)} {end}, {Words.Say($"{r.Attempts} tries, by {r.Destination}")}{(r.Reply is { } reply ? $": {reply}" : "")}");
        }

        screen.Line();
        var sheet = new Sheet(new("Time"), new("Node"), new("What"), new("Recipient", Flexible: true), new("Details", Flexible: true));
        foreach (var step in mail.Steps)
        {
            sheet.Add(Moment(step.At), step.Node ?? "-", Words.Of(step.What), step.Recipient ?? "-", step.Text);
            foreach (var line in step.Lines)
                sheet.Add("", "", "", "", line);
        }

        sheet.Print(screen);
        screen.Line();
    }

    private static void Show(Screen screen, TraceRefusal refusal)
    {
        screen.Heading(Words.Say($"refused before it got a number, {Ages.Clock(refusal.At)}"));
        screen.Line(Words.Say($"client {refusal.Client} ({refusal.Helo}) to {refusal.Node} port {refusal.Port}, session {refusal.Session}"));
        screen.Line(Words.Say($"from {(refusal.Sender is null ? "-" : Shown(refusal.Sender))} to {string.Join(", ", refusal.Recipients)}"));
        screen.Line(Words.Say($"reply {(refusal.Reply.Length == 0 ? "-" : refusal.Reply)} decided by {(refusal.Rule.Length == 0 ? "-" : refusal.Rule)}"));
        foreach (var line in refusal.Lines)
            screen.Line("  " + line);
        screen.Line();
    }

    private static string Shown(string sender) => sender.Length == 0 ? "<>" : sender;

    private static string Moment(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture);

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
        if (result.DataReply is { } data)
        {
            screen.Line();
            screen.Line($"DATA       {data}");
        }
    }

    private static void Rules(Screen screen, IReadOnlyList<ExplainRule> rules)
    {
        foreach (var rule in rules)
            screen.Line($"           {rule.Rule}: {rule.Text}");
    }
}
