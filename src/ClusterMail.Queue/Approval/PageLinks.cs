using System.Security.Cryptography;
using ClusterMail.Approval;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Links to the pages that mails carry, when <c>approval.web.url</c> says where people find them (APPROVE-160, APPROVE-505).</summary>
public sealed class PageLinks(LinkStore store, Func<NodeView> view)
{
    private string Base => view().Settings.Text("approval.web.url").TrimEnd('/');

    /// <summary>A new link for each of these mails, in their order, all of one approver. Null: there is no page.</summary>
    public async Task<IReadOnlyList<string?>> MakeAsync(IReadOnlyList<HoldId> holds, Mailbox approver, CancellationToken cancel)
    {
        if (Base is not { Length: > 0 } url || holds.Count == 0)
            return [.. holds.Select(string? (_) => null)];
        WebLink[] links = [.. holds.Select(hold => WebLink.Create(hold, RandomNumberGenerator.GetBytes(WebLink.Octets)))];
        await store.AddAsync([.. links.Select(link => (link.Hash(), link.Hold.Number))], approver.ToString(), own: false, cancel).ConfigureAwait(false);
        return [.. links.Select(string? (link) => link.Url(url))];
    }

    /// <summary>A new link of the sender to his own mail (APPROVE-502, APPROVE-510); null: there is no page.</summary>
    public async Task<string?> MakeOwnAsync(HoldId hold, Mailbox sender, CancellationToken cancel)
    {
        if (Base is not { Length: > 0 } url)
            return null;
        var link = WebLink.Create(hold, RandomNumberGenerator.GetBytes(WebLink.Octets)) with { IsOwn = true };
        await store.AddAsync([(link.Hash(), hold.Number)], sender.ToString(), own: true, cancel).ConfigureAwait(false);
        return link.Url(url);
    }

    /// <summary>Where somebody with an account finds his whole list; null: there is no page, or he has no account.</summary>
    public string? List(Mailbox approver) => Base is { Length: > 0 } url && view().Policy.Directory.Account(approver) is not null ? $"{url}/list" : null;

    /// <summary>Where an administrator account has the log of these days as a file; null: there is no page. Holds no secret (APPROVE-221).</summary>
    public string? Log(ClusterMail.Approval.Commands.DayRange days) => Base is { Length: > 0 } url ? $"{url}/log/{days}" : null;

    /// <summary>Where the sender takes his mail back; null: there is no page. Holds no secret: his password opens it (APPROVE-111).</summary>
    public string? Withdraw(HoldId hold) => Base is { Length: > 0 } url ? $"{url}/w/{hold}" : null;
}
