using System.Net;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Node.Supervisor;

/// <summary>Asks our own live endpoint, over the network as everybody else does: what it says is one truth for systemd, Kubernetes and people.</summary>
public sealed class LiveQuestion : IDisposable
{
    // Never through the proxy that the environment may name for others.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Uri _live;

    /// <param name="admin">Where the admin API listens; of every address, the loopback one is asked.</param>
    public LiveQuestion(IPEndPoint admin)
    {
        var address = admin.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : admin.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : admin.Address;
        _live = new Uri($"http://{new IPEndPoint(address, admin.Port)}{Routes.Live}");
    }

    /// <summary>False also when nothing answers within <paramref name="limit"/>.</summary>
    public async Task<bool> IsLiveAsync(TimeSpan limit, CancellationToken cancel)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(limit);
        try
        {
            using var answer = await _http.GetAsync(_live, bound.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception trouble) when (trouble is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
