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
    private bool _lacksCodes;

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

    /// <summary>The form of a page of ours, sent from it by this browser.</summary>
    /// <param name="subject">What the page's value is bound to.</param>
    public bool IsGenuine(IFormCollection form, string subject, PageSession session) =>
        !IsForeign && parts.Desk.Keys is { } keys && PostGuard.Check(keys, form[PageFields.Guard], subject, session.Id, Now);

    /// <summary><c>login+otp</c>: a password alone is not enough (APPROVE-162).</summary>
    public bool WantsCodes => parts.View().Settings.Choice("approval.web.auth") == "login+otp";

    /// <summary>He has given his password, and must set up his one-time codes before he sees anything.</summary>
    public bool LacksCodes => _lacksCodes;

    /// <summary>Entered in <c>approval.admins</c>, himself or by an alias.</summary>
    public bool IsAdministrator(Mailbox account) =>
        parts.View().Policy is var policy && policy.Approval.Options.Admins.Any(admin => policy.Directory.Resolve(admin).Account?.Address.SameAs(account) == true);

    private IEnumerable<PageName> Menu(Mailbox account)
    {
        IEnumerable<PageName> all = [PageName.Waiting, PageName.Sent, PageName.Proxy, PageName.History];
        return [.. _lacksCodes ? [] : all, .. WantsCodes ? (PageName[])[PageName.Code] : [], .. !_lacksCodes && IsAdministrator(account) ? (PageName[])[PageName.Trial] : []];
    }

    /// <summary>The frame of the answer.</summary>
    public PageFrame Frame(Mailbox? person) => new()
    {
        Language = Language,
        Zone = person is null ? TimeZoneInfo.Utc : parts.View().ZoneOf(person),
        Path = Path,
        Person = _session?.Account.ToString() ?? "",
        ListPath = _session is null ? null : "/list",
        Menu = _session is { } session ? [.. Menu(session.Account)] : [],
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
    /// <param name="mayLackCodes">Also who has yet to set up his one-time codes.</param>
    public async Task<PageSession?> SessionAsync(bool mayLackCodes = false)
    {
        var session = await ReadAsync();
        return session is not null && (mayLackCodes || !_lacksCodes) ? session : null;
    }

    private async Task<PageSession?> ReadAsync()
    {
        if (_session is not null || parts.Desk.Keys is not { } keys || PageSession.Read(context.Request.Cookies[Cookie]) is not var (said, key, mac))
            return _session;
        // The account as it is now: suspended, removed, or with another password it is not the one that logged in.
        if (parts.View().Policy.Directory.Account(said.Account) is not { Suspended: false } account || await StampAsync(account) is not var (stamp, lacksCodes)
            || !said.IsProven(keys, key, mac, stamp, Now))
            return null;
        (_session, _lacksCodes) = (said with { Account = account.Address }, lacksCodes);
        if (Now - said.Seen > Refresh)
            Keep((_session with { Seen = Now }).Write(keys.Current, stamp));
        return _session;
    }

    /// <summary>
    /// What proves a login beside the keys: the password, and with <c>login+otp</c> the codes that were asked for. One begun before they were set up, or before the setting
    /// asked for them, proves nothing any more.
    /// </summary>
    private async Task<(string Stamp, bool LacksCodes)?> StampAsync(Accounts.Account account)
    {
        if (await parts.Passwords.StampAsync(account.Address, Cancel) is not { } stamp)
            return null;
        if (!WantsCodes)
            return (stamp, false);
        return await parts.Factors.FindAsync(account.Id, Cancel) is { EnabledAt: { } at } ? ($"{stamp}\ncodes {at.UtcTicks}", false) : ($"{stamp}\nno codes", true);
    }

    /// <summary>Begins a session of an account whose password was right.</summary>
    /// <param name="isWhole">His code was right as well, or none is asked for. Else he gets no further than to setting codes up, and nowhere once he has some.</param>
    public async Task<bool> BeginAsync(Accounts.Account account, bool isWhole)
    {
        if (parts.Desk.Keys is not { } keys || await StampAsync(account) is not var (stamp, lacksCodes) || isWhole == lacksCodes)
            return false;
        _lacksCodes = lacksCodes;
        _session = PageSession.Begin(account.Address, RandomNumberGenerator.GetBytes(16), Now);
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
