using System.CommandLine;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>route cache drop</c>: what the nodes know of MX and addresses (MXC-5).</summary>
internal sealed class RouteCacheCommands(Verbs verbs)
{
    public Command Build()
    {
        var domain = new Argument<string?>("DOMAIN") { Description = "Default: everything.", Arity = ArgumentArity.ZeroOrOne };
        return new Command("cache", "What DNS said of destinations (MXキャッシュ).")
        {
            verbs.Acting(
                new Verb("drop", "Forget it on all nodes, so that DNS is asked again.", "clustermail route cache drop example.org", "clustermail route cache drop") { domain },
                async (client, parsed, cancel) => new Screen().Line((await client.SendAsync(
                    HttpMethod.Post, Routes.RouteCacheDrop, new RouteCacheDropRequest(parsed.GetValue(domain), All: parsed.GetValue(domain) is null),
                    AdminJson.Default.RouteCacheDropRequest, AdminJson.Default.RouteCacheDropped, cancel)).Value.Message)),
        };
    }
}
