using System.Threading.RateLimiting;
using ClusterMail.Approval.Pages;
using ClusterMail.Queue.Lockout;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin.Pages;

/// <summary>
/// The pages of approval on a listener of their own: people reach it from outside, and nothing of the admin API is on it. A host of its own, so that neither
/// settings of the surroundings nor the request log of the framework, which would write the secret of a link, have a part in it.
/// </summary>
public sealed partial class ApprovalSite : IAsyncDisposable
{
    /// <summary>Octets: a form has a comment of 2,000 characters, a list fifty numbers.</summary>
    private const int LongestBody = 65_536;
    private const int MostConnections = 2000;

    private readonly SiteParts _parts;
    private readonly SiteOptions _options;
    private readonly PartitionedRateLimiter<string> _limiter;
    private WebApplication? _app;

    private ApprovalSite(SiteParts parts, SiteOptions options)
    {
        (_parts, _options) = (parts, options);
        _limiter = PartitionedRateLimiter.Create<string, string>(client => RateLimitPartition.GetFixedWindowLimiter(
            client, _ => new FixedWindowRateLimiterOptions { PermitLimit = options.RequestsPerMinute, Window = TimeSpan.FromMinutes(1) }));
    }

    /// <summary>The address it listens on.</summary>
    public Uri Address => new(_app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <exception cref="IOException">The address is taken, or is none of this machine.</exception>
    /// <exception cref="InvalidOperationException">TLS is wanted, and the node has no certificate.</exception>
    public static async Task<ApprovalSite> StartAsync(SiteParts parts, SiteOptions options, CancellationToken cancel)
    {
        if (options.Tls && parts.Certificates?.Current is null)
            throw new InvalidOperationException("approval.web.tls is on, and this node has no certificate: name one in tls.certificate and tls.key, or switch it off behind a balancer that ends TLS.");
        var site = new ApprovalSite(parts, options);
        try
        {
            await site.OpenAsync(cancel);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        _app = builder.Build();
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        // The defaults trust the machine itself.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in _options.TrustedProxies)
            forwarded.KnownIPNetworks.Add(proxy);
        if (forwarded.KnownIPNetworks.Count > 0)
            _app.UseForwardedHeaders(forwarded);
        _app.Run(ServeAsync);
        await _app.StartAsync(cancel);
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = LongestBody;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16_384;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        kestrel.Listen(_options.Listen, listen =>
        {
            // The certificate is asked for at each handshake: a renewed one needs no new listener.
            if (_options.Tls)
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(_parts.Certificates?.Current ?? throw new InvalidOperationException("The node has no certificate any more.")),
                });
        });
    }

    private async Task ServeAsync(HttpContext context)
    {
        foreach (var (name, value) in PageStyle.Headers)
            context.Response.Headers[name] = value;
        if (_options.Tls)
            context.Response.Headers.StrictTransportSecurity = "max-age=31536000";
        var visit = new Visit(context, _parts);
        try
        {
            using var permit = _limiter.AttemptAcquire(LockoutRules.KeyOf(visit.Address));
            if (!permit.IsAcquired)
                context.Response.Headers.RetryAfter = "60";
            await WriteAsync(context, permit.IsAcquired ? await AnswerAsync(context, visit) : visit.Say(new ResultPage.Locked()));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException wrong)
        {
            await WriteAsync(context, visit.Say(new ResultPage.PostRefused()) with { Status = wrong.StatusCode });
        }
        catch (Exception trouble)
        {
            // What was going on is in the audit when it was committed; the path may hold a secret and is in no log.
            if (!Database.IsLost(trouble))
                Failed(_parts.Log, visit.Client, trouble);
            await WriteAsync(context, visit.Say(new ResultPage.Unavailable()));
        }
    }

    private static Task<PageAnswer> AnswerAsync(HttpContext context, Visit visit)
    {
        // A scanner that only wants to know whether a link is alive learns that the page is.
        if (HttpMethods.IsHead(context.Request.Method))
            return Task.FromResult(new PageAnswer(StatusCodes.Status200OK, ""));
        if (!HttpMethods.IsGet(context.Request.Method) && !visit.IsPost)
            return Task.FromResult(visit.Say(new ResultPage.LinkEnded()));
        if (DecisionVisit.Read(visit.Path) is var (hold, link, isDownload))
            return new DecisionVisit(visit).AnswerAsync(hold, link, isDownload);
        if (OwnVisit.Read(visit.Path) is { } own)
            return new OwnVisit(visit).AnswerAsync(own);
        if (HandOverVisit.Read(visit.Path) is { } handed)
            return new HandOverVisit(visit).AnswerAsync(handed);
        if (LogVisit.Read(visit.Path) is { } days)
            return new LogVisit(visit).AnswerAsync(days);
        if (WithdrawVisit.Read(visit.Path) is { } taken)
            return new WithdrawVisit(visit).AnswerAsync(taken);
        return visit.Path switch
        {
            "/" => Task.FromResult(PageAnswer.See(WaitingVisit.Path)),
            WaitingVisit.Path => new WaitingVisit(visit).AnswerAsync(),
            "/mine" => new SentVisit(visit).AnswerAsync(),
            "/proxy" => new ProxyVisit(visit).AnswerAsync(),
            "/history" or HistoryVisit.Csv => new HistoryVisit(visit).AnswerAsync(),
            "/code" => new CodeVisit(visit).AnswerAsync(),
            "/trial" => new TrialVisit(visit).AnswerAsync(),
            "/logout" when visit.IsPost && !visit.IsForeign => LogOut(visit),
            _ => Task.FromResult(visit.Say(new ResultPage.LinkEnded())),
        };
    }

    private static Task<PageAnswer> LogOut(Visit visit)
    {
        visit.End();
        return Task.FromResult(PageAnswer.See(WaitingVisit.Path));
    }

    private static async Task WriteAsync(HttpContext context, PageAnswer answer)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort();
            return;
        }
        response.StatusCode = answer.Status;
        if (answer.Location is { } path)
            response.Headers.Location = path;
        if (answer.File is var (name, content))
            await SendAsync(context, name, content);
        else if (answer.Made is { } download)
            await SendAsync(context, download);
        else if (answer.Html.Length > 0)
            await response.WriteAsync(answer.Html, context.RequestAborted);
    }

    /// <summary>Never shown by the browser itself: a file, of no type it would open, without any right.</summary>
    private static async Task SendAsync(HttpContext context, string name, Protocol.MailContent content)
    {
        using (content)
        {
            var response = context.Response;
            response.ContentType = "application/octet-stream";
            response.ContentLength = content.Length;
            response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
            response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
            await using var stream = content.OpenRead();
            await stream.CopyToAsync(response.Body, context.RequestAborted);
        }
    }

    /// <summary>What is made while it is sent. Broken off by an error it ends short, and the browser says so: its length is not known before.</summary>
    private static Task SendAsync(HttpContext context, PageDownload download)
    {
        var response = context.Response;
        response.ContentType = download.Type;
        response.Headers.ContentDisposition = $"attachment; filename=\"{download.Name}\"";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        return download.WriteAsync(response.Body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        await _limiter.DisposeAsync();
    }

    [LoggerMessage(6301, LogLevel.Error, "A page of approval could not be answered (client {Client})")]
    private static partial void Failed(ILogger log, string client, Exception cause);
}
