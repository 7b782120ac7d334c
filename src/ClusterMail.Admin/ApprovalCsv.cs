using System.Globalization;
using System.Text;
using ClusterMail.Approval;
using ClusterMail.Approval.Policies;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin;

/// <summary>Lines of the CSV export (履歴のCSV出力, APPROVE-334): RFC 4180, safe in a spreadsheet. Pure.</summary>
/// <param name="zone">The zone of a requester's domain.</param>
internal sealed class ApprovalCsv(Func<string, TimeZoneInfo> zone)
{
    /// <summary>What makes a spreadsheet read UTF-8.</summary>
    public const string ByteOrderMark = "\uFEFF";

    public const string Header =
        "hold_id,submission_id,result_id,received,decided,seconds_held,state,sender,approvers,decided_by,as_proxy_of,channel,client_ip,recipients,bcc_recipients,subject,size,attachments,policy,keyword,comment,delivered,delivery_result\r\n";

    public string Line(ApprovalExportRow row)
    {
        var local = zone(row.Requester);
        string?[] cells =
        [
            new HoldId(row.Hold).ToString(), new HoldId(row.Submission).ToString(), row.Result is { } result ? new HoldId(result).ToString() : null, Time(row.ReceivedAt, local), Time(row.DecidedAt, local),
            row.DecidedAt is { } decided ? ((long)(decided - row.ReceivedAt).TotalSeconds).ToString(CultureInfo.InvariantCulture) : null, HeldText.Word(row.State), row.Requester, Several(row.Approvers),
            row.DecidedBy, row.Principal, row.Channel, row.ClientAddress, Several(row.Recipients), Several(row.BlindRecipients), row.Subject, row.Size.ToString(CultureInfo.InvariantCulture),
            Several(row.Attachments), Several(row.Places), Several(row.Reasons.Where(IsKeyword).Select(reason => reason[(reason.IndexOf(':', StringComparison.Ordinal) + 1)..])), row.Comment,
            Time(row.DeliveredAt, local), Several(row.Results),
        ];
        return new StringBuilder().AppendJoin(',', cells.Select(Cell)).Append("\r\n").ToString();
    }

    private static bool IsKeyword(string reason) => reason.StartsWith($"{nameof(CatchKind.Keyword)}:", StringComparison.Ordinal);

    private static string Several(IEnumerable<string> values) => string.Join("; ", values);

    private static string? Time(DateTimeOffset? at, TimeZoneInfo local) => at is { } time ? TimeZoneInfo.ConvertTime(time, local).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture) : null;

    /// <summary>A cell a spreadsheet would take for a formula gets an apostrophe, behind which it is text; blanks in front of one do not hide it.</summary>
    internal static string Cell(string? value)
    {
        var text = LogText.Line(value ?? "");
        if (text.TrimStart() is ['=' or '+' or '-' or '@', ..])
            text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"") >= 0 || text != text.Trim() ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
