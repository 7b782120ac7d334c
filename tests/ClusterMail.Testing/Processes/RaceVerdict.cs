using System.Globalization;
using System.Text;

namespace ClusterMail.Testing.Processes;

/// <summary>What was decided, answered, audited and delivered, held against each other after a <see cref="DecisionRace"/>.</summary>
/// <param name="Faults">Each a promise that was broken; empty: all were kept.</param>
/// <param name="Duplicates">Released mails that arrived twice, each with an event that says why (EX-DELIV-9, APPROVE-82).</param>
public sealed record RaceVerdict(int Held, int Released, int Refused, int Open, int Duplicates, IReadOnlyList<string> Faults)
{
    /// <summary>A node waits 5 s for the actor of a held mail on another one, and then decides itself.</summary>
    private static readonly TimeSpan NodePatience = TimeSpan.FromSeconds(4);

    private const string OutcomesSql = """
        SELECT h.id, h.state::text, d.state::text, d.result_id, h.released_at IS NOT NULL,
               (SELECT count(*) FROM audit a WHERE a.hold_id = h.id AND a.record ~ '"type":"(APPROVED|REJECTED|EXPIRED|ADMIN_RELEASED|ADMIN_DISCARDED|WITHDRAWN)"' AND a.record ~ '"result":"OK"'),
               (SELECT count(*) FROM hold_job j WHERE j.hold_id = h.id AND j.kind = 'release'),
               coalesce(y.delivered, 0)
        FROM hold h LEFT JOIN hold_decision d ON d.hold_id = h.id
        LEFT JOIN (SELECT name, count(*) AS delivered FROM history WHERE outcome = 'delivered' GROUP BY name) AS y ON y.name = 'B' || lpad(h.id::text, 10, '0')
        WHERE h.id = ANY ($1)
        """;

    private sealed record Outcome(string State, string? Decision, long Result, bool Released, long Audited, long Jobs, long Delivered)
    {
        public bool MayLeave => State is "approved" or "admin_released";
        public bool IsOpen => State is "held" or "escalated";
    }

    /// <summary>Waits until everything approved has left, the outbox has no release to do and the audit is chained; judges then.</summary>
    public static async Task<RaceVerdict> SettledAsync(ApprovalFarm farm, IReadOnlyList<HeldLoad.Held> mails, DecisionRace race, TimeSpan limit)
    {
        var faults = new List<string>();
        try
        {
            await Until.TrueAsync(async () => await farm.AskAsync<long>("""
                SELECT (SELECT count(*) FROM hold_job WHERE kind = 'release' AND done_at IS NULL) + (SELECT count(*) FROM audit_entry)
                     + (SELECT count(*) FROM hold WHERE state IN ('approved', 'admin_released') AND released_at IS NULL)
                     + (SELECT count(*) FROM recipient r JOIN mail m ON m.id = r.mail_id WHERE m.name ~ '^B[0-9]+$')
                """) == 0, limit, "every release done, delivered and audited");
        }
        catch (TimeoutException late)
        {
            faults.Add(late.Message);
        }

        var audit = await farm.Farm.TryAsync("approval", "audit", "verify");
        if (audit.ExitCode != 0)
            faults.Add($"audit verify: {audit.Errors}{audit.Output}");
        var outcomes = await OutcomesAsync(farm, mails);
        foreach (var mail in mails)
            faults.AddRange(Judge(outcomes[mail.Id], race.Answers.GetValueOrDefault(mail.Id, [])).Select(fault => $"{mail.Number}: {fault}"));
        var duplicates = Arrived(farm, mails, outcomes, faults);
        await ExplainAsync(farm, duplicates.Select(id => outcomes[id].Result), faults);
        return new RaceVerdict(
            mails.Count, outcomes.Values.Count(one => one.MayLeave), outcomes.Values.Count(one => !one.MayLeave && !one.IsOpen), outcomes.Values.Count(one => one.IsOpen), duplicates.Count, faults);
    }

    /// <summary>One outcome, one record, one release if it may leave and none if not; and what people were told is what happened.</summary>
    private static IEnumerable<string> Judge(Outcome outcome, IReadOnlyList<Decider.Answer> answers)
    {
        if (outcome.IsOpen != (answers.Count == 0))
            yield return $"{outcome.State} after {answers.Count} attempts";
        if (outcome.IsOpen ? outcome.Decision is not null : outcome.Decision != outcome.State)
            yield return $"state {outcome.State}, decision {outcome.Decision ?? "none"}";
        if (outcome.Audited != (outcome.IsOpen ? 0 : 1))
            yield return $"{outcome.Audited} final records in the audit";
        if ((outcome.Jobs, outcome.Released, outcome.Delivered) != (outcome.MayLeave ? (1, true, 1) : (0, false, 0)))
            yield return $"{outcome.State} with {outcome.Jobs} release jobs, released {outcome.Released}, delivered {outcome.Delivered} times by the queue's own history";
        foreach (var answer in answers.Where(answer => answer.Fault is not null))
            yield return $"{answer.Act} was answered {answer.Fault}";
        foreach (var answer in answers.Where(answer => answer.Counted && answer.Act.Outcome != outcome.State))
            yield return $"{answer.Act} was told that it counted, but the outcome is {outcome.State}";
        if (answers.Count(answer => answer.Counted) > 1)
            yield return $"{answers.Count(answer => answer.Counted)} were told that they decided";
        // His answer may have died with a node; then he, or the node he asked, tried again and found it decided.
        if (answers.Count > 0 && !answers.Any(answer => answer.Act.Outcome == outcome.State && (answer.Counted || answer.Tries > 1 || answer.Took > NodePatience)))
            yield return $"nobody who was answered can have decided {outcome.State}";
    }

    private static List<long> Arrived(ApprovalFarm farm, IReadOnlyList<HeldLoad.Held> mails, Dictionary<long, Outcome> outcomes, List<string> faults)
    {
        var arrived = farm.Sink.Mails.SelectMany(mail => mail.ForwardPaths.Select(path => (path, mail))).ToLookup(one => one.path, one => one.mail);
        var duplicates = new List<long>();
        // A mail sent again after a lost reply is two held mails with one recipient: what arrives must be as many as were approved.
        foreach (var twins in mails.GroupBy(mail => mail.Recipient))
        {
            var approved = twins.Where(mail => outcomes[mail.Id].MayLeave).ToList();
            var copies = arrived[twins.Key].ToList();
            if (copies.Count < approved.Count || (approved.Count == 0 && copies.Count > 0))
                faults.Add($"{string.Join(", ", twins.Select(mail => mail.Number))}: {approved.Count} approved, {copies.Count} arrived");
            if (copies.Count > approved.Count)
                duplicates.AddRange(approved.Select(mail => mail.Id));
            foreach (var copy in copies)
                if (copy.ReversePath != ApprovalFarm.Requester || copy.ForwardPaths.Count != 1 || !copy.Content.AsSpan().EndsWith(Encoding.UTF8.GetBytes("\n" + twins.First().Content)))
                    faults.Add($"{twins.First().Number}: what arrived is not what was sent");
        }

        return duplicates;
    }

    private static async Task ExplainAsync(ApprovalFarm farm, IEnumerable<long> results, List<string> faults)
    {
        var open = results.ToList();
        if (open.Count == 0)
            return;
        try
        {
            await Until.TrueAsync(async () =>
            {
                var written = await farm.ColumnAsync("SELECT DISTINCT (data ->> 'mail')::bigint FROM event WHERE kind IN ('taken-over', 'possible-duplicate') AND data ? 'mail'");
                open.RemoveAll(written.Contains);
                return open.Count == 0;
            }, TimeSpan.FromSeconds(30), "every duplicate explained");
        }
        catch (TimeoutException)
        {
            faults.Add($"arrived twice without an event that says why: {string.Join(' ', open)}");
        }
    }

    private static async Task<Dictionary<long, Outcome>> OutcomesAsync(ApprovalFarm farm, IReadOnlyList<HeldLoad.Held> mails)
    {
        await using var command = farm.Database.CreateCommand(OutcomesSql);
        command.CommandTimeout = 600;
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = mails.Select(mail => mail.Id).ToArray() });
        await using var reader = await command.ExecuteReaderAsync();
        var outcomes = new Dictionary<long, Outcome>();
        while (await reader.ReadAsync())
            outcomes[reader.GetInt64(0)] = new Outcome(
                reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.IsDBNull(3) ? 0 : reader.GetInt64(3), reader.GetBoolean(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7));
        return outcomes;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Held} held, {Released} released, {Refused} not sent, {Open} still open, {Duplicates} arrived twice for a written reason, {Faults.Count} faults{string.Concat(Faults.Take(10).Select(fault => "\n  " + fault))}");
}
