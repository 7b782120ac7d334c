using System.Diagnostics.Metrics;
using ClusterMail.Accounts;
using ClusterMail.Ldap;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Login;

/// <summary>
/// Passwords and membership of the accounts whose domain says <c>login=ldap</c> (STORE-1, STORE-2). A directory that gives no answer is "busy" towards a client, never "wrong", and
/// is told once as an event.
/// </summary>
public sealed partial class DirectoryLogin : IReceivers, IDisposable
{
    /// <summary>Characters of a local part or a domain; longer ones belong to nobody (RFC 5321 §4.5.3.1.2).</summary>
    public const int LongestName = 255;

    private readonly LdapDirectory _directory;
    private readonly EventStore _events;
    private readonly string _node;
    private readonly ILogger<DirectoryLogin> _log;

    public DirectoryLogin(Func<NodeView> view, EventStore events, string node, TimeProvider time, ILogger<DirectoryLogin> log)
    {
        (_events, _node, _log) = (events, node, log);
        _directory = new LdapDirectory(() => view().Ldap ?? throw new DirectoryUnavailableException("ldap.servers is empty"), time);
        _directory.Changed += OnChanged;
    }

    /// <summary>The last question had no answer.</summary>
    public bool IsDown => _directory.Trouble is not null;

    /// <summary>PLAIN and LOGIN.</summary>
    public async Task<LoginResult> VerifyAsync(Mailbox account, string password, CancellationToken cancel)
    {
        if (account.LocalPart.Length > LongestName || account.Domain.Length > LongestName)
            return LoginResult.NoSuchAccount;
        try
        {
            var answer = await _directory.VerifyAsync(account.LocalPart, Key(account), password, cancel).ConfigureAwait(false);
            LdapMetrics.Login(answer.ToString());
            if (answer is LdapAnswer.NotMember or LdapAnswer.Unclear)
                Refused(_log, account, answer);
            return answer switch
            {
                LdapAnswer.Good => LoginResult.Accepted,
                LdapAnswer.NotFound => LoginResult.NoSuchAccount,
                LdapAnswer.Unclear => LoginResult.Busy,
                _ => LoginResult.WrongPassword,
            };
        }
        catch (DirectoryUnavailableException trouble)
        {
            LdapMetrics.Login("Unavailable");
            Unavailable(_log, account, trouble.Message);
            return LoginResult.Busy;
        }
    }

    public async ValueTask<bool?> MayReceiveAsync(Account account, CancellationToken cancel)
    {
        try
        {
            return await _directory.MayReceiveAsync(account.Address.LocalPart, Key(account.Address), cancel).ConfigureAwait(false);
        }
        catch (DirectoryUnavailableException trouble)
        {
            Unavailable(_log, account.Address, trouble.Message);
            return null;
        }
    }

    /// <summary>The superior whom the directory names for this account (APPROVE-20); null: none.</summary>
    /// <exception cref="DirectoryUnavailableException">It cannot be told now.</exception>
    public async Task<Mailbox?> SuperiorAsync(Mailbox account, CancellationToken cancel) =>
        await _directory.SuperiorAsync(account.LocalPart, Key(account), cancel).ConfigureAwait(false) is { } found && Mailbox.FromStored(found) is { Domain.Length: > 0 } superior ? superior : null;

    /// <summary>Walks the way of a login for an administrator, by any version of the settings, on connections of its own. Null: they name no directory.</summary>
    public static async Task<IReadOnlyList<LdapStep>?> TryAsync(SettingSet settings, Mailbox? account, string? password, CancellationToken cancel) =>
        LdapRules.From(settings) is { } options ? await LdapTrial.RunAsync(options, account?.LocalPart, account is null ? null : Key(account), password, cancel).ConfigureAwait(false) : null;

    /// <summary>A method that needs the password or a verifier of it was tried; there is none here.</summary>
    internal void CannotUse(Mailbox account, string method) => OnlyPlain(_log, account, method);

    private static string Key(Mailbox account) => $"{account.LocalPart}@{DomainName.Normalize(account.Domain)}";

    private void OnChanged(string? trouble)
    {
        if (trouble is null)
            Back(_log);
        else
            Down(_log, trouble);
        // What cannot be written down now is in the program's log all the same.
        _ = _events.WriteAsync(
            _node, trouble is null ? "ldap-up" : "ldap-down",
            trouble is null ? "the directory answers again" : $"the directory gives no answer ({trouble}): logins and mail of domains with login=ldap are put off; look with: clustermail ldap test",
            null, CancellationToken.None).ContinueWith(done => done.Exception, TaskScheduler.Default);
    }

    public void Dispose() => _directory.Dispose();

    [LoggerMessage(5240, LogLevel.Warning, "The directory gives no answer: {Trouble}")]
    private static partial void Down(ILogger log, string trouble);

    [LoggerMessage(5241, LogLevel.Information, "The directory answers again")]
    private static partial void Back(ILogger log);

    [LoggerMessage(5242, LogLevel.Debug, "{Account} cannot be judged now: {Trouble}")]
    private static partial void Unavailable(ILogger log, Mailbox account, string trouble);

    [LoggerMessage(5243, LogLevel.Information, "The directory does not let {Account} in: {Answer}")]
    private static partial void Refused(ILogger log, Mailbox account, LdapAnswer answer);

    [LoggerMessage(5244, LogLevel.Information, "{Account} tried {Method}, but its password is in the directory: PLAIN and LOGIN only")]
    private static partial void OnlyPlain(ILogger log, Mailbox account, string method);
}

/// <summary>What logins by directory count; Prometheus sees <c>clustermail_ldap_…</c>.</summary>
internal static class LdapMetrics
{
    private static readonly Meter Meter = new("ClusterMail.Ldap");
    private static readonly Counter<long> Logins = Meter.CreateCounter<long>("clustermail.ldap.logins", "logins", "Logins put to the directory, by its answer.");

    public static void Login(string answer) => Logins.Add(1, new KeyValuePair<string, object?>("answer", answer));
}
