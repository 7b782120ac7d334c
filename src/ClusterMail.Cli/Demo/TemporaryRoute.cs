using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Demo;

/// <summary>
/// A domain and its route for as long as a demonstration or a drill lasts. Lines of other people in the two tables stay as they are; a mail left in the queue by one
/// that failed has no dead address to be sent to afterwards.
/// </summary>
/// <param name="next">The next hop as the route table writes it: <c>127.0.0.1,2525</c>.</param>
/// <param name="what">For the history of the settings: <c>demonstration</c>.</param>
/// <param name="isReserved">The domain is nobody else's: what a killed demonstration left of it is cleared away.</param>
internal sealed class TemporaryRoute(AdminClient client, string domain, string next, string what, bool isReserved)
{
    private readonly string _domainLine = domain + " relay";
    private readonly string _routeLine = $"{domain},{next}";

    /// <summary>What a drill left of its route, wherever that led.</summary>
    public static TemporaryRoute OfDrill(AdminClient client, string domain) => new(client, domain, "", "drill", isReserved: true);

    /// <returns>The version of the settings that has it.</returns>
    /// <exception cref="CommandFailure">The domain is in use.</exception>
    public async Task<long> AddAsync(CancellationToken cancel)
    {
        await RefuseUsedAsync(cancel);
        var (domains, routes) = await ReadAsync(cancel);
        return await SaveAsync(
            $"{what} begins", domains, routes,
            text => _domainLine + "\n" + Without(text),
            // First, because the first line that matches wins (GWT-2).
            text => _routeLine + "\n" + Without(text), cancel);
    }

    /// <exception cref="CommandFailure">The domain is in use.</exception>
    public async Task RefuseUsedAsync(CancellationToken cancel)
    {
        var (domains, routes) = await ReadAsync(cancel);
        if (!isReserved && Lines(domains.Text).Concat(Lines(routes.Text)).FirstOrDefault(IsOurs) is { } line)
            throw new CommandFailure($"{domain} is in use ('{line}'): take a domain that nobody uses, for example drill.{domain}");
    }

    public async Task<long> RemoveAsync(CancellationToken cancel)
    {
        var (domains, routes) = await ReadAsync(cancel);
        return await SaveAsync($"{what} ends", domains, routes, Without, Without, cancel);
    }

    private bool IsOurs(string line) => line.Split([' ', ','], 2)[0].Equals(domain, StringComparison.OrdinalIgnoreCase);

    private async Task<(TableText Domains, TableText Routes)> ReadAsync(CancellationToken cancel) => (
        (await client.GetAsync(Routes.Fill(Routes.Table, TableNames.Domain), AdminJson.Default.TableText, cancel)).Value,
        (await client.GetAsync(Routes.Fill(Routes.Table, TableNames.Route), AdminJson.Default.TableText, cancel)).Value);

    private async Task<long> SaveAsync(string comment, TableText domain, TableText route, Func<string, string> domains, Func<string, string> routes, CancellationToken cancel)
    {
        SettingChange[] changes = [Change(domain, domains), Change(route, routes)];
        var saved = await client.SendAsync(
            HttpMethod.Post, Routes.Settings, new SettingsChange(null, changes, comment), AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel);
        return saved.Value.Version;
    }

    /// <summary>An empty table is the default again.</summary>
    private static SettingChange Change(TableText table, Func<string, string> change) =>
        new(table.Setting, change(table.Text) is { Length: > 0 } text ? text : null);

    private static string[] Lines(string table) => table.ReplaceLineEndings("\n").Split('\n');

    private string Without(string table) => string.Join('\n', Lines(table).Where(line => !IsOurs(line)));
}
