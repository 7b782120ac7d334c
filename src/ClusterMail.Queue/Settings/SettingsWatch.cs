using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Settings;

/// <summary>
/// The node's view of the settings, replaced whole when a renewal tells of a newer version, so every change is in force within 5 s without a restart
/// (ADMIN-24). A version that cannot be loaded leaves the last good one in force, is told as an alarm, and after a minute this node is not ready (ADMIN-26).
/// </summary>
public sealed partial class SettingsWatch(SettingsStore store, DirectoryWatch directory, NodeFacts node, ILogger<SettingsWatch> log)
{
    /// <summary>ADMIN-26.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _loading = new(1);
    private volatile NodeView _current = new(SettingSet.Empty, node, directory);
    private DateTimeOffset? _failingSince;
    private long _complained = -1;

    /// <summary>Never null: before the first load, the defaults.</summary>
    public NodeView Current => _current;

    /// <summary>False: what is in force are the defaults, because the farm's own could not be read yet.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>Since when a newer version cannot be loaded; null: all is well.</summary>
    public DateTimeOffset? FailingSince => _failingSince;

    /// <summary>Another version should have been in force for more than <see cref="Patience"/>: this node must not take mail by settings nobody wants any more.</summary>
    public bool IsOverdue => _failingSince is { } since && Time.GetUtcNow() - since > Patience;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told in a sentence when a version cannot be loaded, and when one can again. Must not throw.</summary>
    public Action<string> Alarm { get; init; } = _ => { };

    /// <summary>A new view is in force: old, new.</summary>
    public event Action<NodeView, NodeView>? Changed;

    /// <summary>Loads <paramref name="version"/> or newer, unless it is there already.</summary>
    public async Task FollowAsync(long version, CancellationToken cancel)
    {
        if (version == _current.Settings.Version)
        {
            IsLoaded = true;
            Recover(version);
            return;
        }
        if (!await _loading.WaitAsync(0, cancel).ConfigureAwait(false))
            return;
        try
        {
            var snapshot = await store.LoadAsync(null, cancel).ConfigureAwait(false);
            if (snapshot is null || snapshot.Version == _current.Settings.Version)
            {
                IsLoaded = true;
                return;
            }
            var before = _current;
            var after = new NodeView(new SettingSet(snapshot.Version, snapshot.Values, snapshot.Overrides.GetValueOrDefault(node.Name)), node, directory);
            _current = after;
            IsLoaded = true;
            Recover(snapshot.Version);
            InForce(log, snapshot.Version, snapshot.SavedBy);
            Changed?.Invoke(before, after);
        }
        catch (Exception trouble)
        {
            _failingSince ??= Time.GetUtcNow();
            if (Database.IsLost(trouble) || _complained == version)
                return;
            _complained = version;
            Unloadable(log, version, _current.Settings.Version, trouble);
            Alarm($"{node.Name} cannot load settings version {version} and goes on with {_current.Settings.Version}: {trouble.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            _loading.Release();
        }
    }

    private void Recover(long version)
    {
        _failingSince = null;
        if (Interlocked.Exchange(ref _complained, -1) >= 0)
            Alarm($"{node.Name} works by settings version {version}: all is well again");
    }

    [LoggerMessage(5301, LogLevel.Information, "Settings version {Version}, saved by {Who}, is in force")]
    private static partial void InForce(ILogger log, long version, string who);

    [LoggerMessage(5302, LogLevel.Error, "Settings version {Version} cannot be loaded; version {Kept} stays in force")]
    private static partial void Unloadable(ILogger log, long version, long kept, Exception cause);
}
