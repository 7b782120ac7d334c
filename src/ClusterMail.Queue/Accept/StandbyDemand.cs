namespace ClusterMail.Queue.Accept;

/// <summary><c>database.require_synchronous_standby</c>.</summary>
public enum StandbyDemand
{
    Off,
    Warn,
    Refuse,
}
