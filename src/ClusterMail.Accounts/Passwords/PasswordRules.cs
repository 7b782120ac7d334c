namespace ClusterMail.Accounts.Passwords;

/// <summary>What a password must be (01 L, AUTH-7).</summary>
public static class PasswordRules
{
    /// <summary>01 L. The original had no minimum, so with the recoverable store 1 character will do.</summary>
    public const int Shortest = 8;

    /// <summary>01 L: more would only cost the server time.</summary>
    public const int Longest = 128;

    /// <summary>What is wrong with <paramref name="password"/>, in words for its owner and without the password; null: nothing.</summary>
    /// <param name="recoverable"><c>compat.auth.recoverable_store</c> is on.</param>
    public static string? Fault(string password, bool recoverable)
    {
        var shortest = recoverable ? 1 : Shortest;
        var length = password.EnumerateRunes().Count();
        if (length < shortest || length > Longest)
            return $"the password has {length} characters; it needs {shortest} to {Longest}";
        // NUL separates the parts of AUTH PLAIN, and the export writes one row a line.
        return password.Any(char.IsControl) || password.Contains('\uFFFD', StringComparison.Ordinal) ? "the password holds a control character, or one that could not be read" : null;
    }
}
