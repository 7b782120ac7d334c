namespace ClusterMail.Admin.Access;

/// <summary>What an endpoint asks for. Which role has which stands in <see cref="RoleRights"/>.</summary>
internal enum Right
{
    /// <summary>An endpoint that declares nothing: default deny, so nobody but a cluster administrator passes.</summary>
    Undeclared,

    /// <summary>Whoever is logged in.</summary>
    Anyone,

    /// <summary>No role: only the console account the request is about, in a session.</summary>
    OnlyOwn,

    /// <summary>Nodes, events, database, lock-outs, and the dry run.</summary>
    ReadCluster,

    /// <summary>Waiting mails and why they wait; not their content.</summary>
    ReadQueue,

    /// <summary>The operators' logs, the trace of a mail, the live trace.</summary>
    ReadLogs,
    ReadSettings,

    /// <summary>Domains, accounts, aliases; for a domain administrator those of his domains.</summary>
    ReadDirectory,
    ReadAudit,

    /// <summary>Mail itself, and passwords kept recoverably.</summary>
    ReadContent,

    /// <summary>QUEUE-6: retry, bounce, hold, release, delete.</summary>
    ActOnQueue,

    /// <summary>The switches receive and deliver, drain and undrain (ADMIN-32).</summary>
    Drain,

    /// <summary>Accounts and aliases; for a domain administrator those of his domains.</summary>
    ChangeDirectory,

    /// <summary>The password of an account; for a user that of his own.</summary>
    SetPassword,
    ChangeSettings,

    /// <summary>What acts on the whole cluster beside its settings: nodes out of it, mail numbers, lock-outs, caches, mail put into the queue.</summary>
    Govern,
    ManageConsole,
}
