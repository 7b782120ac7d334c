namespace ClusterMail.Migration.Registry;

/// <summary>Whose values stand under a key: the last word of its path.</summary>
internal enum RegistryService : byte
{
    /// <summary>All services; also where the key names none.</summary>
    Common,

    /// <summary>SMTP 受信部, EPSTRS.</summary>
    Receiver,

    /// <summary>SMTP 送信部, EPSTDS.</summary>
    Delivery,

    /// <summary>E-Post IP Watcher, IPWCS.</summary>
    Watcher,
}
