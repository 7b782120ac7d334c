using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Settings;

/// <summary>One line of the setting <c>listen</c> (RECV-3, RECV-4).</summary>
/// <param name="Address">Null: every local address of the families net.ip_version allows.</param>
/// <param name="ImplicitTls">The port was written with <c>*</c>.</param>
/// <param name="Submission">For users: AUTH is demanded (CONF-23). Default for ports 587 and 465.</param>
/// <param name="Proxy">Every connection begins with a PROXY header of a listed balancer (CLU-23).</param>
public sealed record ListenEntry(IPAddress? Address, int Port, bool ImplicitTls, bool Submission, bool Proxy);

/// <summary>Grammar of <c>listen</c>: <c>address port[*] [relay|submission] [proxy]</c>; <c>'</c> or a blank in front makes a comment.</summary>
public static class ListenTable
{
    /// <summary>CONF-23, where neither the setting nor a node's own file says anything: 25 for servers, 587 and 465 for users, who authenticate there.</summary>
    public const string Default = "* 25\n* 587\n* 465*\n";

    private const string Setting = "listen";

    /// <summary>Entries in their order; faulty lines are left out and told.</summary>
    public static (ImmutableArray<ListenEntry> Entries, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var entries = ImmutableArray.CreateBuilder<ListenEntry>();
        var errors = new List<SettingError>();
        var number = 0;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] is '\'' or ' ')
                continue;
            var complaint = ParseLine(line, out var entry);
            if (complaint is null && entries.Any(e => Equals(e.Address, entry!.Address) && e.Port == entry.Port))
                complaint = "this address and port stand above already";
            if (complaint is null)
                entries.Add(entry!);
            else
                errors.Add(new SettingError(Setting, number, 0, "RECV-3", complaint));
        }
        return (entries.ToImmutable(), errors);
    }

    private static string? ParseLine(string line, out ListenEntry? entry)
    {
        entry = null;
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2)
            return "needs an address and a port";
        if (!TryAddress(words[0], out var address))
            return $"'{words[0]}' is no address; write * for every local one";
        var tls = words[1].EndsWith('*');
        if (!int.TryParse(words[1].TrimEnd('*'), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535)
            return $"'{words[1]}' is no port from 1 to 65535";
        entry = new ListenEntry(address, port, tls, port is 587 or 465, Proxy: false);
        foreach (var word in words.AsSpan(2))
            switch (word)
            {
                case "relay": entry = entry with { Submission = false }; break;
                case "submission": entry = entry with { Submission = true }; break;
                case "proxy": entry = entry with { Proxy = true }; break;
                default: return $"'{word}' is not relay, submission or proxy";
            }
        return null;
    }

    private static bool TryAddress(string word, out IPAddress? address)
    {
        address = null;
        if (word is "*" or "*.*.*.*")
            return true;
        // IPAddress.TryParse takes "10" for 0.0.0.10: an IPv4 address has three dots here.
        return IPAddress.TryParse(word, out address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || word.Count(c => c == '.') == 3);
    }
}
