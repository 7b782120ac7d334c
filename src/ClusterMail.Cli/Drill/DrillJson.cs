using System.Text.Json.Serialization;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DrillReport))]
[JsonSerializable(typeof(DrillMark))]
[JsonSerializable(typeof(DrillCleaned))]
internal sealed partial class DrillJson : JsonSerializerContext;
