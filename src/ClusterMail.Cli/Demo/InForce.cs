using System.Diagnostics;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Demo;

/// <summary>Waiting until a node works by a version of the settings.</summary>
internal static class InForce
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>The dry run answers with the settings the node works by, not with the newest ones.</summary>
    /// <exception cref="CommandFailure">Not within <paramref name="limit"/>.</exception>
    public static async Task InForceAsync(this AdminClient client, long version, TimeSpan limit, CancellationToken cancel)
    {
        var request = new ExplainRequest("127.0.0.1", "postmaster@clustermail-demo.test", ["postmaster@clustermail-demo.test"]);
        var watch = Stopwatch.StartNew();
        while ((await client.SendAsync(HttpMethod.Post, Routes.Explain, request, AdminJson.Default.ExplainRequest, AdminJson.Default.ExplainResult, cancel)).Value.SettingsVersion < version)
        {
            if (watch.Elapsed > limit)
                throw new CommandFailure($"the node did not take over settings version {version} within {limit.TotalSeconds:0} s: see 'clustermail cluster events'");
            await Task.Delay(Poll, cancel);
        }
    }
}
