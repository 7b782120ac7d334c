using System.Globalization;

namespace ClusterMail.Cli.Local;

/// <summary>One node of a local cluster: its name, ports and files, all of which follow from its number.</summary>
public sealed class LocalNode(string clusterFolder, LocalState state, int number)
{
    /// <summary>Ports each node has to itself; six are used.</summary>
    public const int PortStride = 10;

    public int Number => number;
    public string Name => string.Create(CultureInfo.InvariantCulture, $"n{number}");
    public string Folder => Path.Combine(clusterFolder, Name);
    public string ConfigurationFile => Path.Combine(Folder, "node.conf");
    /// <summary>Its file names the database as it is reached now.</summary>
    public bool KnowsDatabase => File.Exists(ConfigurationFile) && File.ReadAllText(ConfigurationFile) is var text && Databases.All(database => text.Contains(Quote(database), StringComparison.Ordinal));

    private IEnumerable<string> Databases => (state.Shards?.Values ?? []).Prepend(state.ConnectionString);

    public string LogFile => Path.Combine(Folder, "log");

    public int Smtp => Port(0);
    public int Submission => Port(1);
    public int Smtps => Port(2);
    public int ProxySmtp => Port(3);
    public int Admin => Port(4);
    public int Remoting => Port(5);
    public IReadOnlyList<int> Ports => [Smtp, Submission, Smtps, ProxySmtp, Admin, Remoting];

    public string AdminUrl => "http://" + Local(Admin);

    /// <summary>The node as <c>cluster.json</c> shows it now.</summary>
    public ClusterNode Describe()
    {
        var process = NodeProcess.Find(this);
        return new ClusterNode
        {
            Name = Name,
            Pid = process?.Pid,
            State = process is null ? "stopped" : process.IsPaused ? "paused" : "running",
            Smtp = Local(Smtp),
            Submission = Local(Submission),
            Smtps = Local(Smtps),
            ProxySmtp = Local(ProxySmtp),
            Admin = AdminUrl,
            Remoting = Local(Remoting),
        };
    }

    public void WriteConfiguration(string tokenFile, string passwordKeyFile, string certificate, string key)
    {
        PrivateFile.CreateFolder(Folder);
        PrivateFile.Replace(ConfigurationFile, $$"""
            # Written by 'clustermail up' at each start of the node. Every key is explained in hocon/clustermail.conf.
            clustermail {
              node {
                name = {{Quote(Name)}}
                roles = [receive, deliver, admin]
              }
              database = {{Quote(state.ConnectionString)}}
              shards { {{string.Join(", ", (state.Shards ?? new Dictionary<string, string>()).Select(shard => $"{shard.Key} = {Quote(shard.Value)}"))}} }
              listen {
                smtp = {{Quote(Local(Smtp))}}
                submission = {{Quote(Local(Submission))}}
                smtps = {{Quote(Local(Smtps))}}
                proxy-smtp = {{Quote(Local(ProxySmtp))}}
                admin = {{Quote(Local(Admin))}}
                remoting = {{Quote(Local(Remoting))}}
              }
              token-file = {{Quote(tokenFile)}}
              password-key-file = {{Quote(passwordKeyFile)}}
              spool = {{Quote(Path.Combine(Folder, "spool"))}}
              tls {
                certificate = {{Quote(certificate)}}
                key = {{Quote(key)}}
              }
              balancers = ["127.0.0.0/8"]
              log.format = text
            }

            """);
    }

    private int Port(int offset) => state.BasePort + (PortStride * number) + offset;

    private static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    /// <summary>HOCON takes JSON strings.</summary>
    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
