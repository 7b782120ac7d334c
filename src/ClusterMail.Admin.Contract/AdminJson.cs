using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterMail.Admin.Contract;

/// <summary>How both sides write JSON: camelCase names, enums as words, nothing by reflection, so that the command line starts fast.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = false)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(SwitchRequest))]
[JsonSerializable(typeof(LeaderStatus))]
[JsonSerializable(typeof(NodeActResult))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(QueueSummary))]
[JsonSerializable(typeof(QueuePage))]
[JsonSerializable(typeof(QueueMail))]
[JsonSerializable(typeof(QueueWhy))]
[JsonSerializable(typeof(QueueSelection))]
[JsonSerializable(typeof(QueueActResult))]
[JsonSerializable(typeof(MailPair))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(TraceResult))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(ExplainResult))]
[JsonSerializable(typeof(SettingsList))]
[JsonSerializable(typeof(SettingEntry))]
[JsonSerializable(typeof(SettingsChange))]
[JsonSerializable(typeof(SettingsSaved))]
[JsonSerializable(typeof(SettingsHistory))]
[JsonSerializable(typeof(SettingsDiff))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(SettingsArchive))]
[JsonSerializable(typeof(SettingsImport))]
[JsonSerializable(typeof(TableText))]
[JsonSerializable(typeof(TableChange))]
[JsonSerializable(typeof(DomainList))]
[JsonSerializable(typeof(DomainAdd))]
[JsonSerializable(typeof(DbStatus))]
[JsonSerializable(typeof(Health))]
public sealed partial class AdminJson : JsonSerializerContext;
