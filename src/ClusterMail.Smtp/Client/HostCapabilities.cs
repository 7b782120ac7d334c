using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>What a host offered in its last EHLO (RFC 5321 §4.1.1.1). All false after HELO.</summary>
public sealed record HostCapabilities
{
    public static HostCapabilities None { get; } = new();

    public bool Pipelining { get; init; }
    public bool EightBitMime { get; init; }
    public bool SmtpUtf8 { get; init; }

    /// <summary>The host takes over the duty of success reports; without it a "relayed" report is ours to send (RFC 3461 §5.2.2).</summary>
    public bool Dsn { get; init; }
    public bool StartTls { get; init; }
    public bool Size { get; init; }

    /// <summary>Octets; 0: the host named no limit (RFC 1870 §3).</summary>
    public long MaxSize { get; init; }

    /// <summary>Recipients in one transaction, mails in one session (RFC 9422); 0: not said.</summary>
    public int MaxRecipients { get; init; }
    public int MaxMails { get; init; }

    /// <summary>SASL mechanisms in capitals.</summary>
    public ImmutableArray<string> Auth { get; init; } = [];

    /// <summary>Reads the reply to EHLO; its first line is the host's name. Unknown keywords are passed over.</summary>
    public static HostCapabilities Parse(Reply reply)
    {
        var offered = None;
        foreach (var line in reply.Lines.Skip(1))
        {
            // "AUTH=LOGIN" is an old form that some servers still send beside the right one.
            var words = line.Replace("AUTH=", "AUTH ", StringComparison.OrdinalIgnoreCase).ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0)
                offered = offered.With(words[0], words.AsSpan(1));
        }
        return offered;
    }

    /// <summary>The same with no more recipients in a transaction than we want ourselves.</summary>
    public HostCapabilities Within(int recipients) => MaxRecipients > 0 && MaxRecipients <= recipients ? this : this with { MaxRecipients = recipients };

    private HostCapabilities With(string keyword, ReadOnlySpan<string> words) => keyword switch
    {
        "PIPELINING" => this with { Pipelining = true },
        "8BITMIME" => this with { EightBitMime = true },
        "SMTPUTF8" => this with { SmtpUtf8 = true },
        "DSN" => this with { Dsn = true },
        "STARTTLS" => this with { StartTls = true },
        "SIZE" => this with { Size = true, MaxSize = words.Length > 0 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0 },
        "AUTH" => this with { Auth = [.. Auth, .. words] },
        "LIMITS" => this with { MaxRecipients = Limit(words, "RCPTMAX="), MaxMails = Limit(words, "MAILMAX=") },
        _ => this,
    };

    private static int Limit(ReadOnlySpan<string> words, string name)
    {
        foreach (var word in words)
            if (word.StartsWith(name, StringComparison.Ordinal) && int.TryParse(word.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                return value;
        return 0;
    }
}
