using System.Text.Json.Serialization;

namespace ClusterMail.Cli.Placement;

/// <summary>What the guided check of a placement found (APPROVE-407).</summary>
/// <param name="FailedAt">Step at which it ended: 0 before any mail, 1 to 3; null: it went to its end.</param>
internal sealed record CheckReport(string Preset, bool Works, int? FailedAt, IReadOnlyList<CheckLine> Lines);

/// <param name="Step">0: before any mail; 1 approval alone, 2 forwarding without approval, 3 both.</param>
/// <param name="Result">ok, warning, failed.</param>
/// <param name="Hint">What to do; null: nothing.</param>
internal sealed record CheckLine(int Step, string Result, string Text, string? Hint = null)
{
    public const string Good = "ok";
    public const string Doubtful = "warning";
    public const string Failed = "failed";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(CheckReport))]
internal sealed partial class CheckJson : JsonSerializerContext;
