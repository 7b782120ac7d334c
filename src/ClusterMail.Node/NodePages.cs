using ClusterMail.Admin.Pages;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;

namespace ClusterMail.Node;

/// <summary>Opens and closes the pages of approval as the settings want it, without a restart (APPROVE-23). What cannot be opened is told, and tried again.</summary>
public sealed partial class NodePages(string node, SiteParts parts, LeaseKeeper lease, EventStore events) : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _changing = new(1);
    private ApprovalSite? _site;
    private SiteOptions? _open;
    private DateTimeOffset _notBefore;
    private string _trouble = "";
    private bool _stopped;

    public void Start() => lease.Renewed += _ => Follow();

    /// <summary>Looks at the settings with each renewal: two seconds after a change at the latest.</summary>
    private void Follow() => FollowAsync(parts.View()).ContinueWith(done => done.Exception, TaskScheduler.Default);

    private async Task FollowAsync(NodeView view)
    {
        var wanted = SiteOptions.From(view.Settings);
        if (wanted == _open || parts.Time.GetUtcNow() < _notBefore || !await _changing.WaitAsync(0).ConfigureAwait(false))
            return;
        try
        {
            if (_stopped || wanted == _open)
                return;
            await CloseAsync().ConfigureAwait(false);
            if (wanted is not null)
                _site = await ApprovalSite.StartAsync(parts, wanted, CancellationToken.None).ConfigureAwait(false);
            (_open, _trouble) = (wanted, "");
            if (wanted is not null)
                Opened(parts.Log, wanted.Listen.ToString(), wanted.Tls);
        }
        catch (Exception trouble)
        {
            _notBefore = parts.Time.GetUtcNow() + Again;
            await TellAsync($"the page of approval cannot be opened at {wanted?.Listen}: {trouble.Message.ReplaceLineEndings(" ")}", trouble).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task TellAsync(string text, Exception cause)
    {
        if (text == _trouble)
            return;
        _trouble = text;
        NotOpened(parts.Log, text, cause);
        await events.WriteAsync(node, "approval-page", text, null, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        _open = null;
        if (Interlocked.Exchange(ref _site, null) is { } site)
            await site.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        _stopped = true;
        await CloseAsync().ConfigureAwait(false);
        _changing.Release();
    }

    [LoggerMessage(7301, LogLevel.Information, "The page of approval is open at {Listen} (TLS {Tls})")]
    private static partial void Opened(ILogger log, string listen, bool tls);

    [LoggerMessage(7302, LogLevel.Error, "{Text}")]
    private static partial void NotOpened(ILogger log, string text, Exception cause);
}
