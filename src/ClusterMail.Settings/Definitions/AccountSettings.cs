namespace ClusterMail.Settings;

/// <summary>Accounts and their passwords (chapter 05, 01 L).</summary>
internal static class AccountSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Integer("auth.argon2_memory_kib", 19_456, 8192, 1_048_576, "KiB", "AUTH-7", "",
            "Memory that trying one password takes (Argon2id). Passwords set from now on; others follow at their next login."),
        Define.Integer("auth.argon2_passes", 2, 1, 64, "passes", "AUTH-7", "",
            "Passes over that memory."),
        Define.Integer("auth.scram_iterations", 100_000, 4096, 10_000_000, "rounds", "AUTH-7", "",
            "Rounds of the SCRAM-SHA-256 verifier of passwords set from now on; clients compute them at each login. 0: keep none, and offer no SCRAM to them.", zero: true),
        Define.Switch("compat.auth.recoverable_store", false, "AUTH-7", "apop.dat",
            "Keep passwords encrypted beside their hash, for CRAM-MD5, APOP and the export. Needs password-key-file in every node's own file.", original: true),
        Define.Switch("compat.accounts.export_passwords", false, "IMP-6", "アカウントのエクスポート",
            "The export of accounts has passwords in clear. Needs compat.auth.recoverable_store.", original: true),
        Define.Switch("compat.postmaster.explicit_only", false, "ACCT-6", "postmaster",
            "Mail for postmaster of an operated domain is taken only when it is an account or alias; else it goes to admin.address.", original: true),
    ];
}
