using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Placement;

/// <summary>The policy of the check's sender, changed for as long as the check lasts. What stood there before comes back.</summary>
internal sealed class TrialPolicy(AdminClient client, string owner)
{
    private const string Begins = "placement check";
    private const string Ends = "placement check ends";

    private PolicyText? _before;
    private long _version;

    /// <returns>The version nodes must know.</returns>
    public async Task<long> SetAsync(string text, CancellationToken cancel)
    {
        _before ??= (await client.GetAsync(Routes.Fill(Routes.ApprovalPolicy, owner), AdminJson.Default.PolicyText, cancel)).Value;
        return _version = await SaveAsync(text, Begins, cancel);
    }

    public async Task RestoreAsync()
    {
        // Somebody who has edited it meanwhile keeps what he wrote: the version is that of the check.
        if (_before is not null && _version > 0)
            await SaveAsync(_before.Text, Ends, CancellationToken.None, _version);
        _version = 0;
    }

    private async Task<long> SaveAsync(string text, string comment, CancellationToken cancel, long? basis = null) => (await client.SendAsync(
        HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, owner), new PolicySave(text, basis, comment), AdminJson.Default.PolicySave, AdminJson.Default.PolicySaved, cancel)).Value.Version;
}
