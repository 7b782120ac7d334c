using System.CommandLine;

namespace ClusterMail.Cli;

/// <summary>How the cluster is found: the same options for every verb.</summary>
public sealed class ConnectionOptions
{
    /// <summary>Folder of a local cluster when neither option nor environment names one.</summary>
    public const string DefaultFolder = "data";

    private readonly Option<string?> _data = new("--data")
    {
        Description = $"Folder of a local cluster (see 'up'). Default: ./{DefaultFolder}, or CLUSTERMAIL_DATA.", HelpName = "DIR", Recursive = true,
    };

    private readonly Option<string[]> _url = new("--url")
    {
        Description = "Admin URL of a node; may be given several times: the first that answers is used. Default: CLUSTERMAIL_URL.", HelpName = "URL", Recursive = true,
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "Admin token. Others on this machine can see it: better CLUSTERMAIL_TOKEN or --token-file.", HelpName = "TOKEN", Recursive = true,
    };

    private readonly Option<string?> _tokenFile = new("--token-file") { Description = "File with the admin token.", HelpName = "FILE", Recursive = true };

    public void AddTo(Command root)
    {
        root.Options.Add(_data);
        root.Options.Add(_url);
        root.Options.Add(_token);
        root.Options.Add(_tokenFile);
    }

    /// <summary>Absolute path of the local cluster's folder, with links resolved nowhere: the path is also what identifies its processes.</summary>
    public string Folder(ParseResult parsed) => Path.TrimEndingDirectorySeparator(
        Path.GetFullPath(parsed.GetValue(_data) ?? Variable("CLUSTERMAIL_DATA") ?? DefaultFolder));

    /// <summary>A variable that is set to nothing counts as not set.</summary>
    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
