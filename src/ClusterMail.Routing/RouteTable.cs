using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Routing;

/// <summary>
/// The gateway table (chapter 04 C), read from the original's text format:
/// <code>
/// entry = target [ "|" sender ] "," gateway *( ";" gateway ) [ "," [ port [ "*" ] ] [ "," login ] ]
/// </code>
/// The fourth field is this product's own (<see cref="GatewayLogin"/>): it names a login, in place of the secrets later versions of the original write
/// into the line (GWT-9, APPROVE-405). The port is that of all gateways of the line. A sender condition <c>&lt;&gt;</c> means the null reverse-path.
/// </summary>
public sealed class RouteTable
{
    private readonly ImmutableArray<RouteLine> _lines;

    private RouteTable(ImmutableArray<RouteLine> lines) => _lines = lines;

    public static RouteTable Empty { get; } = new([]);

    public ImmutableArray<RouteLine> Lines => _lines;

    /// <summary>Reads what can be read. Lines with errors are left out, so that a table saved by an older release still works for the rest.</summary>
    public static RouteTable Parse(string text, out ImmutableArray<TableError> errors)
    {
        var lines = ImmutableArray.CreateBuilder<RouteLine>();
        var problems = ImmutableArray.CreateBuilder<TableError>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var entry = line.TrimEnd('\r');
            // GWT-5: a quote or a blank in front makes a comment.
            if (string.IsNullOrWhiteSpace(entry) || entry[0] is '\'' or ' ' or '\t')
                continue;
            if (RouteLine.TryParse(entry, number, out var parsed, out var error))
                lines.Add(parsed!);
            else
                problems.Add(error!);
        }
        errors = problems.ToImmutable();
        return new RouteTable(lines.ToImmutable());
    }

    /// <summary>The first line that fits (GWT-2), or null.</summary>
    /// <param name="domain">The recipient's, in lower case; both the form it came in and its A-label form are tried.</param>
    public RouteLine? Match(string domain, string asciiDomain, ReversePath sender)
    {
        foreach (var line in _lines)
            if ((line.Target.Matches(domain) || (asciiDomain != domain && line.Target.Matches(asciiDomain))) && line.FitsSender(sender))
                return line;
        return null;
    }
}

/// <summary>One entry of the gateway table.</summary>
/// <param name="Number">Line number in the text, from 1.</param>
/// <param name="Sender">Condition on the reverse-path (GWT-9); null: any.</param>
/// <param name="Gateways">In the order to try them within one attempt (GWT-11).</param>
public sealed record RouteLine(int Number, WildcardPattern Target, WildcardPattern? Sender, ImmutableArray<Gateway> Gateways)
{
    /// <summary>Gateways in one line. A line with more is a mistake, and each costs a connect time-out per attempt.</summary>
    public const int MaxGateways = 10;

    public bool FitsSender(ReversePath sender) => Sender is not { } condition || condition.Matches(sender.IsNull ? "<>" : sender.Stored);

    internal static bool TryParse(string text, int number, out RouteLine? line, out TableError? error)
    {
        line = null;
        error = null;
        var fields = text.Split(',');
        var columns = new int[fields.Length];
        for (var i = 1; i < fields.Length; i++)
            columns[i] = columns[i - 1] + fields[i - 1].Length + 1;
        TableError At(int field, string rule, string message) => new(number, columns[field] + 1, rule, message);

        if (fields.Length is < 2 or > 4)
        {
            error = fields.Length < 2 ? new TableError(number, text.Length + 1, "GWT-1", "a gateway is missing: target,gateway[,port]") : At(4, "GWT-9", "too many fields");
            return false;
        }
        var condition = fields[0].Split('|');
        var target = condition[0].Trim();
        if (target.Length == 0 || target.Length > 255 || !IsPlain(target))
            error = At(0, "GWT-1", "the target is not a domain pattern");
        else if (condition.Length > 2 || (condition.Length == 2 && (condition[1].Trim().Length == 0 || !IsPlain(condition[1].Trim()))))
            error = At(0, "GWT-9", "the sender condition is not an address pattern");
        var tlsOnConnect = false;
        var port = 25;
        if (error is null && fields.Length > 2 && !TryPort(fields[2].Trim(), out port, out tlsOnConnect))
            error = At(2, "GWT-4", "the port is a number from 1 to 65535, with * for TLS on connect");
        GatewayLogin? login = null;
        if (error is null && fields.Length > 3 && LoginFault(fields[3].Trim(), out login) is { } fault)
            error = At(3, "GWT-9", fault);
        if (error is not null)
            return false;
        var gateways = ImmutableArray.CreateBuilder<Gateway>();
        foreach (var host in fields[1].Split(';'))
        {
            if (!Gateway.TryHost(host.Trim(), out var name) || gateways.Count == MaxGateways)
            {
                error = At(1, gateways.Count == MaxGateways ? "GWT-11" : "GWT-7", gateways.Count == MaxGateways ? $"more than {MaxGateways} gateways" : $"'{host.Trim()}' is not a host name, an IPv4 address or an [IPv6] address");
                return false;
            }
            gateways.Add(new Gateway(name, port, tlsOnConnect, login));
        }
        line = new RouteLine(number, new WildcardPattern(target), condition.Length == 2 ? new WildcardPattern(condition[1].Trim()) : null, gateways.ToImmutable());
        return true;
    }

    /// <summary>A field that is there says something: an empty one is a slip.</summary>
    private static string? LoginFault(string text, out GatewayLogin? login)
    {
        login = null;
        return text.Length == 0 ? "the login is missing: none says that there is none" : GatewayLogin.TryParse(text, out login, out var complaint) ? null : complaint;
    }

    private static bool TryPort(string text, out int port, out bool tlsOnConnect)
    {
        tlsOnConnect = text.EndsWith('*');
        port = 25;
        var digits = tlsOnConnect ? text[..^1].TrimEnd() : text;
        return text.Length == 0 || (digits.Length <= 5 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= IPEndPoint.MaxPort);
    }

    private static bool IsPlain(string text) => !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
