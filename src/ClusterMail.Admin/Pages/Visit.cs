using System.Security.Cryptography;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Pages;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ClusterMail.Admin.Pages;

/// <summary>One request: who asks, in which language, with what form.</summary>
internal sealed class Visit(HttpContext context, SiteParts parts)
{
    /// <summary>Sent back to this host only, over TLS only, and to no script.</summary>
    public const string Cookie = "__Host-approval";

    private const int ManyFields = 200;
    private const int LongField = 32_768;
    private static readonly TimeSpan Refresh = TimeSpan.FromMinutes(1);

    private PageSession? _session;

    public SiteParts Parts => parts;
    public CancellationToken Cancel => context.RequestAborted;
    public string Path { get; } = context.Request.Path.Value ?? "/";
    public bool IsPost => HttpMethods.IsPost(context.Request.Method);
    public DateTimeOffset Now => parts.Time.GetUtcNow();
    public string? Query(string name) => context.Request.Query[name].FirstOrDefault();

    /// <summary>Behind a trusted balancer the address it names (<see cref="SiteOptions.TrustedProxies"/>).</summary>
    public string Client => context.Source();

    public System.Net.IPAddress Address => context.Connection.RemoteIpAddress ?? System.Net.IPAddress.None;

    public Actor Actor(string? auth) => new(Client, auth);

    /// <summary>What the reader has chosen, else what his browser likes best, else <c>approval.notice_language</c>.</summary>
    public Language Language => Query(PageFields.Language) switch
    {
        "ja" => Language.Japanese,
        "en" => Language.English,
        _ => Preferred() ?? (parts.View().Settings.Choice("approval.notice_language") == "en" ? Language.English : Language.Japanese),
    };

    private Language? Preferred()
    {
        if (!StringWithQualityHeaderValue.TryParseList(context.Request.Headers.AcceptLanguage, out var wished))
            return null;
        var best = wished.Where(one => one.Quality is not 0).OrderByDescending(one => one.Quality ?? 1)
            .Select(one => one.Value.ToString().Split('-')[0].ToLowerInvariant()).FirstOrDefault(word => word is "ja" or "en");
        return best is null ? null : best == "ja" ? Language.Japanese : Language.English;
    }

    /// <summary>Another site made the browser send it: never a decision (APPROVE-161). Older browsers do not say; the anti-forgery value holds there.</summary>
    public bool IsForeign => context.Request.Headers["Sec-Fetch-Site"].FirstOrDefault() is { } site && site is not ("same-origin" or "none");

    /// <summary>The frame of the answer.</summary>
    public PageFrame Frame(Mailbox? person) => new()
    {
        Language = Language,
        Zone = person is null ? TimeZoneInfo.Utc : parts.View().ZoneOf(person),
        Path = Path,
        Person = _session?.Account.ToString() ?? "",
        ListPath = _session is null ? null : "/list",
    };

    public PageAnswer Say(ResultPage page, Mailbox? person = null) => PageAnswer.Of(page, Frame(person));

    /// <summary>Null: it is no form, or more than one of ours can be.</summary>
    public async Task<IFormCollection?> FormAsync()
    {
        if (!context.Request.HasFormContentType)
            return null;
        try
        {
            return await context.Request.ReadFormAsync(new FormOptions { ValueCountLimit = ManyFields, ValueLengthLimit = LongField, KeyLengthLimit = 64, MultipartBodyLengthLimit = 0 }, Cancel);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Who has logged in on this browser; null: nobody, or it is over.</summary>
    public async Task<PageSession?> SessionAsync()
    {
        if (_session is not null || parts.Desk.Keys is not { } keys || PageSession.Read(context.Request.Cookies[Cookie]) is not var (said, key, mac))
            return _session;
        // The account as it is now: suspended, removed, or with another password it is not the one that logged in.
        if (parts.View().Policy.Directory.Account(said.Account) is not { Suspended: false } account || await parts.Passwords.StampAsync(account.Address, Cancel) is not { } stamp
            || !said.IsProven(keys, key, mac, stamp, Now))
            return null;
        _session = said with { Account = account.Address };
        if (Now - said.Seen > Refresh)
            Keep((_session with { Seen = Now }).Write(keys.Current, stamp));
        return _session;
    }

    /// <summary>Begins a session of an account whose password was right.</summary>
    public async Task<bool> BeginAsync(Mailbox account)
    {
        if (parts.Desk.Keys is not { } keys || await parts.Passwords.StampAsync(account, Cancel) is not { } stamp)
            return false;
        _session = PageSession.Begin(account, RandomNumberGenerator.GetBytes(16), Now);
        Keep(_session.Write(keys.Current, stamp));
        return true;
    }

    public void End() => context.Response.Cookies.Delete(Cookie, Options());

    private void Keep(string value)
    {
        var options = Options();
        options.MaxAge = PageSession.Lifetime;
        context.Response.Cookies.Append(Cookie, value, options);
    }

    private static CookieOptions Options() => new() { Path = "/", Secure = true, HttpOnly = true, SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Lax, IsEssential = true };
}
