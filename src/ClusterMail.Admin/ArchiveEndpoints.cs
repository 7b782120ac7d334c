using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>settings export</c> and <c>import</c> (ADMIN-50, ADMIN-51).</summary>
internal static class ArchiveEndpoints
{
    public static void MapArchive(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("settings");
        api.MapGet(Routes.SettingsExport, PlainAsync).Needs(Right.ReadSettings, "settings.export").WithSummary("Settings, domains and aliases as one text, without secrets").Produces<SettingsArchive>();
        api.MapPost(Routes.SettingsExport, ExportAsync).Needs(Right.Govern, "settings.export.all").WithSummary("The same with accounts, or with secrets under a pass phrase").Produces<SettingsArchive>();
        api.MapPost(Routes.SettingsImport, ImportAsync).Needs(Right.Govern, "settings.import").WithSummary("Applies an archive as one version, or shows the difference").Produces<SettingsImported>();
    }

    private static Task<IResult> PlainAsync(ArchiveDesk desk, CancellationToken cancel) => desk.ExportAsync(new SettingsExport(false), cancel);

    private static async Task<IResult> ExportAsync(SettingsExport export, ArchiveDesk desk, ConsoleAudit audit, HttpContext context, CancellationToken cancel)
    {
        // It changes nothing, but verifiers of passwords and secrets leave the cluster.
        await audit.NoteAsync(context.User(), AuditOutcome.Done, new AuditNote("settings.export.all", export.Accounts ? "settings and accounts" : "settings"), cancel);
        return await desk.ExportAsync(export, cancel);
    }

    private static Task<IResult> ImportAsync(SettingsImport import, ArchiveDesk desk, HttpContext context, CancellationToken cancel) => desk.ImportAsync(import, context.User(), cancel);
}
