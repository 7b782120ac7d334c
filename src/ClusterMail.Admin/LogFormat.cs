using System.Globalization;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>Lines of the operators' logs, character by character as chapter 08 B prints them. Pure.</summary>
/// <param name="host">Name after the <c>@</c> of every message number (<c>net.host_name</c>).</param>
/// <param name="zone">Zone whose local time the stamps show (LOG-12).</param>
public sealed class LogFormat(string host, TimeZoneInfo zone)
{
    // Invariant culture: month names are English whatever the machine speaks. The colon is quoted for the same reason.
    private const string StampFormat = "'['dd'/'MMM'/'yyyy':'HH':'mm':'ss']'";

    /// <summary>LOG-12.</summary>
    public string Stamp(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).ToString(StampFormat, CultureInfo.InvariantCulture);

    /// <summary>LOG-22.</summary>
    public string Inlog(AcceptedRow row) =>
        $"<{row.Id}@{host}> {Stamp(row.At)} {row.ClientAddress} {Column(row.Helo)} {Sender(row.Sender)} {string.Join(' ', row.Recipients.Select(Column))}";

    /// <summary>LOG-23.</summary>
    public string Outlog(EndedRow row) =>
        $"{row.Id}@{host} sent on {Stamp(row.At)} to {Domain(row.Recipient)} from {Sender(row.Sender)} to {Column(row.Recipient)}";

    /// <summary>LOG-24. When nobody ever answered the reason is always the same words (RETRY-14).</summary>
    public string Faillog(EndedRow row)
    {
        var reason = row.Class == FailureClass.NoAnswer ? "Unable to deliver to destination domain" : OneLine(row.Reply);
        return $"{row.Id}@{host} send fail on {Stamp(row.At)} from {Sender(row.Sender)} to {Column(row.Recipient)} [{reason}]";
    }

    /// <summary>LOG-25, LOG-26: route decision, host, the dialogue where it was kept, and how it went on.</summary>
    public IEnumerable<string> Senderlog(AttemptRow row)
    {
        yield return Framed(row, $"[{row.Destination}] Route: {(row.Rule.Length == 0 ? "-" : row.Rule)}");
        if (row.Remote.ToString() is { Length: > 0 } remote)
            yield return Framed(row, $"ConnectHost:{remote}");
        foreach (var line in row.Dialogue)
            yield return Framed(row, line);
        yield return Framed(row, Result(row));
    }

    private string Result(AttemptRow row) => row.Outcome switch
    {
        "delivered" => $"Result: delivered {Stamp(row.At)} [{OneLine(row.Reply)}]",
        null => $"Result: {ClassName(row.Class)} {Stamp(row.At)} [{OneLine(row.Reply)}], next try {Stamp(row.NextTry ?? row.At)}",
        _ => $"Result: failed {Stamp(row.At)}, {ClassName(row.Class)} [{OneLine(row.Reply)}]",
    };

    private static string ClassName(FailureClass value) => value switch
    {
        FailureClass.Refused => "refused",
        FailureClass.LineError => "line error",
        FailureClass.NoAnswer => "no answer",
        _ => "no failure of the other side",
    };

    private static string Framed(AttemptRow row, string text) => $"[{row.Id}] {OneLine(text)}";

    // An empty sender would make the columns uncountable (LOG-22, LOG-23).
    private static string Sender(string sender) => sender.Length == 0 ? "<>" : Column(sender);

    private static string Domain(string address) => Column(address[(address.LastIndexOf('@') + 1)..]);

    // A stranger chose these texts: a blank would shift the columns, a line end would forge a line. Quoted local parts and HELO may hold blanks.
    private static string Column(string text) => text.Length == 0 ? "-" : string.Concat(text.Select(c => char.IsControl(c) || char.IsWhiteSpace(c) ? '?' : c));

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
