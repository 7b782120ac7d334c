using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>queue</c>: what waits, why, and what to do with it.</summary>
internal sealed class QueueCommands(Verbs verbs)
{
    public Command Build() => new("queue", "Mail that waits: look, ask why, act.")
    {
        Summary(),
        List(),
        Show(),
        Why(),
        Act("retry", "Try now, whatever the schedule says.", Routes.QueueRetry, reason: false, dangerous: false),
        Act("hold", "Keep in the queue without trying.", Routes.QueueHold, reason: true, dangerous: false),
        Act("release", "Let held mail go on.", Routes.QueueRelease, reason: false, dangerous: false),
        Act("bounce", "Give up now: the sender gets an error mail.", Routes.QueueBounce, reason: true, dangerous: true),
        Act("delete", "Remove from the queue; nobody is told.", Routes.QueueDelete, reason: true, dangerous: true),
        Export(),
        Import(),
        Number(),
    };

    /// <summary>MSGID-3.</summary>
    private Verb Number()
    {
        var set = new Option<long?>("--set") { Description = "Raise it, so that every mail from now on has a greater number. It is never lowered.", HelpName = "N" };
        var verb = new Verb("number", "The counter of mail numbers (LastMsgId).", "clustermail queue number", "clustermail queue number --set 318868") { set };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var answer = parsed.GetValue(set) is { } wanted
                ? await client.SendAsync(HttpMethod.Post, Routes.QueueNumber, new NumberRaise(wanted), AdminJson.Default.NumberRaise, AdminJson.Default.NumberStatus, cancel)
                : await client.GetAsync(Routes.QueueNumber, AdminJson.Default.NumberStatus, cancel);
            Verbs.Show(answer, parsed.GetValue(json), static (screen, status) => screen.Line(Words.Say($"last number given out: {status.Printed}; the next mail gets a greater one")));
        });
    }

    private Verb Summary()
    {
        var limit = Limit(100);
        return verbs.Reading(
            new Verb("summary", "What waits for each destination, most first.", "clustermail queue summary", "clustermail queue summary --json") { limit },
            parsed => Verbs.Query(Routes.QueueSummary, ("limit", Text(parsed.GetValue(limit)))), AdminJson.Default.QueueSummary, Show);
    }

    private static void Show(Screen screen, QueueSummary summary)
    {
        Missing(screen, summary.Missing);
        if (summary.Recipients == 0)
        {
            screen.Line(Words.Of("the queue is empty"));
            return;
        }

        screen.Line($"{summary.Mails} mails, {summary.Recipients} recipients, {summary.Destinations} destinations");
        screen.Line();
        var sheet = new Sheet(
            new("Destination", Flexible: true), new("Waiting", Right: true), new("Delivering", Right: true, Optional: true), new("Held", Right: true, Optional: true), new("Oldest", Right: true),
            new("Next try"), new("Limit", Right: true, Optional: true), new("Last reply", Flexible: true));
        foreach (var row in summary.Rows)
        {
            sheet.Add(
                row.Destination, Text(row.Count), Text(row.Delivering), Text(row.Held), Ages.Since(row.Oldest, screen.Now), NextTry(row.NextTry, row.DownUntil, screen.Now),
                row.Limit is { } limit ? Text(limit) : "-", row.LastReply ?? "-");
        }

        sheet.Print(screen);
        if (summary.Rows.Count < summary.Destinations)
            screen.Line($"... and {summary.Destinations - summary.Rows.Count} more destinations: --limit");
    }

    private Verb List()
    {
        var destination = Filter("--destination", "Only for this destination, as 'queue summary' shows it.", "DEST");
        var sender = Filter("--sender", "Only from this address or @domain.", "ADDRESS");
        var recipient = Filter("--recipient", "Only to this address or @domain.", "ADDRESS");
        var state = Filter("--state", "queued, delivering, waiting or held.", "STATE");
        var node = Filter("--node", "Only what this node owns.", "NAME");
        var older = Filter("--older-than", "Only accepted longer ago than 30m, 2h, 3d.", "AGE");
        var after = Filter("--after", "The next page: the word the page before ended with.", "WORD");
        var limit = Limit(50);
        return verbs.Reading(
            new Verb(
                "list", "Waiting recipients, oldest first.",
                "clustermail queue list", "clustermail queue list --recipient @example.jp --older-than 2h", "clustermail queue list --state held --json")
            { destination, sender, recipient, state, node, older, after, limit },
            parsed => Verbs.Query(
                Routes.Queue, ("destination", parsed.GetValue(destination)), ("sender", parsed.GetValue(sender)), ("recipient", parsed.GetValue(recipient)),
                ("state", parsed.GetValue(state)), ("node", parsed.GetValue(node)), ("olderThan", Times.Seconds(parsed.GetValue(older))),
                ("limit", Text(parsed.GetValue(limit))), ("after", parsed.GetValue(after))),
            AdminJson.Default.QueuePage, Show);
    }

    private static void Show(Screen screen, QueuePage page)
    {
        Missing(screen, page.Missing);
        if (page.Entries.Count == 0)
            screen.Line(Words.Of("nothing found"));
        else
            Entries(screen, page.Entries);
        if (page.Next is { } next)
            screen.Line($"... more: --after {next}");
    }

    private static void Missing(Screen screen, IReadOnlyList<string> shards)
    {
        foreach (var sentence in shards)
            screen.Warning(Words.Of(sentence));
    }

    private static void Entries(Screen screen, IReadOnlyList<QueueEntry> entries)
    {
        var sheet = new Sheet(
            new("Id"), new("State"), new("Age", Right: true), new("Size", Right: true, Optional: true), new("Tries", Right: true, Optional: true), new("Next try"), new("Node", Optional: true), new("Sender", Flexible: true),
            new("Recipient", Flexible: true), new("Last reply", Flexible: true));
        foreach (var e in entries)
        {
            sheet.Add(
                e.Id, e.State, Ages.Since(e.AcceptedAt, screen.Now), Ages.Size(e.Size), Text(e.Attempts), e.State == "waiting" ? Ages.Until(e.NextTry, screen.Now) : "-",
                e.Node ?? "-", Sender(e.Sender), e.Recipient, e.LastReply ?? "-");
        }

        sheet.Print(screen);
    }

    private Verb Show()
    {
        var id = Id();
        return verbs.Reading(
            new Verb("show", "One mail and its recipients.", "clustermail queue show B0000000012") { id },
            parsed => Routes.Fill(Routes.QueueMail, parsed.GetRequiredValue(id)), AdminJson.Default.QueueMail, Show);
    }

    private static void Show(Screen screen, QueueMail mail)
    {
        screen.Heading(mail.Id);
        screen.Line($"from {Sender(mail.Sender)}, {Ages.Size(mail.Size)}, accepted {Ages.Clock(mail.AcceptedAt)} ({Ages.Since(mail.AcceptedAt, screen.Now)} ago) by {mail.AcceptedBy ?? "?"}");
        screen.Line($"client {mail.ClientAddress ?? "none: made by the cluster"} {mail.Helo} {mail.TlsVersion} {(mail.AuthenticatedAs is { } who ? "as " + who : "")}".TrimEnd());
        if (mail.Shard is { } shard)
            screen.Line(Words.Say($"in the database {shard}"));
        if (mail.EnvelopeId is { } envelope)
            screen.Line($"ENVID {envelope}");
        screen.Line();
        Entries(screen, mail.Recipients);
    }

    private Verb Why()
    {
        var id = Id();
        return verbs.Reading(
            new Verb("why", "Why is it still here? Owner, next try, last reply, limit in force, and what to type next.", "clustermail queue why B0000000012") { id },
            parsed => Routes.Fill(Routes.QueueWhy, parsed.GetRequiredValue(id)), AdminJson.Default.QueueWhy, Show);
    }

    private static void Show(Screen screen, QueueWhy why)
    {
        screen.Heading(why.Id);
        screen.Line($"from {Sender(why.Sender)}, accepted {Ages.Clock(why.AcceptedAt)} ({Ages.Since(why.AcceptedAt, screen.Now)} ago)");
        if (why.Deliver != SwitchWord.On)
            screen.Warning($"delivery is {why.Deliver.ToString().ToLowerInvariant()} for the whole cluster");
        foreach (var recipient in why.Recipients)
            Show(screen, recipient);
        screen.Line();
        screen.Heading("What to type next");
        foreach (var next in why.Next)
            screen.Line("  " + next);
    }

    private static void Show(Screen screen, RecipientWhy r)
    {
        screen.Line();
        screen.Heading(r.Recipient);
        screen.Labelled("  ", r.Because);
        screen.Labelled("  state        ", $"{r.State}, owner {r.Node ?? "none"}{(r.OwnerSwitch is { } s and not SwitchWord.On ? $" (delivery {s.ToString().ToLowerInvariant()} there)" : "")}");
        screen.Labelled("  tries        ", $"{r.Attempts}, first {Ages.Clock(r.FirstTry)}, last {Ages.Clock(r.LastTry)}, next {Ages.Clock(r.NextTry)} ({Ages.Until(r.NextTry, screen.Now)})");
        screen.Labelled("  last reply   ", $"{r.LastReply ?? "-"}{(r.LastClass is { } c ? $" ({c})" : "")}");
        screen.Labelled("  destination  ", $"{r.Destination}: {r.DestinationCount} waiting, limit {(r.Limit is { } limit ? Text(limit) + " connections" : "not known")}");
        if (r.DestinationDownUntil is { } until)
            screen.Labelled("               ", $"left alone {Ages.Until(until, screen.Now)}: {r.DestinationReply ?? "no answer"}");
    }

    private Verb Act(string name, string description, string route, bool reason, bool dangerous)
    {
        var ids = new Argument<string[]>("ID") { Description = "Mail numbers.", Arity = ArgumentArity.ZeroOrMore };
        var destination = Filter("--destination", "All for this destination.", "DEST");
        var sender = Filter("--sender", "All from this address.", "ADDRESS");
        var recipient = Filter("--recipient", "All to this address. For a domain: --destination.", "ADDRESS");
        var all = new Option<bool>("--all") { Description = "The whole queue." };
        var why = Filter("--reason", "Goes into the history, and with bounce into the error mail.", "TEXT");
        var yes = Verbs.Yes();
        var verb = new Verb(name, description, $"clustermail queue {name} B0000000012", $"clustermail queue {name} --recipient taro@example.jp{(dangerous ? " --yes" : "")}")
        { ids, destination, sender, recipient, all };
        if (reason)
            verb.Options.Add(why);
        if (dangerous)
            verb.Options.Add(yes);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var selection = new QueueSelection
            {
                Ids = parsed.GetValue(ids) ?? [],
                Destination = parsed.GetValue(destination),
                Sender = parsed.GetValue(sender),
                Recipient = parsed.GetValue(recipient),
                All = parsed.GetValue(all),
                Reason = reason ? parsed.GetValue(why) : null,
            };
            var wide = selection.Ids.Count == 0;
            if (wide && !selection.All && selection is { Destination: null, Sender: null, Recipient: null })
                throw new CommandFailure(Exit.Usage, $"which mail? Name an ID, --destination, --sender, --recipient or --all");
            if (dangerous && wide)
                Verbs.Confirm(parsed.GetValue(yes), $"{name} every recipient that matches?");
            var answer = await client.SendAsync(HttpMethod.Post, route, selection, AdminJson.Default.QueueSelection, AdminJson.Default.QueueActResult, cancel);
            if (selection.Ids.Count > 0 && answer.Value is { Changed: 0, Skipped: 0 })
                throw new CommandFailure($"{answer.Value.Message} It may be so already, or have left the queue: clustermail trace {selection.Ids[0]}");
            new Screen().Line(answer.Value.Message);
        });
    }

    private Verb Export()
    {
        var id = Id();
        var folder = new Option<string>("--to") { Description = "Folder for the pair of files.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        return verbs.Acting(
            new Verb("export", "Write a queued mail as the original's pair of files, ID.MSG and ID.RCP. It stays in the queue.", "clustermail queue export B0000000012 --to /tmp") { id, folder },
            async (client, parsed, cancel) =>
            {
                var answer = await client.GetAsync(Routes.Fill(Routes.QueueExport, parsed.GetRequiredValue(id)), AdminJson.Default.MailPair, cancel);
                // The name comes from another machine: it must not lead out of the folder.
                var stem = Path.Combine(parsed.GetRequiredValue(folder), Path.GetFileName(answer.Value.Id));
                await File.WriteAllBytesAsync(stem + ".MSG", answer.Value.Message, cancel);
                await File.WriteAllTextAsync(stem + ".RCP", answer.Value.Envelope, cancel);
                new Screen().Line($"{stem}.MSG {stem}.RCP");
            });
    }

    private Verb Import()
    {
        var message = new Argument<string>("FILE") { Description = "The .MSG file; its .RCP lies beside it." };
        return verbs.Acting(
            new Verb("import", "Put a pair of files, ID.MSG and ID.RCP, into the queue as a new mail.", "clustermail queue import /tmp/B0000000012.MSG") { message },
            async (client, parsed, cancel) =>
            {
                var path = parsed.GetRequiredValue(message);
                var envelope = new[] { ".RCP", ".rcp" }.Select(e => Path.ChangeExtension(path, e)).FirstOrDefault(File.Exists)
                    ?? throw new CommandFailure($"there is no {Path.ChangeExtension(path, ".RCP")} beside {path}");
                var pair = new MailPair(Path.GetFileNameWithoutExtension(path), await File.ReadAllBytesAsync(path, cancel), await File.ReadAllTextAsync(envelope, cancel));
                var answer = await client.SendAsync(HttpMethod.Post, Routes.QueueImport, pair, AdminJson.Default.MailPair, AdminJson.Default.ImportResult, cancel);
                new Screen().Line($"{answer.Value.Id}: {answer.Value.Recipients} recipients");
            });
    }

    private static Argument<string> Id() => new("ID") { Description = "Mail number, for example B0000000012." };

    private static Option<string?> Filter(string name, string description, string word) => new(name) { Description = description, HelpName = word };

    private static Option<int> Limit(int normal)
    {
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => normal };
        Numbers.Limit(limit, 1, 1000);
        return limit;
    }

    private static string NextTry(DateTimeOffset? next, DateTimeOffset? down, DateTimeOffset now) =>
        down > now ? $"down, {Ages.Until(down, now)}" : Ages.Until(next, now);

    private static string Sender(string sender) => sender.Length == 0 ? "<>" : sender;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
