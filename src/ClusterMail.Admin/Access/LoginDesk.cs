using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin.Access;

/// <summary>
/// Logins to the admin API (ADMIN-14). Whatever is wrong (no such account, locked, password, code), the answer is the same and comes after the same work, not before
/// <see cref="RefusedAfter"/>, so that neither words nor time tell a stranger which names there are.
/// </summary>
internal sealed class LoginDesk(
    LoginStore logins, SecondFactorStore factors, PasswordProof proof, ConsoleAudit audit, EventStore events, IClusterControl cluster, TimeProvider time, ILogger<LoginDesk> logger)
{
    /// <summary>Far longer than hash and statements take, so that what they take is not seen. Default 300 ms.</summary>
    public static readonly TimeSpan RefusedAfter = TimeSpan.FromMilliseconds(300);

    private const int LongestShown = 40;

    public async Task<IResult> LogInAsync(LogIn asked, string source, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var (attempt, right) = await proof.LookAsync(asked.Name, asked.Password, cancel);
        if (right is null)
            return Answers.Problem(StatusCodes.Status503ServiceUnavailable, "Too many logins at once.", hint: "Try again in a few seconds.");
        if (attempt is not null && right == true && await SecondAsync(attempt, asked.Code, cancel) && await BeginAsync(attempt, source, cancel) is { } session)
            return Results.Ok(session);
        await FailedAsync(asked.Name, attempt, source, cancel);
        var left = RefusedAfter - time.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, cancel);
        return Answers.Problem(
            StatusCodes.Status401Unauthorized, "Name, password or code is wrong.", rule: "ADMIN-14",
            hint: $"After {LoginStore.MostFailures} failures an account is locked for {LoginStore.Lock.TotalMinutes} minutes; a cluster administrator can end that with: clustermail console unlock NAME");
    }

    private async Task<LoggedIn?> BeginAsync(LoginAttempt attempt, string source, CancellationToken cancel)
    {
        var token = OpaqueToken.Make(session: true);
        var author = new Author(attempt.Name) { Means = "password", Source = source };
        if (await logins.CompleteAsync(attempt, token.Hash, author, cancel) is not { } ends || await logins.SessionAsync(token.Hash, cancel) is not { } found)
            return null;
        return new LoggedIn(token.Text, found.Name, found.Roles, found.Domains, ends, (int)LoginStore.SessionIdle.TotalSeconds);
    }

    /// <summary>True as well where there is no second factor.</summary>
    private async Task<bool> SecondAsync(LoginAttempt attempt, string? code, CancellationToken cancel)
    {
        if (attempt.TotpSecret is not { } secret)
            return true;
        if (string.IsNullOrWhiteSpace(code))
            return false;
        if (SecondFactor.Step(secret, code, time.GetUtcNow()) is { } step)
            return await factors.TakeAsync(attempt.Id, step, cancel);
        return SecondFactor.RecoveryHash(code) is { } hash && await factors.TakeRecoveryAsync(attempt.Id, hash, cancel);
    }

    // Names that do not exist leave no row: strangers could fill the audit. Those that do leave five rows in 15 minutes at most.
    private async Task FailedAsync(string name, LoginAttempt? attempt, string source, CancellationToken cancel)
    {
        AdminMetrics.LoginFailed();
        logger.LoginFailed(Requests.Printable(name, LongestShown), source);
        if (attempt is null)
            return;
        await audit.NoteAsync(new Author(attempt.Name) { Means = "password", Source = source }, AuditOutcome.Failed, new AuditNote("console.login", attempt.Name), cancel);
        if (!attempt.Locks)
            return;
        AdminMetrics.Locked();
        var text = $"console account {attempt.Name} is locked for {LoginStore.Lock.TotalMinutes} minutes after {LoginStore.MostFailures} failed logins, the last one from {source}";
        await events.WriteAsync(cluster.NodeName, "console-locked", text, new Dictionary<string, string> { ["account"] = attempt.Name, ["source"] = source }, cancel);
    }
}
