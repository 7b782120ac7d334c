using System.Globalization;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>Lines of the operators' logs, character by character as chapter 08 B prints them. Pure.</summary>
/// <param name="host">Name after the <c>@</c> of every message number (<c>net.host_name</c>).</param>
/// <param name="zone">Zone whose local time the stamps show (LOG-12).</param>
/// <param name="interval">Retry interval, seconds (LOG-25).</param>
public sealed class LogFormat(string host, TimeZoneInfo zone, long interval = 120)
{
    // Invariant culture: month names are English whatever the machine speaks. The colon is quoted for the same reason.
    private const string StampFormat = "'['dd'/'MMM'/'yyyy':'HH':'mm':'ss']'";

    /// <summary>LOG-12.</summary>
    public string Stamp(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).ToString(StampFormat, CultureInfo.InvariantCulture);

    /// <summary>LOG-22.</summary>
    public string Inlog(AcceptedRow row) =>
        $"<{row.Id}@{host}> {Stamp(row.At)} {row.ClientAddress} {LogText.Column(row.Helo)} {Sender(row.Sender)} {string.Join(' ', row.Recipients.Select(LogText.Column))}";

    /// <summary>LOG-23.</summary>
    public string Outlog(EndedRow row) =>
        $"{row.Id}@{host} sent on {Stamp(row.At)} to {Domain(row.Recipient)} from {Sender(row.Sender)} to {LogText.Column(row.Recipient)}";

    /// <summary>LOG-24. When nobody ever answered the reason is always the same words (RETRY-14).</summary>
    public string Faillog(EndedRow row)
    {
        var reason = row.Class == FailureClass.NoAnswer ? "Unable to deliver to destination domain" : LogText.Line(row.Reply);
        return $"{row.Id}@{host} send fail on {Stamp(row.At)} from {Sender(row.Sender)} to {LogText.Column(row.Recipient)} [{reason}]";
    }

    /// <summary>LOG-20. Commas are what columns end with here, so a stranger's comma becomes a question mark.</summary>
    public string Acceptlog(ConnectionRow row) => row.Kind == ConnectionKind.Connect
        ? string.Create(CultureInfo.InvariantCulture, $"{Stamp(row.At)}, ({host}), [{row.ClientAddress}]:{row.LocalPort}, Client accept now.")
        : $"{Stamp(row.At)}, ({host}), {Field(row.Helo)} [{row.ClientAddress}], {(row.Sender is { } sender ? Sender(sender).Replace(',', '?') : "-")},<{row.Id}>,{Status(row.Kind)}";

    /// <summary>LOG-27: each line with its own time.</summary>
    public IEnumerable<string> Receivelog(DialogueRow row) => row.Lines.Select(line => $"{Stamp(line.At)} [{row.Id}] {LogText.Line(line.Text)}");

    /// <summary>LOG-25, LOG-26: intervals passed since the mail was queued, route decision, host, the dialogue where it was kept, and how it went on.</summary>
    public IEnumerable<string> Senderlog(AttemptRow row)
    {
        var now = row.At.ToUnixTimeSeconds();
        var queued = row.AcceptedAt.ToUnixTimeSeconds();
        yield return Framed(row, $"[{RecipientDomain(row)}] GetTryServer:()");
        yield return Framed(row, string.Create(CultureInfo.InvariantCulture, $"GetTryServer:(ltime({now})-otime({queued}))/{interval}=({Math.Max(0, now - queued) / interval})"));
        yield return Framed(row, $"Route: {(row.Rule.Length == 0 ? "-" : row.Rule)}");
        if (row.Destination.StartsWith('[') && row.Remote.Host is { } gateway)
            yield return Framed(row, string.Create(CultureInfo.InvariantCulture, $"GetSMTPServer = SMTP GateWay({gateway}:{row.Remote.Port})"));
        if (row.Remote.ToString() is { Length: > 0 } remote)
            yield return Framed(row, $"ConnectHost:{remote}");
        foreach (var line in row.Dialogue)
            yield return Framed(row, line);
        yield return Framed(row, Result(row));
    }

    private static string RecipientDomain(AttemptRow row) => row.Recipient.Length == 0 ? row.Destination : Domain(row.Recipient);

    private static string Status(ConnectionKind kind) => kind switch
    {
        ConnectionKind.Accepted => "ok",
        ConnectionKind.Listed => "It was in the ORDB IP.",
        _ => "abort",
    };

    private static string Field(string text) => LogText.Column(text).Replace(',', '?');

    private string Result(AttemptRow row) => row.Outcome switch
    {
        "delivered" => $"Result: delivered {Stamp(row.At)} [{LogText.Line(row.Reply)}]",
        null => $"Result: {ClassName(row.Class)} {Stamp(row.At)} [{LogText.Line(row.Reply)}], next try {Stamp(row.NextTry ?? row.At)}",
        _ => $"Result: failed {Stamp(row.At)}, {ClassName(row.Class)} [{LogText.Line(row.Reply)}]",
    };

    private static string ClassName(FailureClass value) => value switch
    {
        FailureClass.Refused => "refused",
        FailureClass.LineError => "line error",
        FailureClass.NoAnswer => "no answer",
        _ => "no failure of the other side",
    };

    // MSGID-5: a retry shows as the original's renamed queue file did.
    private static string Framed(AttemptRow row, string text) =>
        $"[{row.Id}{(row.Number > 1 ? string.Create(CultureInfo.InvariantCulture, $"-R{row.Number - 1:D4}") : "")}] {LogText.Line(text)}";

    // An empty sender would make the columns uncountable (LOG-22, LOG-23).
    private static string Sender(string sender) => sender.Length == 0 ? "<>" : LogText.Column(sender);

    private static string Domain(string address) => LogText.Column(address[(address.LastIndexOf('@') + 1)..]);
}
