using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Outcome;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Smtp.Client;
using ClusterMail.Store;

namespace ClusterMail.Queue.Deliver;

/// <summary>How a worker is to connect, and when it is to stop; taken from one settings version when it starts.</summary>
public sealed record WorkerOptions(DeliveryOptions Delivery, TlsPolicy Tls)
{
    /// <summary>Mails over one session; default 100.</summary>
    public int MaxMails { get; init; } = 100;

    /// <summary>Age of a session; default 300 s.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Octets of a mail read from the database into memory; a larger one is streamed. Default 1 MiB.</summary>
    public int ContentInMemory { get; init; } = 1_048_576;

    /// <summary>Credential by name (GWT-9); null when there is none of that name.</summary>
    public Func<string, HostCredential?> Credential { get; init; } = static _ => null;

    /// <summary>Logins of the accounts themselves (OUT-3, APPROVE-421); null (default): there are none.</summary>
    public UpstreamLogins? Logins { get; init; }

    /// <summary>Transactions of one account within an hour (APPROVE-427). Default 0: no limit.</summary>
    public int MaxPerHour { get; init; }

    /// <summary>Recipients in one transaction under the login of an account (APPROVE-427). Default 0: as many as the host takes.</summary>
    public int MaxRecipients { get; init; }

    /// <summary>APPROVE-423: with a login TLS is required unless the line says otherwise, whatever <c>delivery.tls</c> says.</summary>
    public HostTarget Target(MailHost host, IPAddress address, HostCredential? credential) => new(host.Name, address, host.Port)
    {
        Tls = host.TlsOnConnect ? TlsPolicy.OnConnect : host.Login?.Tls switch
        {
            LoginTls.Required => Tls == TlsPolicy.Verified ? TlsPolicy.Verified : TlsPolicy.Required,
            LoginTls.Verified => TlsPolicy.Verified,
            _ => Tls,
        },
        VerifyCertificate = host.Login?.Tls == LoginTls.Verified,
        AllowClearAuth = host.Login?.Tls == LoginTls.Clear,
        Lmtp = host.Lmtp,
        MaxRecipients = host.Login is { IsPersonal: true } ? MaxRecipients : 0,
        Credential = credential is null ? null : credential with { Mechanism = host.Login is { Mechanism: not GatewayLogin.Auto } login ? login.Mechanism : null },
    };
}

public enum WorkerState
{
    Connecting,
    Idle,
    Busy,
    Closing,
}

/// <summary>
/// One connection to one next hop: opens it, sends the works it is given one after the other, tries the further hosts for what a host did not take
/// (DELIV-24). Plain async code; it owns nothing but its socket, the dispatcher decides what it does next.
/// </summary>
/// <param name="pool">Next hop and login; it carries only what goes there under this login.</param>
public sealed class OutboundWorker(string pool, HostSet hosts, WorkerOptions options, OutcomeRecorder recorder, EpochLease lease)
{
    private readonly Channel<Work> _work = Channel.CreateBounded<Work>(1);
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private HostConnection? _connection;
    private UpstreamGrant? _grant;
    private int _host;
    private int _mails;

    public string Pool => pool;
    public EpochLease Lease => lease;

    /// <summary>Kept by the dispatcher.</summary>
    public WorkerState State { get; set; }

    /// <summary>What it was given last and is not known to have finished; kept by the dispatcher.</summary>
    public Work? Current { get; set; }

    /// <summary>It was given something at least once; kept by the dispatcher.</summary>
    public bool HasHadWork { get; set; }

    /// <summary>Stopwatch time since which it has had nothing to do.</summary>
    public long IdleSince { get; set; }

    /// <summary>The session has carried its share; the dispatcher closes it instead of giving it more.</summary>
    public bool IsWorn => _mails >= options.MaxMails || Stopwatch.GetElapsedTime(_startedAt) >= options.MaxAge;

    /// <summary>Gives it its next work. Only when it is idle.</summary>
    public void Give(Work work)
    {
        if (!_work.Writer.TryWrite(work))
            throw new UnreachableException("A worker that is not idle was given work.");
    }

    /// <summary>No more work: QUIT after the present one.</summary>
    public void Close() => _work.Writer.TryComplete();

    /// <summary>Why the session could not be opened at all.</summary>
    public sealed record Failure(FailureClass Class, Reply Reply, string Host, string Address, int Port, ImmutableArray<string> Dialogue)
    {
        /// <summary>The host refused our credential (EX-SCN-E2).</summary>
        public bool AuthRefused { get; init; }

        /// <summary>It is the login's fault, whether the host said so or nobody asked it: other logins are not concerned.</summary>
        public bool IsOfLogin { get; init; }

        /// <summary>Whose login it was; null: nobody's own.</summary>
        public Mailbox? Account { get; init; }
    }

    /// <param name="opened">Called once when the session stands.</param>
    /// <param name="idle">Called whenever it can take work.</param>
    /// <param name="back">Called with a work that met a session the host had closed meanwhile: nothing was tried, it goes over a fresh one.</param>
    /// <returns>Null when it ended in order or was cut by the lease, otherwise why no session could be opened.</returns>
    public async Task<Failure?> RunAsync(Action opened, Action idle, Action<Work> back)
    {
        try
        {
            var failure = await OpenAsync(lease.Running).ConfigureAwait(false);
            if (_connection is null)
                return failure;
            opened();
            idle();
            await foreach (var work in _work.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                if (!await DeliverAsync(work, back).ConfigureAwait(false))
                    return null;
                idle();
            }
            return null;
        }
        finally
        {
            Close();
            // Work given in the moment the session ended must not be lost with it.
            while (_work.Reader.TryRead(out var left))
                back(left);
            if (_connection is not null)
                await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Failure?> OpenAsync(CancellationToken cancel)
    {
        Failure? worst = null;
        for (_host = 0; _host < hosts.Hosts.Length; _host++)
        {
            (_connection, _grant, var failure) = await OpenHostAsync(hosts.Hosts[_host], cancel).ConfigureAwait(false);
            // Cut by our own lease: that says nothing about the host.
            if (_connection is not null || cancel.IsCancellationRequested)
                return null;
            worst = MostSpecific(worst, failure);
        }
        return worst ?? new Failure(FailureClass.NoAnswer, OutcomeRecorder.NoHost, hosts.NextHop, "", 0, []);
    }

    private sealed record Opened(HostConnection? Connection, UpstreamGrant? Grant, Failure? Failure);

    private async Task<Opened> OpenHostAsync(MailHost host, CancellationToken cancel)
    {
        if (host.Login is not { IsPersonal: true } login)
        {
            var credential = host.Login is { } named ? options.Credential(named.Name) : null;
            return host.Login is not null && credential is null
                ? new Opened(null, null, OfLogin(host, NoCredential, account: null))
                : await ConnectAsync(host, credential, null, cancel).ConfigureAwait(false);
        }
        Failure? worst = null;
        // APPROVE-425, APPROVE-426: the account's own login, and where that is no good the one that stands in for it.
        foreach (var account in (Mailbox?[])[login.Account, login.Instead])
        {
            if (account is null && worst is not null)
                break;
            var opened = account is null ? new Opened(null, null, OfLogin(host, UpstreamLogins.Nobody, null)) : await LogInAsync(host, login, account, cancel).ConfigureAwait(false);
            if (opened.Connection is not null || opened.Failure is not { IsOfLogin: true } failure)
                return opened;
            worst = MostSpecific(worst, failure);
        }
        return new Opened(null, null, worst);
    }

    private async Task<Opened> LogInAsync(MailHost host, GatewayLogin login, Mailbox account, CancellationToken cancel)
    {
        UpstreamAnswer answer;
        try
        {
            answer = options.Logins is { } logins ? await logins.BeginAsync(account, login.Kind, cancel).ConfigureAwait(false) : new UpstreamAnswer(null, UpstreamLogins.Nobody);
        }
        catch (Exception trouble) when (trouble is not OperationCanceledException)
        {
            return new Opened(null, null, new Failure(FailureClass.LineError, OutcomeRecorder.LineError(trouble), host.Name, "", host.Port, []));
        }
        if (answer.Grant is not { } grant)
            return new Opened(null, null, OfLogin(host, answer.Refusal!, account));
        var opened = await ConnectAsync(host, grant.Credential, account, cancel).ConfigureAwait(false);
        await options.Logins!.EndAsync(grant, opened switch
        {
            { Connection: not null } => null,
            // Only a 5xx is a judgement of the login.
            { Failure: { AuthRefused: true, Class: FailureClass.Refused } refused } => $"{host.Name}: {refused.Reply.ToLogText()}",
            _ => "",
        }).ConfigureAwait(false);
        return opened with { Grant = opened.Connection is null ? null : grant };
    }

    private async Task<Opened> ConnectAsync(MailHost host, HostCredential? credential, Mailbox? account, CancellationToken cancel)
    {
        Failure? worst = null;
        foreach (var address in host.Addresses)
        {
            var result = await HostConnection.OpenAsync(options.Target(host, address, credential), options.Delivery, cancel).ConfigureAwait(false);
            if (result.Connection is not null)
                return new Opened(result.Connection, null, null);
            worst = MostSpecific(worst, new Failure(result.Class, result.Reply ?? OutcomeRecorder.NoHost, host.Name, address.ToString(), host.Port, result.Dialogue)
            {
                AuthRefused = result.AuthRefused,
                IsOfLogin = result.AuthRefused,
                Account = account,
            });
            // A login refused at one address of a host is refused at all of them, and each try brings the account nearer to being locked.
            if (result.AuthRefused || cancel.IsCancellationRequested)
                break;
        }
        return new Opened(null, null, worst);
    }

    private static readonly Reply NoCredential = new(454, new EnhancedStatus(4, 7, 0), "route.credentials has no entry of the name the route gives");

    private static Failure OfLogin(MailHost host, Reply reply, Mailbox? account) => new(FailureClass.LineError, reply, host.Name, "", host.Port, []) { IsOfLogin = true, Account = account };

    /// <summary>RETRY-15: what a server said outranks a connection that never stood; the dialogue keeps both.</summary>
    private static Failure? MostSpecific(Failure? first, Failure? second)
    {
        if (first is null || second is null)
            return first ?? second;
        var winner = FailurePolicy.MostSpecific((first.Class, first.Reply), (second.Class, second.Reply)) == (first.Class, first.Reply) ? first : second;
        return winner with { Dialogue = [.. first.Dialogue, .. second.Dialogue] };
    }

    /// <summary>Ends the work one way or another whatever happens: a work that were lost here would keep its place in the window and its rows for ever.</summary>
    /// <returns>False when the session is over.</returns>
    private async Task<bool> DeliverAsync(Work work, Action<Work> back)
    {
        if (!work.Lease.IsValid)
        {
            recorder.GiveBack(work, TimeSpan.Zero);
            return true;
        }
        // One token for the whole attempt: after a late renewal the lease has a new one, and this attempt is cut all the same.
        var running = work.Lease.Running;
        MailContent? read = null;
        try
        {
            var content = work.Content.Content ?? (read = await work.Lease.Store.ReadContentAsync(work.Mail.Id.Number, options.ContentInMemory, running).ConfigureAwait(false));
            if (content is null)
            {
                recorder.GiveBack(work, TimeSpan.Zero);
                return true;
            }
            return await SendAsync(work, content, back, running).ConfigureAwait(false);
        }
        catch (Exception trouble)
        {
            // Before anything was sent: reading the content failed.
            recorder.GiveBack(work, trouble);
            return !running.IsCancellationRequested;
        }
        finally
        {
            read?.Dispose();
        }
    }

    private async Task<bool> SendAsync(Work work, MailContent content, Action<Work> back, CancellationToken running)
    {
        var connection = _connection!;
        if (await WaitAsync(running).ConfigureAwait(false) is var wait && wait > TimeSpan.Zero)
        {
            recorder.GiveBack(work, wait);
            return true;
        }
        var attempt = new Attempt(work) { LoggedInAs = _grant?.Account };
        while (true)
        {
            SendResult result;
            try
            {
                result = await connection.SendAsync(attempt.ToMail(content), running).ConfigureAwait(false);
            }
            catch (Exception trouble)
            {
                // The content could not be read to its end; the session was cut. What was answered before stands.
                recorder.Record(attempt, content, trouble);
                return false;
            }
            if (result.SessionWasStale && !attempt.IsBegun)
            {
                back(work);
                return false;
            }
            _mails++;
            attempt.Note(connection, result);
            if (attempt.Again && result.ConnectionUsable && await MayGoOnAsync(running).ConfigureAwait(false))
                continue;
            var cause = await TryFurtherHostsAsync(attempt, content, running).ConfigureAwait(false);
            recorder.Record(attempt, content, cause ?? (running.IsCancellationRequested ? new OperationCanceledException(running) : null));
            return result.ConnectionUsable;
        }
    }

    /// <summary>How long the login has to wait for its next transaction (APPROVE-427).</summary>
    private Task<TimeSpan> WaitAsync(CancellationToken cancel) => _grant is { } grant ? options.Logins!.WaitAsync(grant, options.MaxPerHour, cancel) : Task.FromResult(TimeSpan.Zero);

    /// <summary>Whether those who were too many for the last transaction may go in another at once; else they wait like everybody who was told so.</summary>
    private async Task<bool> MayGoOnAsync(CancellationToken cancel)
    {
        try
        {
            return await WaitAsync(cancel).ConfigureAwait(false) == TimeSpan.Zero;
        }
        catch (Exception trouble) when (Database.IsLost(trouble) || trouble is OperationCanceledException)
        {
            // What was answered must be recorded all the same.
            return false;
        }
    }

    /// <summary>A line error at one host is put to the next (DELIV-24, RFC 5321 §5.1); a refusal is the destination's answer and is not.</summary>
    /// <returns>Why the content could not be read again; what the hosts before said stands.</returns>
    private async Task<Exception?> TryFurtherHostsAsync(Attempt attempt, MailContent content, CancellationToken cancel)
    {
        for (var next = _host + 1; next < hosts.Hosts.Length && attempt.HasLineErrors && !cancel.IsCancellationRequested; next++)
        {
            var (connection, _, failure) = await OpenHostAsync(hosts.Hosts[next], cancel).ConfigureAwait(false);
            if (connection is null)
            {
                attempt.NoteFailure(failure!);
                continue;
            }
            await using (connection.ConfigureAwait(false))
            {
                try
                {
                    attempt.Note(connection, await connection.SendAsync(attempt.ToMail(content), cancel).ConfigureAwait(false));
                }
                catch (Exception trouble)
                {
                    return trouble;
                }
            }
        }
        return null;
    }
}
