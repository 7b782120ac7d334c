namespace ClusterMail.Admin;

/// <summary>What the answering node knows of the limit in force for a destination; optional.</summary>
public interface IDestinationLimits
{
    /// <summary>Connections allowed at once over the whole cluster; null: not known here.</summary>
    int? Limit(string destination);
}
