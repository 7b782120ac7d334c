using System.Security.Cryptography;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// The node's memory of what approval decides by: policies of domains, keyword lists, groups, proxies and token keys, replaced whole when a renewal tells of a
/// newer version, so that a change is in force everywhere within 5 s (APPROVE-23).
/// </summary>
/// <param name="seal">Opens the token keys (APPROVE-136); null: they are kept as they are.</param>
public sealed partial class ApprovalWatch(ApprovalStore store, ContentSeal? seal, Func<NodeView> view, ILogger<ApprovalWatch> log)
{
    private readonly SemaphoreSlim _loading = new(1);
    private volatile ApprovalLists _current = ApprovalLists.Empty;

    /// <summary>Never null: before the first load, empty.</summary>
    public ApprovalLists Current => _current;

    /// <summary>False: nothing was read yet, so nothing can be said of any sender (APPROVE-13).</summary>
    public bool IsLoaded => _current.Version >= 0;

    /// <summary>Loads <paramref name="version"/> or newer, unless it is there already; makes the first key when approval is on.</summary>
    public async Task FollowAsync(long version, CancellationToken cancel)
    {
        var needsKey = view().Policy.Approval.Options.Enabled && IsLoaded && _current.Keys is null;
        if ((version == _current.Version && !needsKey) || !await _loading.WaitAsync(0, cancel).ConfigureAwait(false))
            return;
        try
        {
            if (needsKey)
                await MakeKeyAsync(cancel).ConfigureAwait(false);
            _current = new ApprovalLists(await store.LoadAsync(cancel).ConfigureAwait(false), Ring(await store.KeysAsync(cancel).ConfigureAwait(false)));
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>APPROVE-136: a key signs for 90 days. Of several nodes that find it due, one makes the next.</summary>
    public async Task RotateAsync(DateTimeOffset now, CancellationToken cancel)
    {
        if (_current.Keys is { } ring && ring.IsRotationDue(now))
            await MakeKeyAsync(cancel).ConfigureAwait(false);
    }

    private async Task MakeKeyAsync(CancellationToken cancel)
    {
        var number = (await store.KeysAsync(cancel).ConfigureAwait(false)).Count + 1;
        var secret = RandomNumberGenerator.GetBytes(TokenKey.Octets);
        if (await store.AddKeyAsync(number, seal?.Name, seal is null ? secret : seal.Close(secret, 0, number), cancel).ConfigureAwait(false))
            KeyMade(log, number);
    }

    /// <summary>The newest key that can be opened signs; the others that are not withdrawn still check. Null: there is none.</summary>
    private TokenKeyRing? Ring(IReadOnlyList<TokenKeyRow> rows)
    {
        var keys = new List<TokenKey>();
        for (var i = rows.Count - 1; i >= 0; i--)
        {
            if (rows[i].WithdrawnAt is not null)
                continue;
            var secret = rows[i].SealedWith is null ? rows[i].Key : seal?.Open(rows[i].Key, 0, i + 1);
            if (secret is { Length: TokenKey.Octets })
                keys.Add(new TokenKey(rows[i].Id, secret, rows[i].MadeAt));
            else
                KeyClosed(log, rows[i].Id, rows[i].SealedWith ?? "");
        }
        return keys.Count == 0 ? null : new TokenKeyRing(keys[0], [.. keys.Skip(1)]);
    }

    [LoggerMessage(5521, LogLevel.Information, "Made the key k{Number} for decision texts")]
    private static partial void KeyMade(ILogger log, long number);

    [LoggerMessage(5522, LogLevel.Error, "The key {Id} of decision texts is sealed with the node key {Name}, which this node does not have: texts signed with it are refused here")]
    private static partial void KeyClosed(ILogger log, string id, string name);
}
