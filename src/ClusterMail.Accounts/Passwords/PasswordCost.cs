using ClusterMail.Settings;

namespace ClusterMail.Accounts.Passwords;

/// <summary>
/// What it costs to try one password. Argon2id with 19 MiB and two passes is what OWASP's Password Storage Cheat Sheet asks for at least; what a stored hash was made with stands in
/// it, so these may be raised at any time.
/// </summary>
/// <param name="MemoryKib">Memory of one hash, KiB.</param>
/// <param name="Passes">Passes over it.</param>
/// <param name="ScramIterations">
/// PBKDF2 rounds of the SCRAM verifier; every client must compute them at each login. RFC 7677 asks for 4096 at least; 0: no verifier is made, and the account cannot log in
/// with SCRAM-SHA-256.
/// </param>
public sealed record PasswordCost(int MemoryKib = 19_456, int Passes = 2, int ScramIterations = 100_000)
{
    public static PasswordCost From(SettingSet set) =>
        new((int)set.Integer("auth.argon2_memory_kib"), (int)set.Integer("auth.argon2_passes"), (int)set.Integer("auth.scram_iterations"));
}
