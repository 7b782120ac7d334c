using System.Text.Json;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>What is secret in an archive, as it is before it is sealed (ADMIN-51).</summary>
/// <param name="Settings">Secret settings of the cluster, by name.</param>
/// <param name="Nodes">Of single nodes, by node and name.</param>
/// <param name="Upstream">Logins of accounts at the next server, sealed as they are kept; null: the archive is of a release that had none.</param>
/// <param name="Accounts">What is kept of passwords, by address in lower case. The recoverable form opens only where the nodes have the same key.</param>
internal sealed record ArchiveSecrets(
    Dictionary<string, string> Settings, Dictionary<string, Dictionary<string, string>> Nodes, Dictionary<string, StoredCredentials> Accounts, IReadOnlyList<NewUpstreamLogin>? Upstream = null)
{
    public static ArchiveSecrets None { get; } = new([], [], []);

    public bool IsEmpty => Settings.Count + Nodes.Count + Accounts.Count + (Upstream?.Count ?? 0) == 0;

    public Task<string> CloseAsync(string passPhrase, CancellationToken cancel) => ArchiveSeal.CloseAsync(JsonSerializer.SerializeToUtf8Bytes(this), passPhrase, cancel);

    /// <summary>Null: another pass phrase, or the text was changed.</summary>
    public static async Task<ArchiveSecrets?> OpenAsync(string text, string passPhrase, CancellationToken cancel) =>
        await ArchiveSeal.OpenAsync(text, passPhrase, cancel) is { } content ? JsonSerializer.Deserialize<ArchiveSecrets>(content) : null;
}
