using ClusterMail.Settings;

namespace ClusterMail.Policy.Senders;

/// <summary>What a check of the sender is for (CONF-19).</summary>
public enum SenderMode : byte
{
    /// <summary>It is not made.</summary>
    Off,

    /// <summary>After the mail was accepted; its result is written down and changes nothing.</summary>
    Log,

    /// <summary>Before, and the mail says what came of it.</summary>
    Tag,

    /// <summary>As <see cref="Tag"/>, and some results refuse the mail.</summary>
    Enforce,
}

/// <summary>How senders are checked, of one settings version (CONF-19).</summary>
public sealed record SenderOptions
{
    public SenderMode Spf { get; init; }
    public SenderMode Dkim { get; init; }
    public SenderMode Dmarc { get; init; }

    /// <summary>Our name as authserv-id (RFC 8601 §2.5).</summary>
    public string HostName { get; init; } = "";

    /// <summary>How long an answer waits for the checks after the end of the content. Default 5 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Octets of a mail whose signatures are checked; of a larger one they are not. Default 10 MiB.</summary>
    public long DkimMaxSize { get; init; } = 10_485_760;

    public bool IsOff => (Spf | Dkim | Dmarc) == SenderMode.Off;

    /// <summary>The answer to the mail depends on a check, or its content does.</summary>
    public bool BeforeAnswer => Spf >= SenderMode.Tag || Dkim >= SenderMode.Tag || Dmarc >= SenderMode.Tag;

    /// <summary>The content is read: for its own sake, or because DMARC asks.</summary>
    public bool NeedsDkim => (Dkim | Dmarc) != SenderMode.Off;

    /// <summary>What becomes of a broken signature depends on SPF too.</summary>
    public bool NeedsSpf => (Spf | Dmarc) != SenderMode.Off || Dkim == SenderMode.Enforce;

    public static SenderOptions From(SettingSet set, string hostName) => new()
    {
        Spf = Mode(set.Choice("receive.spf")),
        Dkim = Mode(set.Choice("receive.dkim")),
        Dmarc = Mode(set.Choice("receive.dmarc")),
        HostName = hostName,
        Patience = set.Seconds("receive.sender_check_seconds"),
        DkimMaxSize = set.Integer("receive.dkim_max_size"),
    };

    private static SenderMode Mode(string word) => word switch
    {
        "enforce" => SenderMode.Enforce,
        "tag" => SenderMode.Tag,
        "log" => SenderMode.Log,
        _ => SenderMode.Off,
    };
}
