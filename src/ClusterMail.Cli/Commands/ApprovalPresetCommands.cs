using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval preset</c>: the four placements of the approval server (chapter 24).</summary>
internal sealed class ApprovalPresetCommands(Verbs verbs, ConnectionOptions connection)
{
    private readonly Option<string?> _domain = new("--domain") { Description = "The domain whose accounts send through this farm.", HelpName = "DOMAIN" };
    private readonly Option<string?> _next = new("--next") { Description = "The server behind: existing server, provider (port 587, or 465*), Exchange, or with local a smart host.", HelpName = "HOST:PORT" };
    private readonly Option<string?> _auth = AuthOption();
    private readonly Option<string?> _networks = new("--networks") { Description = "Networks that may submit where AUTH is off, separated by commas.", HelpName = "NET,NET" };
    private readonly Option<string?> _label = new("--label") { Description = "Label of the sub-domain for decisions (exchange). Default: sub.", HelpName = "LABEL" };
    private readonly Option<string?> _servers = new("--servers") { Description = "Addresses Exchange sends from, separated by commas. Default: the address in --next.", HelpName = "IP,IP" };

    public Command Build() => new("preset", "The four placements of the approval server: what they set, and a guided check.") { List(), Show(), Apply(), new ApprovalCheckCommand(connection).Build() };

    public static Argument<string> Name()
    {
        var name = new Argument<string>("PRESET") { Description = "front (既存メールサーバの前段), hosted (ホスティング業者の前段), local (同一サーバ) or exchange (Exchange の前段)." };
        name.AcceptOnlyFromAmong("front", "hosted", "local", "exchange");
        return name;
    }

    private static Option<string?> AuthOption()
    {
        var auth = new Option<string?>("--auth") { Description = "AUTH toward clients: required (default), or off with --networks, where the existing server uses none.", HelpName = "WHEN" };
        auth.AcceptOnlyFromAmong("required", "off");
        return auth;
    }

    private void AddTo(Verb verb)
    {
        foreach (var option in (Option[])[_domain, _next, _auth, _networks, _label, _servers])
            verb.Options.Add(option);
    }

    private PresetOrder Order(ParseResult parsed) => new()
    {
        Domain = parsed.GetValue(_domain),
        Next = parsed.GetValue(_next),
        Auth = parsed.GetValue(_auth),
        Networks = parsed.GetValue(_networks),
        Label = parsed.GetValue(_label),
        Servers = parsed.GetValue(_servers),
    };

    private Verb List() => verbs.Reading(
        new Verb("list", "The placements.", "clustermail approval preset list"), _ => Routes.Presets, AdminJson.Default.PresetList, (screen, list) =>
        {
            foreach (var preset in list.Presets)
                Heading(screen, preset);
        });

    private Verb Show()
    {
        var name = Name();
        var verb = new Verb(
            "show", "What a placement sets, what it has now, and what is left to people. Without options with examples.",
            "clustermail approval preset show front", "clustermail approval preset show front --domain corp.example --next 192.0.2.5:25")
        { name };
        AddTo(verb);
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) => Verbs.Show(
            await client.SendAsync(HttpMethod.Post, Routes.Fill(Routes.PresetPlan, parsed.GetRequiredValue(name)), Order(parsed), AdminJson.Default.PresetOrder, AdminJson.Default.PresetPlan, cancel),
            parsed.GetValue(json), Show));
    }

    private static void Show(Screen screen, PresetPlan plan)
    {
        Heading(screen, plan.Preset);
        screen.Line();
        foreach (var value in plan.Values)
        {
            screen.Labelled($"  {value.Name} = ", Lines(value.Value));
            if (value.Now != value.Value)
                screen.Labelled("    ", Words.Say($"now: {Lines(value.Now)} ({value.Rule})"));
        }
        Conflicts(screen, plan.Conflicts);
        ByHand(screen, plan.ByHand);
    }

    private Verb Apply()
    {
        var name = Name();
        var replace = new Option<bool>("--replace") { Description = "Overwrite settings that are in the way." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the difference, save nothing." };
        var yes = Verbs.Yes();
        var verb = new Verb(
            "apply", "Set up a placement: shows the difference, asks, and saves one version of the settings. Nothing else is changed.",
            "clustermail approval preset apply front --domain corp.example --next 192.0.2.5:25 --dry-run",
            "clustermail approval preset apply front --domain corp.example --next 192.0.2.5:25 --auth off --networks 192.0.2.0/24 --yes",
            "clustermail approval preset apply hosted --domain corp.example --next smtp.provider.example:587",
            "clustermail approval preset apply exchange --domain test.jp --next 192.0.2.20:25 --label sub")
        { name, replace, dryRun, yes };
        AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var (preset, order) = (parsed.GetRequiredValue(name), Order(parsed) with { Replace = parsed.GetValue(replace) });
            var seen = await SendAsync(client, preset, order with { DryRun = true }, cancel);
            var screen = new Screen();
            Verbs.Changes(screen, seen.Saved.Changes);
            foreach (var note in seen.Saved.Notes)
                screen.Warning(Words.Of("note: ") + Words.Of(note));
            Conflicts(screen, seen.Conflicts);
            if (parsed.GetValue(dryRun))
            {
                ByHand(screen, seen.ByHand);
                return;
            }
            if (seen.Conflicts.Count > 0 && !order.Replace)
                throw new CommandFailure($"{seen.Conflicts.Count} settings are in the way; nothing was saved. Change them by hand, or apply with --replace to overwrite them");
            if (seen.Saved.Changes.Count > 0)
                Verbs.Confirm(parsed.GetValue(yes), Words.Of("Save this?"));
            var saved = await SendAsync(client, preset, order with { Base = seen.Saved.Version, Confirm = true }, cancel);
            screen.Line(saved.Saved.Changes.Count == 0 ? Words.Say($"nothing changed; version {saved.Saved.Version}") : Words.Say($"saved as version {saved.Saved.Version}"));
            ByHand(screen, saved.ByHand);
        });
    }

    private static async Task<PresetApplied> SendAsync(AdminClient client, string preset, PresetOrder order, CancellationToken cancel) =>
        (await client.SendAsync(HttpMethod.Post, Routes.Fill(Routes.Preset, preset), order, AdminJson.Default.PresetOrder, AdminJson.Default.PresetApplied, cancel)).Value;

    private static void Heading(Screen screen, PresetEntry preset)
    {
        screen.Heading($"{preset.Name} ({preset.Japanese})");
        screen.Labelled("  ", Words.InJapanese ? preset.SummaryJapanese : preset.Summary);
    }

    private static void Conflicts(Screen screen, IReadOnlyList<PresetConflict> conflicts)
    {
        if (conflicts.Count == 0)
            return;
        screen.Heading("in the way");
        foreach (var conflict in conflicts)
            screen.Labelled("  ", $"{conflict.Setting}: {Words.Of(conflict.Text)} ({conflict.Rule})");
    }

    private static void ByHand(Screen screen, IReadOnlyList<PresetStep> steps)
    {
        screen.Heading("left to you");
        foreach (var step in steps)
            screen.Labelled("  - ", Words.InJapanese ? step.Japanese : step.English);
    }

    private static string Lines(string text) => text.Length == 0 ? Words.Of("(empty)") : string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
