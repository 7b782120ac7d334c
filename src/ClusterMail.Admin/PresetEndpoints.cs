using ClusterMail.Admin.Contract;
using ClusterMail.Admin.Placements;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>approval preset</c>: the four placements, what they set, and the two questions of the guided check (chapter 24).</summary>
internal static class PresetEndpoints
{
    private const int LongestAddress = 320;

    public static void MapPresets(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("approval");
        group.MapGet(Routes.Presets, List).Needs(Right.ReadSettings, "approval.preset.list").WithSummary("The placements").Produces<PresetList>();
        group.MapPost(Routes.PresetPlan, PlanAsync).Needs(Right.ReadSettings, "approval.preset.show").WithSummary("What a placement sets, what is in the way, what is left to people").Produces<PresetPlan>();
        group.MapPost(Routes.Preset, ApplyAsync).Needs(Right.ChangeSettings, "approval.preset.apply").WithSummary("Saves a placement as one version of the settings").Produces<PresetApplied>();
        group.MapPost(Routes.TrialHop, HopAsync).Needs(Right.Govern, "approval.preset.hop").WithSummary("How far this node gets with the next hop of a mail; sends none").Produces<HopAnswer>();
        group.MapPost(Routes.TrialMail, MailAsync).Needs(Right.Govern, "approval.preset.mail").WithSummary("Submits a mail of the guided check as its sender would").Produces<TrialAnswer>();
    }

    private static IResult List() => Results.Ok(new PresetList([.. Enum.GetValues<PlacementKind>().Select(kind => kind.Entry())]));

    private static async Task<IResult> PlanAsync(string preset, PresetOrder order, SettingsDesk desk, CancellationToken cancel)
    {
        if (!PlacementKinds.TryParse(preset, out var kind))
            return Unknown(preset);
        var (terms, refusal) = PlacementTerms.Read(kind, order, example: true);
        if (refusal is not null)
            return refusal;
        var newest = (await desk.LoadAsync(null, cancel))!;
        var plan = PlacementPlan.Of(terms!, newest);
        return Results.Ok(new PresetPlan(kind.Entry(), newest.Version, plan.Values, plan.Conflicts, new PlacementSteps(terms!, await desk.HostAsync(cancel)).All));
    }

    private static async Task<IResult> ApplyAsync(string preset, PresetOrder order, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        if (!PlacementKinds.TryParse(preset, out var kind))
            return Unknown(preset);
        var (terms, refusal) = PlacementTerms.Read(kind, order, example: false);
        if (refusal is not null)
            return refusal;
        var newest = (await desk.LoadAsync(null, cancel))!;
        var plan = PlacementPlan.Of(terms!, newest);
        if (plan.Conflicts.Count > 0 && !order.Replace && !order.DryRun)
            return InTheWay(plan);
        var saved = await desk.SaveAsync(
            newest, SettingsDesk.Apply(newest, plan.Changes), order.Base, context.User(), $"approval preset {kind.Entry().Name} {terms!.Domain}", order.DryRun, cancel, order.Confirm);
        return saved is Ok<SettingsSaved> { Value: { } done }
            ? Results.Ok(new PresetApplied(done, plan.Conflicts, new PlacementSteps(terms, await desk.HostAsync(cancel)).All))
            : saved;
    }

    private static IResult InTheWay(PlacementPlan plan) => Answers.Problem(new Problem
    {
        Title = $"{plan.Conflicts.Count} settings are in the way; nothing was saved.",
        Status = StatusCodes.Status409Conflict,
        Rule = plan.Conflicts[0].Rule,
        Detail = string.Join("; ", plan.Conflicts.Select(conflict => $"{conflict.Setting}: {conflict.Text} ({conflict.Rule})")),
        Hint = "Change them by hand, or apply with --replace to overwrite them; clustermail settings rollback brings them back.",
    });

    private static async Task<IResult> HopAsync(HopQuestion question, ITrial trial, CancellationToken cancel) =>
        IsAddress(question.From) && (IsAddress(question.To) || question.Name is { Length: > 0 and <= 255 }) ? Results.Ok(await trial.HopAsync(question, cancel)) : NoAddress(IsAddress(question.From) ? question.To : question.From);

    private static async Task<IResult> MailAsync(TrialMail mail, ITrial trial, HttpContext context, Store.ConsoleAudit audit, CancellationToken cancel)
    {
        if (!IsAddress(mail.From) || !IsAddress(mail.To))
            return NoAddress(IsAddress(mail.From) ? mail.To : mail.From);
        // It speaks in the name of somebody else: that is on record before it does.
        await audit.NoteAsync(context.User(), Store.AuditOutcome.Done, new Store.AuditNote("approval.preset.mail", $"{mail.From} -> {mail.To}"), cancel);
        return Results.Ok(await trial.MailAsync(mail with { Subject = Requests.Printable(mail.Subject, 100) }, cancel));
    }

    private static bool IsAddress(string text) =>
        text.Length <= LongestAddress && text.LastIndexOf('@') is var at and > 0 && at < text.Length - 1 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '<' or '>');

    private static IResult NoAddress(string text) => Answers.Wrong($"'{Requests.Printable(text, LongestAddress)}' is no address with a domain.", "ACCT-1", "Write it like taro@example.jp.");

    private static IResult Unknown(string preset) => Answers.NotFound($"There is no placement '{Requests.Printable(preset, 40)}'.", "There are front, hosted, local and exchange.");
}
