using System.CommandLine;
using ClusterMail.Cli.Local;

namespace ClusterMail.Cli;

/// <summary>How the cluster is found: the same options for every verb.</summary>
public sealed class ConnectionOptions
{
    /// <summary>Folder of a local cluster when neither option nor environment names one.</summary>
    public const string DefaultFolder = "data";

    private readonly Option<string?> _data = new("--data")
    {
        Description = $"Folder of a local cluster (see 'up'). Default: ./{DefaultFolder}, or CLUSTERMAIL_DATA.",
        HelpName = "DIR",
        Recursive = true,
    };

    private readonly Option<string[]> _url = new("--url")
    {
        Description = "Admin URL of a node; may be given several times: the first that answers is used. Default: CLUSTERMAIL_URL.",
        HelpName = "URL",
        Recursive = true,
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "Admin token. Others on this machine can see it: better CLUSTERMAIL_TOKEN or --token-file.",
        HelpName = "TOKEN",
        Recursive = true,
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

    /// <summary>
    /// A client for the cluster meant: by <c>--url</c>; else by <c>--data</c>; else by CLUSTERMAIL_URL; else by CLUSTERMAIL_DATA; else that of 'clustermail login', when no
    /// token is given; else the local cluster in the default folder.
    /// </summary>
    /// <exception cref="CommandFailure">None of them is there.</exception>
    public AdminClient Connect(ParseResult parsed)
    {
        var urls = Urls(parsed);
        var token = Token(parsed);
        if (urls.Length > 0)
        {
            Uri[] named = [.. urls.Select(Url)];
            return new AdminClient(named, token ?? SessionFor(named));
        }

        if (token is null && !NamesFolder(parsed) && SessionFile.Read() is { } session)
            return new AdminClient([.. session.Urls.Select(Url)], Living(session).Token);
        var cluster = Cluster(parsed);
        return new AdminClient(Running(cluster), token ?? cluster.AdminToken);
    }

    /// <summary>Where a login goes: like <see cref="Connect(ParseResult)"/>, without any token.</summary>
    /// <exception cref="CommandFailure">Nothing says where.</exception>
    public IReadOnlyList<Uri> Nodes(ParseResult parsed)
    {
        var urls = Urls(parsed);
        if (urls.Length > 0)
            return [.. urls.Select(Url)];
        return !NamesFolder(parsed) && SessionFile.Read() is { } session ? [.. session.Urls.Select(Url)] : Running(Cluster(parsed));
    }

    /// <summary>The cluster meant is named by URL or login: what lies in a folder here is another one.</summary>
    public bool IsElsewhere(ParseResult parsed) => Urls(parsed).Length > 0 || (Token(parsed) is null && !NamesFolder(parsed) && SessionFile.Read() is not null);

    private string[] Urls(ParseResult parsed)
    {
        var urls = parsed.GetValue(_url) ?? [];
        return urls.Length == 0 && parsed.GetValue(_data) is null && Variable("CLUSTERMAIL_URL") is { } variable
            ? variable.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : urls;
    }

    private bool NamesFolder(ParseResult parsed) => (parsed.GetValue(_data) ?? Variable("CLUSTERMAIL_DATA")) is not null;

    private static Uri[] Running(ClusterFile cluster) => [.. cluster.Nodes.OrderBy(n => n.State != "running").Select(n => Url(n.Admin))];

    /// <summary>The session's token, if every one of these nodes is of its cluster: it must not be sent to anybody else.</summary>
    private static string? SessionFor(Uri[] nodes) =>
        SessionFile.Read() is { } session && nodes.All(node => session.Urls.Any(url => Uri.TryCreate(url, UriKind.Absolute, out var own) && own == node)) ? Living(session).Token : null;

    private static SessionFile Living(SessionFile session) => session.ExpiresAt > DateTimeOffset.UtcNow ? session
        : throw new CommandFailure($"your session of {session.Name} has ended: log in again with 'clustermail login', or forget it with 'clustermail logout'");

    /// <summary>The database for <c>db</c>, which works without a node: CLUSTERMAIL_DATABASE, or that of the local cluster.</summary>
    public string Database(ParseResult parsed) =>
        (parsed.GetValue(_data) is null ? Variable("CLUSTERMAIL_DATABASE") : null) ?? LocalState.Read(Folder(parsed))?.ConnectionString ?? Cluster(parsed).Database;

    /// <summary>Further databases of the queue of the local cluster; none where a database is named.</summary>
    public IReadOnlyDictionary<string, string> Shards(ParseResult parsed) =>
        (parsed.GetValue(_data) is null && Variable("CLUSTERMAIL_DATABASE") is not null ? null : LocalState.Read(Folder(parsed))?.Shards) ?? new Dictionary<string, string>();

    /// <summary>A client for one node of the local cluster and no other.</summary>
    public AdminClient Connect(ParseResult parsed, ClusterNode node) => new([Url(node.Admin)], Token(parsed) ?? Cluster(parsed).AdminToken);

    /// <exception cref="CommandFailure">There is no local cluster in the folder.</exception>
    public ClusterFile Cluster(ParseResult parsed)
    {
        var folder = Folder(parsed);
        return ClusterFile.Read(folder)
            ?? throw new CommandFailure(Exit.NoNode, $"there is no local cluster in {folder}: run 'clustermail up --data {folder}', or name a node with --url and --token");
    }

    private string? Token(ParseResult parsed)
    {
        if (parsed.GetValue(_token) is { } token)
            return token;
        if (parsed.GetValue(_tokenFile) is not { } file)
            return Variable("CLUSTERMAIL_TOKEN");
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read the token: {e.Message}");
        }
    }

    private static Uri Url(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new CommandFailure(Exit.Usage, $"'{text}' is not the admin URL of a node; it looks like http://127.0.0.1:2514");

    /// <summary>A variable that is set to nothing counts as not set.</summary>
    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
