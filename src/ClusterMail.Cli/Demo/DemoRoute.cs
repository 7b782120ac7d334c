using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Demo;

/// <summary>
/// The domain the demonstration mails to, and its route, for as long as the demonstration lasts. Lines of other people in the two tables stay as they are;
/// a mail left in the queue by a demonstration that failed has no dead address to be sent to afterwards.
/// </summary>
internal sealed class DemoRoute(AdminClient client, int port)
{
    public const string Domain = "clustermail-demo.test";

    private const string DomainLine = Domain + " relay";
    private readonly string _routeLine = FormattableString.Invariant($"{Domain},127.0.0.1,{port}");

    /// <returns>The version of the settings that has it.</returns>
    public Task<long> AddAsync(CancellationToken cancel) => ChangeAsync(
        "demonstration begins",
        domains => DomainLine + "\n" + Without(domains, DomainLine),
        // First, because the first line that matches wins (GWT-2).
        routes => _routeLine + "\n" + Without(routes, _routeLine),
        cancel);

    public Task<long> RemoveAsync(CancellationToken cancel) =>
        ChangeAsync("demonstration ends", domains => Without(domains, DomainLine), routes => Without(routes, _routeLine), cancel);

    private async Task<long> ChangeAsync(string comment, Func<string, string> domains, Func<string, string> routes, CancellationToken cancel)
    {
        var domain = (await client.GetAsync(Routes.Fill(Routes.Table, TableNames.Domain), AdminJson.Default.TableText, cancel)).Value;
        var route = (await client.GetAsync(Routes.Fill(Routes.Table, TableNames.Route), AdminJson.Default.TableText, cancel)).Value;
        SettingChange[] changes = [Change(domain, domains), Change(route, routes)];
        var saved = await client.SendAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange(null, changes, comment), AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);
        return saved.Value.Version;
    }

    /// <summary>An empty table is the default again.</summary>
    private static SettingChange Change(TableText table, Func<string, string> change) =>
        new(table.Setting, change(table.Text) is { Length: > 0 } text ? text : null);

    private static string Without(string table, string line) =>
        string.Join('\n', table.ReplaceLineEndings("\n").Split('\n').Where(l => l != line));
}
