using ClusterMail.Accounts.Passwords;
using ClusterMail.Store;

namespace ClusterMail.Admin.Access;

/// <summary>Looks at one password of a console account, counted like a login: a stolen session must not be a way to guess it.</summary>
internal sealed class PasswordProof(LoginStore logins, PasswordHasher hasher)
{
    /// <param name="Attempt">Null: there is no such account, or it cannot log in now. The same work was done.</param>
    /// <param name="Right">Null: too many passwords wait to be looked at.</param>
    public readonly record struct Proof(LoginAttempt? Attempt, bool? Right);

    public async Task<Proof> LookAsync(string name, string password, CancellationToken cancel)
    {
        var attempt = name.Length is > 0 and <= ConsoleNames.Longest ? await logins.BeginAsync(name, cancel) : null;
        var right = await hasher.MatchesAsync(attempt?.Hash, password, cancel);
        if (right is null && attempt is not null)
            await logins.WithdrawAsync(attempt, cancel);
        return new Proof(attempt, right);
    }
}

/// <summary>What a console account may be called.</summary>
internal static class ConsoleNames
{
    public const int Longest = 64;

    /// <summary>Null: nothing is wrong with it.</summary>
    public static string? Fault(string name) =>
        name.Length is 0 or > Longest ? $"A name has 1 to {Longest} characters."
        : !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@' or '+') ? "A name is of letters, digits and . - _ + @."
        : name.Equals(Caller.Farm, StringComparison.OrdinalIgnoreCase) ? $"'{Caller.Farm}' stands for the farm's own token in the audit."
        : null;
}
