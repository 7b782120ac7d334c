using ClusterMail.Testing.Processes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace ClusterMail.Spec.Tests.Deploy;

/// <summary>deploy/compose.yaml, read with the keys of the Compose specification it uses: another one is a misspelling until it stands here.</summary>
public sealed class ComposeTests
{
    private static readonly ComposeFile File = Read(System.IO.File.ReadAllText(Path.Combine(Tool.Root, "deploy", "compose.yaml")));

    [Fact]
    public void CLU_20_three_equal_nodes_have_addresses_of_their_own_and_wait_for_the_schema()
    {
        var nodes = File.Services.Where(service => service.Key.StartsWith('n')).Select(service => service.Value).ToList();
        Assert.Equal(["n1", "n2", "n3"], nodes.Select(node => node.Hostname!));
        foreach (var node in nodes)
        {
            Assert.Equal(node.Networks["farm"]!["ipv4_address"], node.Environment["NODE_IP"]);
            Assert.Equal(node.Image, File.Services["schema"].Image);
            Assert.Equal("service_completed_successfully", node.DependsOn["schema"]["condition"]);
            Assert.True(node.ReadOnly);
            Assert.Equal(["ALL"], node.CapDrop);
            Assert.Equal("110s", node.StopGracePeriod);
            Assert.All(node.Ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        }
        Assert.Equal(3, nodes.Select(node => node.Environment["NODE_IP"]).Distinct().Count());
        Assert.Throws<YamlException>(() => Read("name: x\nservices: { n1: { imgae: y } }\n"));
    }

    private static ComposeFile Read(string text) => new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance).WithTypeConverter(new NetworkNames()).Build()
        .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(text))));

    /// <summary>The short form of networks: names alone.</summary>
    private sealed class NetworkNames : IYamlTypeConverter
    {
        public bool Accepts(Type type) => type == typeof(Networks);

        public object ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer)
        {
            var networks = new Networks();
            if (parser.Accept<SequenceStart>(out _))
            {
                foreach (var name in (List<string>)rootDeserializer(typeof(List<string>))!)
                    networks[name] = null;
            }
            else
            {
                foreach (var (name, options) in (Dictionary<string, Dictionary<string, string>?>)rootDeserializer(typeof(Dictionary<string, Dictionary<string, string>?>))!)
                    networks[name] = options;
            }

            return networks;
        }

        public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer) => throw new NotSupportedException();
    }

    public sealed class Networks : Dictionary<string, Dictionary<string, string>?>;

    public sealed class ComposeFile
    {
        public string Name { get; set; } = "";

        [YamlMember(Alias = "x-node", ApplyNamingConventions = false)]
        public Service? Node { get; set; }
        public Dictionary<string, Service> Services { get; set; } = [];
        public Dictionary<string, object?> Networks { get; set; } = [];
        public Dictionary<string, object?> Volumes { get; set; } = [];
        public Dictionary<string, Dictionary<string, string>> Secrets { get; set; } = [];
    }

    public sealed class Service
    {
        public string? Image { get; set; }
        public string? Hostname { get; set; }
        public List<string> Entrypoint { get; set; } = [];
        public List<string> Command { get; set; } = [];
        public string? Restart { get; set; }
        public string? StopGracePeriod { get; set; }
        public bool ReadOnly { get; set; }
        public List<string> CapDrop { get; set; } = [];
        public List<string> SecurityOpt { get; set; } = [];
        public List<string> Tmpfs { get; set; } = [];
        public List<string> Volumes { get; set; } = [];
        public List<string> Secrets { get; set; } = [];
        public List<string> Ports { get; set; } = [];
        public Dictionary<string, string> Environment { get; set; } = [];
        public Dictionary<string, Dictionary<string, string>> DependsOn { get; set; } = [];
        public Networks Networks { get; set; } = [];
        public Check? Healthcheck { get; set; }
    }

    public sealed class Check
    {
        public List<string> Test { get; set; } = [];
        public string? Interval { get; set; }
        public string? Timeout { get; set; }
        public string? StartPeriod { get; set; }
        public int? Retries { get; set; }
    }
}
