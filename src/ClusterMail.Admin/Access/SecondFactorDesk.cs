using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Access;

/// <summary>Second factors (ADMIN-14): begun and confirmed by their owner alone, taken away by him with his password, or by a cluster administrator.</summary>
internal sealed class SecondFactorDesk(SecondFactorStore factors, ConsoleDesk console, TimeProvider time)
{
    private const string Issuer = "ClusterMail";

    public async Task<IResult> BeginAsync(Caller by, CancellationToken cancel)
    {
        if (by.SecondFactor)
            return Answers.Problem(StatusCodes.Status409Conflict, "There is a second factor already.", rule: "ADMIN-14", hint: "Take it away first: clustermail console totp disable");
        var secret = SecondFactor.MakeSecret();
        return await factors.BeginAsync(by.Name, secret, cancel)
            ? Results.Ok(new SecondFactorBegun(SecondFactor.Text(secret), SecondFactor.Uri(secret, by.Name, Issuer)))
            : ConsoleDesk.Missing(by.Name);
    }

    public async Task<IResult> ConfirmAsync(SecondFactorCode confirm, Caller by, CancellationToken cancel)
    {
        if (await factors.PendingAsync(by.Name, cancel) is not { } secret)
            return Answers.Problem(StatusCodes.Status409Conflict, "No second factor waits for its code.", rule: "ADMIN-14", hint: "Begin with: clustermail console totp enable");
        if (SecondFactor.Step(secret, confirm.Code, time.GetUtcNow()) is not { } step)
            return Answers.Problem(StatusCodes.Status409Conflict, "The code is wrong.", rule: "ADMIN-14", hint: "It changes every 30 seconds; see that the clock of your device is right.");
        var codes = SecondFactor.MakeRecoveryCodes();
        return await factors.EnableAsync(by.Name, secret, step, [.. codes.Select(code => SecondFactor.RecoveryHash(code)!)], by.Author, cancel)
            ? Results.Ok(new SecondFactorEnabled(codes))
            : Answers.Problem(StatusCodes.Status409Conflict, "Another second factor was begun meanwhile.", rule: "ADMIN-14", hint: "Begin again.");
    }

    public async Task<IResult> DisableAsync(string name, SecondFactorOff off, Caller by, CancellationToken cancel)
    {
        if (by.Is(name) && await console.ProveAsync(name, off.Password, cancel) is { } refusal)
            return refusal;
        return await factors.DisableAsync(name, by.Author, cancel)
            ? Results.Ok(new ConsoleDone(name, $"{name} logs in with its password alone now."))
            : Answers.NotFound($"There is no console account {Requests.Printable(name, ConsoleNames.Longest)}, or it has no second factor.", "clustermail console list shows them.");
    }
}
