using System.Text.Json.Serialization;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Contract;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Logs;
using ClusterMail.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Store.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace ClusterMail.Admin;

/// <summary>Puts the admin API into a host.</summary>
public static class AdminSetup
{
    private const string CatchAll = "/{**rest}";
    private const string Scheme = "token";

    /// <summary>
    /// What the endpoints need. The host adds beside it: an <c>NpgsqlDataSource</c>, <see cref="Shards"/>, the stores, <see cref="AdminToken"/>, <see cref="IClusterControl"/>,
    /// <see cref="IReadiness"/>, <see cref="ILiveness"/>, <see cref="IExplain"/>, <see cref="ITrial"/>, <see cref="IMailImport"/>, <see cref="IHoldActs"/>, <see cref="HoldReader"/>, <see cref="NodeName"/>, and, if it likes, <see cref="IDestinationLimits"/>,
    /// <see cref="PasswordHasher"/> and <see cref="RecoverableKey"/>.
    /// </summary>
    public static IServiceCollection AddClusterMailAdmin(this IServiceCollection services)
    {
        services.TryAddSingleton<FarmQueue>();
        services.TryAddSingleton<FarmHistory>();
        services.TryAddSingleton<PageFactorStore>();
        services.TryAddSingleton<HistoryStore>();
        services.TryAddSingleton<LogReader>();
        services.TryAddSingleton<LogDesk>();
        services.TryAddSingleton<LiveTrace>();
        services.TryAddSingleton<LivePeers>();
        services.TryAddSingleton(ContentKeys.None);
        services.TryAddSingleton<SealedContents>();
        services.TryAddSingleton<EventReader>();
        services.TryAddSingleton<ClusterReader>();
        services.TryAddSingleton<AddressStore>();
        services.TryAddSingleton<MailboxStore>();
        services.TryAddSingleton<MailboxImport>();
        services.TryAddSingleton<RouteCacheStore>();
        services.TryAddSingleton<SettingsStore>();
        services.TryAddSingleton<LockoutStore>();
        services.TryAddSingleton<ApprovalStore>();
        services.TryAddSingleton<ApprovalLogReader>();
        services.TryAddSingleton<AuditStore>();
        services.TryAddSingleton<HoldStore>();
        services.TryAddSingleton<HoldJobs>();
        services.TryAddSingleton<HoldReader>();
        services.TryAddSingleton<HeldStory>();
        services.TryAddSingleton<PolicyDesk>();
        services.TryAddSingleton<OverviewDesk>();
        services.TryAddSingleton<ApproverStore>();
        services.TryAddSingleton<ApprovalExportReader>();
        services.TryAddSingleton(new NodeName(""));
        services.TryAddSingleton<SettingsDesk>();
        services.TryAddSingleton<LoopDesk>();
        services.TryAddSingleton<ArchiveStore>();
        services.TryAddSingleton<ArchiveDesk>();
        services.TryAddSingleton<DestinationLimit>();
        services.TryAddSingleton<AccountStore>();
        services.TryAddSingleton<AccountTableStore>();
        services.TryAddSingleton<ConsoleAudit>();
        services.TryAddSingleton<ConsoleStore>();
        services.TryAddSingleton<LoginStore>();
        services.TryAddSingleton<SecondFactorStore>();
        services.TryAddSingleton<RefusalLimit>();
        services.TryAddSingleton<Doorkeeper>();
        services.TryAddSingleton<PasswordProof>();
        services.TryAddSingleton<LoginDesk>();
        services.TryAddSingleton<ConsoleDesk>();
        services.TryAddSingleton<SecondFactorDesk>();
        services.TryAddSingleton<AliasStore>();
        services.TryAddSingleton<AccountDesk>();
        services.TryAddSingleton<AccountImport>();
        services.TryAddSingleton<UpstreamAccounts>();
        services.TryAddSingleton<UpstreamDesk>();
        services.TryAddSingleton<AliasDesk>();
        services.TryAddSingleton(new RecoverableKey(null));
        services.TryAddSingleton(_ => new PasswordHasher(() => new PasswordCost()));
        services.TryAddSingleton(_ => new SettingsValidator(TableChecks.All));
        services.TryAddSingleton(TimeProvider.System);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AdminJson.Default);
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            // What the contract calls not null is not null: a body that leaves it out is refused while it is read.
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        // A parameter that cannot be bound becomes a problem with a sentence, not an empty 400.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "ClusterMail admin API";
            document.AddComponent(Scheme, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" });
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
            return Task.CompletedTask;
        }));
        return services;
    }

    /// <summary>Maps <c>/api/v1</c> and <c>/openapi/v1.json</c>, both behind the token, and the health paths, which are open.</summary>
    public static IEndpointConventionBuilder MapClusterMailAdmin(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealth();
        endpoints.MapOpenApi("/openapi/{documentName}.json").Needs(Right.Anyone, "api.document").Add(Guard.Protect);
        var api = endpoints.MapGroup("");
        ((IEndpointConventionBuilder)api).Add(Guard.Protect);
        foreach (var status in (int[])[400, 401, 403, 503])
            api.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(Problem), ["application/problem+json"]));
        api.MapCluster();
        api.MapAddresses();
        api.MapQueue();
        api.MapNumbers();
        api.MapTrace();
        api.MapLive();
        api.MapExplain();
        api.MapSettings();
        api.MapEffective();
        api.MapArchive();
        api.MapTables();
        api.MapDomains();
        api.MapAccounts();
        api.MapAccountTables();
        api.MapUpstream();
        api.MapAliases();
        api.MapLockout();
        api.MapLogs();
        api.MapMailboxes();
        api.MapMailboxImport();
        api.MapRouteCache();
        api.MapLdap();
        api.MapDb();
        api.MapSession();
        api.MapConsole();
        api.MapAudit();
        api.MapApproval();
        api.MapHeld();
        api.MapPolicies();
        api.MapPresets();
        // Also takes what has a path but another method, so that a stranger cannot tell paths that exist by their 405.
        api.Map(Routes.Root + CatchAll, (HttpContext context) =>
            Answers.NotFound($"There is no {context.Request.Method} {Requests.Printable(context.Request.Path.Value ?? "", 200)}.", $"{Routes.OpenApi} lists what there is."))
            .Needs(Right.Anyone, "api.request").ExcludeFromDescription();
        return api;
    }
}
