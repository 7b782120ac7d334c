using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterMail.Cli.Import;

/// <summary>One line of the original in a report. <c>Outcome</c>: imported, changed, ignored, already there.</summary>
internal sealed record ReportLine(string File, int Line, int Column, string Outcome, bool Wrong, string Rule, string Reason, string Text);

internal sealed record ReportDifference(string Setting, string Japanese, string Rule, string Original, string Here, string Meaning);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ReportLine))]
[JsonSerializable(typeof(ReportDifference))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>With Japanese as people read it. The report is a file, not part of a web page.</summary>
    public static ReportJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
