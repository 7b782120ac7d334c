using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Whom an account has written to, out of the history of all databases (APPROVE-515). Asked only for mail that is held.</summary>
public sealed class PartnerReader(Shards shards)
{
    public PartnerReader(NpgsqlDataSource main) : this(Shards.Alone(main))
    {
    }

    /// <summary>Deliveries that are looked at; who has more has more partners than this tells of.</summary>
    private const int Most = 20_000;

    // By the index of the reverse-path's hash, as a trace; and never more rows than that: a sender of millions must not make each of his held mails wait.
    private const string DomainsSql = """
        SELECT p.domain, count(*) FROM (
            SELECT lower(substring(h.forward_path FROM '@([^@]*)$')) AS domain FROM history h
            WHERE hashtextextended(lower(h.reverse_path), 0) = ANY (ARRAY(SELECT hashtextextended(sender, 0) FROM unnest($1) AS sender))
              AND lower(h.reverse_path) = ANY ($1) AND h.ended_at > now() - $2::interval AND h.outcome = 'delivered' LIMIT $3) AS p
        WHERE p.domain IS NOT NULL GROUP BY p.domain
        """;

    /// <summary>Domains that took mail of these senders in the last so many days, as far as the history goes back.</summary>
    public async Task<KnownPartners> DomainsAsync(IReadOnlyCollection<string> senders, long days, CancellationToken cancel)
    {
        var answers = await shards.AskAsync((shard, stop) => DomainsAsync(shard.Source, senders, days, stop), cancel);
        return answers is { Given.Count: 1, Missing.Count: 0 } ? answers.Main : new KnownPartners(
            answers.Values.SelectMany(one => one.Domains).ToHashSet(StringComparer.Ordinal), answers.Values.Sum(one => one.Deliveries), answers.Missing.Count == 0 && answers.Values.All(one => one.IsComplete));
    }

    private static async Task<KnownPartners> DomainsAsync(NpgsqlDataSource source, IReadOnlyCollection<string> senders, long days, CancellationToken cancel)
    {
        await using var command = source.Ask(DomainsSql);
        command.Parameters.With(senders.Select(sender => sender.ToLowerInvariant()).ToArray()).With(TimeSpan.FromDays(days)).With(Most);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (domains, seen) = (new HashSet<string>(StringComparer.Ordinal), 0L);
        while (await reader.ReadAsync(cancel))
        {
            domains.Add(reader.GetString(0));
            seen += reader.GetInt64(1);
        }
        return new KnownPartners(domains, seen, IsComplete: seen < Most);
    }
}

/// <param name="Domains">Lower case.</param>
/// <param name="Deliveries">How many were looked at.</param>
/// <param name="IsComplete">Those are all.</param>
public sealed record KnownPartners(IReadOnlySet<string> Domains, long Deliveries, bool IsComplete);
