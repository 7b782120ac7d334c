using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>approval policy</c>: the destination restrictions of domains and accounts with their lines of approval, versioned (APPROVE-24, APPROVE-25).</summary>
internal static class PolicyEndpoints
{
    public static void MapPolicies(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("approval");
        group.MapGet(Routes.ApprovalPolicies, ListAsync).Needs(Right.ReadSettings, "approval.policy.list").WithSummary("Policies of domains and accounts").Produces<PolicyList>();
        group.MapGet(Routes.ApprovalPolicy, ShowAsync).Needs(Right.ReadSettings, "approval.policy.show").WithSummary("A policy, the one in force or an older version").Produces<PolicyText>();
        group.MapPut(Routes.ApprovalPolicy, SaveAsync).Needs(Right.ChangeSettings, "approval.policy.save").WithSummary("Saves a policy").Produces<PolicySaved>();
        group.MapPost(Routes.ApprovalPolicyCheck, CheckAsync).Needs(Right.ReadSettings, "approval.policy.check").WithSummary("Judges a policy as a save would").Produces<PolicySaved>();
        group.MapPost(Routes.ApprovalPolicyWhatIf, WhatIfAsync).Needs(Right.ReadSettings, "approval.policy.whatif").WithSummary("What would have become of past mails under a draft").Produces<PolicyWhatIfResult>();
        group.MapGet(Routes.ApprovalPolicyHistory, HistoryAsync).Needs(Right.ReadSettings, "approval.policy.history").WithSummary("All versions of a policy, newest first").Produces<PolicyHistory>();
    }

    private static async Task<IResult> ListAsync(ApprovalStore store, CancellationToken cancel) => Results.Ok(new PolicyList([.. (await store.OwnersAsync(cancel)).Select(version =>
        new PolicyEntry(version.Level, version.Owner, version.Version, version.SavedAt, version.SavedBy, version.Comment, version.Draft, ApprovalTable.Parse(version.Text).Table.Rules.Length))]));

    private static async Task<IResult> ShowAsync(string owner, long? version, ApprovalStore store, CancellationToken cancel)
    {
        var (level, name) = Owner(owner);
        var versions = await store.HistoryAsync(level, name, cancel);
        var found = version is { } wanted ? versions.FirstOrDefault(one => one.Version == wanted) : versions.FirstOrDefault(one => !one.Draft);
        return found is null && version is not null ? Answers.NotFound($"There is no version {version} of the policy of {Requests.Printable(name, 320)}.", "clustermail approval policy history shows them.")
            : Results.Ok(new PolicyText(level, name, found?.Version ?? 0, found?.Text ?? "", found?.Draft ?? false));
    }

    private static async Task<IResult> HistoryAsync(string owner, ApprovalStore store, CancellationToken cancel)
    {
        var (level, name) = Owner(owner);
        return Results.Ok(new PolicyHistory(level, name, [.. (await store.HistoryAsync(level, name, cancel)).Select(version =>
            new PolicyRevision(version.Version, version.SavedAt, version.SavedBy, version.Comment, version.Draft, version.Text))]));
    }

    private static async Task<IResult> CheckAsync(string owner, PolicySave save, PolicyDesk desk, CancellationToken cancel)
    {
        var (level, name) = Owner(owner);
        var (notes, refusal) = await desk.JudgeAsync(save, level, name, cancel);
        return refusal ?? Results.Ok(new PolicySaved(0, false, notes));
    }

    /// <summary>APPROVE-520. A day at most, so that each answer comes in time and whoever asks for a month sees how far it is.</summary>
    private static async Task<IResult> WhatIfAsync(string owner, DateTimeOffset from, DateTimeOffset until, PolicySave save, PolicyDesk desk, IExplain explain, CancellationToken cancel)
    {
        if (until <= from || until - from > TimeSpan.FromDays(1))
            return Answers.Wrong("The span is a day at most, and until lies behind from.", "APPROVE-520");
        if (owner.Equals(SystemLevel, StringComparison.OrdinalIgnoreCase))
        {
            var (whole, errors) = ApprovalTable.Parse(save.Text);
            return errors.Any(error => !error.IsWarning) ? Answers.Faults([.. errors.Where(error => !error.IsWarning).Select(SettingsDesk.Fault)])
                : Results.Ok(await explain.WhatIfAsync(new PolicyLevel(LevelKind.System, "", 0, whole), from, until, cancel));
        }
        var (level, name) = Owner(owner);
        var (notes, refusal) = await desk.JudgeAsync(save, level, name, cancel);
        if (refusal is not null)
            return refusal;
        var draft = new PolicyLevel(level == "account" ? LevelKind.Account : LevelKind.Domain, name, 0, ApprovalTable.Parse(save.Text).Table);
        return Results.Ok(await explain.WhatIfAsync(draft, from, until, cancel) with { Notes = notes });
    }

    private const string SystemLevel = "system";

    private static async Task<IResult> SaveAsync(string owner, PolicySave save, ApprovalStore store, AccountStore accounts, PolicyDesk desk, HttpContext context, NodeName node, CancellationToken cancel)
    {
        var (level, name) = Owner(owner);
        var (notes, refusal) = await desk.JudgeAsync(save, level, name, cancel);
        if (refusal is not null && !save.Draft)
            return refusal;
        if (level == "account" && await ApprovalEndpoints.FindAsync(accounts, name, cancel) is null)
            return Answers.NotFound($"There is no account {Requests.Printable(name, 320)}.", "clustermail account list shows them.");
        var versions = await store.HistoryAsync(level, name, cancel);
        if (SilentCopies.Refusal(context.User(), versions.FirstOrDefault(version => !version.Draft)?.Text ?? "", save.Text) is { } silent)
            return silent;
        var newest = versions.FirstOrDefault()?.Version ?? 0;
        var draft = save.Draft && refusal is not null;
        var user = context.User().Name;
        return await store.SaveAsync(level, name, save.Base ?? newest, save.Text, draft, user, Requests.Printable(save.Comment ?? "", 200),
            [ApprovalEndpoints.Changed(node, user, context, draft ? "POLICY_DRAFTED" : "POLICY_SAVED", $"{level} {name} v{(save.Base ?? newest) + 1}")], cancel) is { } version
            ? Results.Ok(new PolicySaved(version, draft, notes))
            : Answers.Problem(StatusCodes.Status409Conflict, $"The policy of {name} was changed meanwhile: it is at version {newest}.", rule: "APPROVE-235", hint: "Look at clustermail approval policy history, and make your change again.");
    }

    /// <summary>What has an <c>@</c> is an account, the rest a domain.</summary>
    private static (string Level, string Name) Owner(string owner)
    {
        if (!owner.Contains('@', StringComparison.Ordinal))
            return ("domain", DomainName.Normalize(owner));
        var mailbox = Mailbox.FromStored(owner);
        return ("account", $"{mailbox.LocalPart.ToLowerInvariant()}@{DomainName.Normalize(mailbox.Domain)}");
    }
}
