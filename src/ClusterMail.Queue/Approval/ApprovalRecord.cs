using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>One event as the audit keeps it (APPROVE-330). What is null is left out; number and time are the chain's.</summary>
public sealed record ApprovalRecord(string Type)
{
    // People read it: only what JSON itself demands is escaped, so Japanese stays Japanese.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Node { get; init; } = "";
    public HoldId? Hold { get; init; }
    public HoldId? Submission { get; init; }
    public string? Sender { get; init; }

    /// <summary>Who decided, or claims to.</summary>
    public string? Approver { get; init; }
    public string? Principal { get; init; }
    public Channel? Channel { get; init; }
    public string? Client { get; init; }

    /// <summary>The identity that was proven.</summary>
    public string? Auth { get; init; }
    public IReadOnlyList<string> Recipients { get; init; } = [];
    public string? SubjectHash { get; init; }
    public string? ContentSha256 { get; init; }
    public string? Policy { get; init; }
    public string? Reason { get; init; }
    public ResultCode? Result { get; init; }

    /// <summary>Id of the key of the decision text; never its signature (APPROVE-307).</summary>
    public string? Key { get; init; }

    /// <summary>The new number of a decision.</summary>
    public HoldId? ResultId { get; init; }

    public static ApprovalRecord Of(string type, string node, HoldRow row) => new(type)
    {
        Node = node,
        Hold = new HoldId(row.Id),
        Submission = new HoldId(row.Mail.Id),
        Sender = row.Requester,
        Recipients = [.. row.Recipients.Select(recipient => recipient.ForwardPath)],
        SubjectHash = HashOf(row.Mail.Subject),
        ContentSha256 = Convert.ToHexStringLower(row.Mail.Sha256),
        Policy = row.Places.IsEmpty ? null : string.Join("; ", row.Places),
    };

    /// <summary>The subject itself stands with the held mail and goes with it; the audit keeps what proves it.</summary>
    public static string HashOf(string subject) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(subject)));

    public AuditLine Line() => new(Hold?.Number, Json());

    private string Json()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("node", Node);
            json.WriteString("type", Type);
            Write(json, "hold", Hold?.ToString());
            Write(json, "submission", Submission?.ToString());
            Write(json, "sender", Sender);
            Write(json, "approver", Approver);
            Write(json, "principal", Principal);
            Write(json, "channel", Channel?.ToString().ToLowerInvariant());
            Write(json, "ip", Client);
            Write(json, "auth", Auth);
            if (Recipients.Count > 0)
            {
                json.WriteStartArray("recipients");
                foreach (var recipient in Recipients)
                    json.WriteStringValue(recipient);
                json.WriteEndArray();
            }
            Write(json, "subject_hash", SubjectHash);
            Write(json, "content_sha256", ContentSha256);
            Write(json, "policy", Policy);
            Write(json, "reason", Reason);
            Write(json, "key", Key);
            Write(json, "result_id", ResultId?.ToString());
            Write(json, "result", Result?.Word());
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
            json.WriteString(name, text.Replace('\0', '?'));
    }
}
