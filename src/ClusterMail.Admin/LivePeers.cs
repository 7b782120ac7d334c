using System.Runtime.CompilerServices;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>
/// The live trace of the other nodes, asked for where they publish their admin API, with the token of whoever asked here. So a trace is announced to nobody
/// who is not watched, and ends everywhere when its reader goes: nothing is left behind in the database.
/// </summary>
internal sealed class LivePeers(NodeStore nodes) : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = ConnectLimit, UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Nodes in force, by name and admin address.</summary>
    public async Task<IReadOnlyList<(string Name, Uri Admin)>> ListAsync(CancellationToken cancel) =>
    [
        .. (await nodes.ListAsync(cancel)).Where(node => node is { Alive: true, Fenced: false, Left: false })
            .Select(node => (node.Name, Uri.TryCreate(node.Admin, UriKind.Absolute, out var admin) ? admin : null)).Where(node => node.Item2 is not null).Select(node => (node.Name, node.Item2!)),
    ];

    /// <summary>Lines of one node until <paramref name="cancel"/>; its silence is a line too.</summary>
    public async IAsyncEnumerable<LiveEntry> WatchAsync(string name, Uri admin, string query, string? authorization, [EnumeratorCancellation] CancellationToken cancel)
    {
        Stream? body = null;
        LiveEntry? trouble = null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(admin, Routes.TraceLiveHere + query));
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            answer.EnsureSuccessStatusCode();
            body = await answer.Content.ReadAsStreamAsync(cancel);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException && !cancel.IsCancellationRequested)
        {
            trouble = new LiveEntry(DateTimeOffset.UtcNow, name, "", null, $"{name} cannot be watched: {e.Message}");
        }
        if (trouble is not null)
            yield return trouble;
        if (body is null)
            yield break;
        using var lines = new StreamReader(body);
        while (await NextAsync(lines, name, cancel) is { } entry)
            yield return entry;
    }

    private static async Task<LiveEntry?> NextAsync(StreamReader lines, string name, CancellationToken cancel)
    {
        try
        {
            return await lines.ReadLineAsync(cancel) is { } line ? JsonSerializer.Deserialize(line, AdminJson.Default.LiveEntry) : null;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
        {
            return cancel.IsCancellationRequested ? null : new LiveEntry(DateTimeOffset.UtcNow, name, "", null, $"{name} is gone: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();
}
