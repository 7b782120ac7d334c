using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace ClusterMail.Node;

/// <summary>What a node needs before it can read the settings: its file, HOCON under <c>clustermail</c>. <c>hocon/clustermail.conf</c> explains every key.</summary>
public sealed record NodeOptions
{
    private const string ShardKeys = "shards.";

    private static readonly string[] Known =
    [
        "node.name", "node.roles", "database", "listen.smtp", "listen.submission", "listen.smtps", "listen.proxy-smtp", "listen.admin", "listen.remoting",
        "token-file", "password-key-file", "spool", "tls.certificate", "tls.key", "balancers", "log.format", "log.file",
    ];

    public required string Name { get; init; }
    public required ImmutableArray<string> Roles { get; init; }
    public required string Database { get; init; }

    /// <summary>Further databases, each with a part of the queue: name and connection string. Empty: the main one has it all.</summary>
    public ImmutableArray<NodeShardOptions> Shards { get; init; } = [];
    public IPEndPoint? Smtp { get; init; }
    public IPEndPoint? Submission { get; init; }
    public IPEndPoint? Smtps { get; init; }
    public IPEndPoint? ProxySmtp { get; init; }
    public required IPEndPoint Admin { get; init; }
    public required IPEndPoint Remoting { get; init; }
    public required string TokenFile { get; init; }

    /// <summary>Key of the recoverable store (AUTH-7), the same on all nodes; null: none.</summary>
    public string? PasswordKeyFile { get; init; }
    public required string Spool { get; init; }
    public string? Certificate { get; init; }
    public string? CertificateKey { get; init; }
    public ImmutableArray<IPNetwork> Balancers { get; init; } = [];
    public bool JsonLog { get; init; }
    public string? LogFile { get; init; }

    /// <exception cref="FormatException">One sentence: which key, what is wrong, what to write.</exception>
    public static NodeOptions Load(string path)
    {
        if (!File.Exists(path))
            throw new FormatException($"{path}: there is no such file. A node is started with --config FILE.");
        Config root;
        try
        {
            root = ConfigurationFactory.ParseString(File.ReadAllText(path));
        }
        catch (Exception broken) when (broken is not IOException)
        {
            throw new FormatException($"{path}: {broken.Message}", broken);
        }
        var config = root.HasPath("clustermail") && root.GetValue("clustermail").IsObject() ? root.GetConfig("clustermail") : throw new FormatException($"{path}: everything stands under the key clustermail, and that is missing.");
        foreach (var key in Keys(config.Root.GetObject(), ""))
            if (!Known.Contains(key) && !key.StartsWith(ShardKeys, StringComparison.Ordinal))
                throw new FormatException($"{path}: unknown key clustermail.{key}. Known are: {string.Join(", ", Known)}, shards.NAME.");
        return Read(config, path);
    }

    private static NodeOptions Read(Config config, string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new NodeOptions
        {
            Name = Text(config, "node.name", path) is { Length: > 0 } name ? name : Environment.MachineName.ToLowerInvariant(),
            Roles = config.HasPath("node.roles") ? [.. config.GetStringList("node.roles").Select(role => Role(role, path))] : ["receive", "deliver", "admin"],
            Database = Text(config, "database", path) is { Length: > 0 } database ? database : throw Missing(path, "database", "Host=…;Database=clustermail;Username=…"),
            Shards = [.. Keys(config.Root.GetObject(), "").Where(key => key.StartsWith(ShardKeys, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(key => Shard(config, key, path))],
            Smtp = EndPoint(config, "listen.smtp", path),
            Submission = EndPoint(config, "listen.submission", path),
            Smtps = EndPoint(config, "listen.smtps", path),
            ProxySmtp = EndPoint(config, "listen.proxy-smtp", path),
            Admin = EndPoint(config, "listen.admin", path) ?? new IPEndPoint(IPAddress.Loopback, 8025),
            Remoting = EndPoint(config, "listen.remoting", path) ?? new IPEndPoint(IPAddress.Loopback, 5025),
            TokenFile = FilePath(config, "token-file", folder, path) ?? throw Missing(path, "token-file", "/etc/clustermail/token"),
            PasswordKeyFile = FilePath(config, "password-key-file", folder, path),
            Spool = FilePath(config, "spool", folder, path) ?? Path.Combine(Path.GetTempPath(), "clustermail-spool"),
            Certificate = FilePath(config, "tls.certificate", folder, path),
            CertificateKey = FilePath(config, "tls.key", folder, path),
            Balancers = config.HasPath("balancers") ? [.. config.GetStringList("balancers").Select(text => Network(text, path))] : [],
            JsonLog = Text(config, "log.format", path) switch
            {
                "json" => true,
                "text" or "" => false,
                var other => throw new FormatException($"{path}: clustermail.log.format is '{other}'; it is text or json."),
            },
            LogFile = FilePath(config, "log.file", folder, path),
        };
    }

    private static IEnumerable<string> Keys(HoconObject section, string prefix)
    {
        foreach (var (name, value) in section.Items)
        {
            if (!value.IsObject())
                yield return prefix + name;
            else
                foreach (var key in Keys(value.GetObject(), $"{prefix}{name}."))
                    yield return key;
        }
    }

    private static string Role(string role, string path) => role is "receive" or "deliver" or "admin"
        ? role
        : throw new FormatException($"{path}: clustermail.node.roles has '{role}'; the roles are receive, deliver and admin.");

    private static NodeShardOptions Shard(Config config, string key, string path)
    {
        var name = key[ShardKeys.Length..];
        if (!ClusterMail.Store.Shard.IsName(name))
            throw new FormatException($"{path}: clustermail.{key}: '{name}' is no name of a shard; it is 1 to 20 lower-case letters, digits and hyphens, a letter first, and not main.");
        return new(name, Text(config, key, path) is { Length: > 0 } database ? database : throw Missing(path, key, "Host=…;Database=clustermail;Username=…"));
    }

    private static FormatException Missing(string path, string key, string example) =>
        new($"{path}: clustermail.{key} is missing. For example: {key} = \"{example}\".");

    private static string Text(Config config, string key, string path)
    {
        try
        {
            return config.HasPath(key) ? config.GetString(key) ?? "" : "";
        }
        catch (Exception broken)
        {
            throw new FormatException($"{path}: clustermail.{key} is no text: {broken.Message}", broken);
        }
    }

    private static IPEndPoint? EndPoint(Config config, string key, string path) => Text(config, key, path) switch
    {
        "" => null,
        ['$', ..] text => FromVariable(text, key, path),
        var text when IPEndPoint.TryParse(text, out var end) && end.Port > 0 => end,
        var text => throw new FormatException($"{path}: clustermail.{key} is '{text}'; it must be an address and a port, for example 127.0.0.1:2525 or [::1]:2525."),
    };

    /// <summary><c>$POD_IP:5025</c>: a container learns its address when it starts, and the other nodes must reach that very address.</summary>
    private static IPEndPoint FromVariable(string text, string key, string path)
    {
        var (name, port) = text.Split(':') is [['$', .. var variable], var number] && ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? (variable, parsed) : ("", 0);
        if (name.Length == 0 || port == 0)
            throw new FormatException($"{path}: clustermail.{key} is '{text}'; with a variable of the environment it is written $NAME:port, for example $POD_IP:5025.");
        return IPAddress.TryParse(Environment.GetEnvironmentVariable(name), out var address)
            ? new IPEndPoint(address, port)
            : throw new FormatException($"{path}: clustermail.{key} is '{text}', and the environment variable {name} holds no address. Set it to the address of this machine.");
    }

    private static string? FilePath(Config config, string key, string folder, string path) =>
        Text(config, key, path) is { Length: > 0 } text ? Path.GetFullPath(text, folder) : null;

    private static IPNetwork Network(string text, string path) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw new FormatException($"{path}: clustermail.balancers has '{text}'; it must be an address or a network such as 10.0.0.0/8.");
}

/// <param name="Database">Connection string, like the main one's.</param>
public sealed record NodeShardOptions(string Name, string Database);
