using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterMail.Cli.Setup;

/// <summary>What the wizard asks (ADMIN-2, less what only one machine needs), as it is read from a file too (ADMIN-4).</summary>
internal sealed record SetupAnswers
{
    /// <summary>Name of the service, the same on all nodes; null: not answered.</summary>
    public string? HostName { get; init; }

    /// <summary>With its domain, which may lie outside.</summary>
    public string? AdminAddress { get; init; }

    /// <summary>Up to three; null or empty: the system's.</summary>
    public IReadOnlyList<string>? DnsServers { get; init; }
    public IReadOnlyList<SetupDomain>? Domains { get; init; }

    public const string Example = """
        {
            // The name of the service in greeting and EHLO, the same on all nodes.
            "hostName": "mx.example.jp",
            // Who gets reports; needs a domain.
            "adminAddress": "postmaster@example.jp",
            // Up to three; leave it out for the system's own.
            "dnsServers": ["192.0.2.53"],
            // local: accounts are kept here; relay: every address is passed on by route. Options as in 'clustermail domain add --help'.
            "domains": [
                { "name": "example.jp", "kind": "local max_accounts=50" },
                { "name": "branch.example", "kind": "relay" }
            ]
        }

        """;

    /// <exception cref="CommandFailure">No answers; says line and column.</exception>
    public static SetupAnswers Read(string text, string file)
    {
        try
        {
            return JsonSerializer.Deserialize(text, SetupJson.Default.SetupAnswers) ?? throw new CommandFailure($"{file} is empty");
        }
        catch (JsonException e)
        {
            throw new CommandFailure($"{file}:{(e.LineNumber ?? 0) + 1}:{(e.BytePositionInLine ?? 0) + 1}: {e.Message.Split(" Path:")[0]} 'clustermail setup --example' prints a file as it must be. Nothing was done");
        }
    }
}

/// <param name="Kind">The words after the name in the table of domains; null: relay.</param>
internal sealed record SetupDomain(string Name, string? Kind = null);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SetupAnswers))]
internal sealed partial class SetupJson : JsonSerializerContext;
