using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Queue.Accept;
using ClusterMail.Store.Approval;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Approval;

/// <summary>Who acts, and what is known of the way he came; for decision row and audit (APPROVE-89).</summary>
/// <param name="Client">Address of the client; null: none, as for a deadline.</param>
/// <param name="Auth">The identity that was proven; <c>link</c> when only the link was (APPROVE-162).</param>
public sealed record Actor(string? Client = null, string? Auth = null)
{
    /// <summary>Who he says he is, where nothing is proven.</summary>
    public string? Claims { get; init; }

    /// <summary>Id of the key of the decision text.</summary>
    public string? Key { get; init; }

    /// <summary>For an administrator's act: his account, or the name the API knows him by.</summary>
    public string? Administrator { get; init; }
}

/// <summary>What became of an act on a held mail.</summary>
/// <param name="Row">As it is now; null: there is no such group.</param>
/// <param name="Why">In words, for administrators and approvers who are known; empty when it was done.</param>
public sealed record HoldAnswer(ResultCode Code, HoldRow? Row, string Why)
{
    /// <summary>It did what it said, or its vote counts.</summary>
    public bool IsDone => Code is ResultCode.Ok or ResultCode.Vote;
}

/// <summary>
/// Acts on held mails: reads, computes the transition, writes it on the version it was computed from; whoever was overtaken computes again, and is late when
/// the group is final by then (APPROVE-76). Safe to be used by several at once, on any node.
/// </summary>
public sealed partial class HoldDesk(HoldStore store, HoldReader reader, NumberBlocks numbers, string node, HoldRules rules, Action done, ILogger<HoldDesk> log) : IHoldActs
{
    /// <summary>Each round somebody else has got something done, so this many means that something is wrong.</summary>
    private const int Rounds = 50;

    public async Task<HoldAnswer> ActAsync(HoldAct act, CancellationToken cancel) => HoldId.TryParse(act.Hold, out var hold)
        ? await ActAsync(hold, _ => rules.ToTrigger(act), act.Actor, cancel).ConfigureAwait(false)
        : throw new FormatException($"'{act.Hold}' is no HoldId.");

    /// <param name="act">Makes the trigger from the group as it is now.</param>
    /// <exception cref="InvalidOperationException">No mail number can be had now: nothing was decided.</exception>
    public async Task<HoldAnswer> ActAsync(HoldId hold, Func<HoldRow, Trigger> act, Actor actor, CancellationToken cancel)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var row = await reader.FindAsync(hold.Number, cancel).ConfigureAwait(false);
            if (row is null || row.Free)
                return await UnknownAsync(hold, actor, cancel).ConfigureAwait(false);
            var trigger = act(row);
            switch (Transition.Apply(HeldStates.Of(row), trigger))
            {
                case Transition.Refused refused:
                    return await RefusedAsync(row, trigger, actor, refused, cancel).ConfigureAwait(false);
                case Transition.Moved moved when await store.ApplyAsync(ToChange(row, trigger, actor, moved), cancel).ConfigureAwait(false):
                    done();
                    if (moved.Next.Decision is { } decision)
                        ApprovalMetrics.Decided(decision.Outcome, decision.Channel, decision.At - row.OpenedAt);
                    return new HoldAnswer(moved.Code, await reader.FindAsync(hold.Number, cancel).ConfigureAwait(false), "");
            }
        }
        throw new TimeoutException($"{hold} was changed by others {Rounds} times while this was tried.");
    }

    /// <summary>An attempt that failed before it came to a transition (APPROVE-85): it changes nothing and is audited.</summary>
    public async Task<HoldAnswer> RefuseAsync(HoldId hold, HoldRow? row, string type, Channel channel, Actor actor, ResultCode code, string why, CancellationToken cancel)
    {
        var record = (row is null ? new ApprovalRecord(type) { Node = node, Hold = hold } : ApprovalRecord.Of(type, node, row)) with
        {
            Approver = actor.Claims ?? actor.Auth,
            Channel = channel,
            Client = actor.Client,
            Auth = actor.Auth,
            Key = actor.Key,
            Reason = why,
            Result = code,
        };
        await WriteAsync(record, actor, cancel).ConfigureAwait(false);
        return new HoldAnswer(code, row, why);
    }

    private Task<HoldAnswer> UnknownAsync(HoldId hold, Actor actor, CancellationToken cancel) =>
        RefuseAsync(hold, null, "ATTEMPT", Channel.Api, actor, ResultCode.UnknownId, $"There is no held mail {hold}.", cancel);

    private async Task<HoldAnswer> RefusedAsync(HoldRow row, Trigger trigger, Actor actor, Transition.Refused refused, CancellationToken cancel)
    {
        await WriteAsync(Record(row, trigger, actor) with { Reason = refused.Why, Result = refused.Code }, actor, cancel).ConfigureAwait(false);
        return new HoldAnswer(refused.Code, row, refused.Why);
    }

    /// <summary>With what counts against hold, client and approver (APPROVE-86).</summary>
    private async Task WriteAsync(ApprovalRecord record, Actor actor, CancellationToken cancel)
    {
        if (record.Result is { } code && LockRule.Counts(code))
            await store.FailAsync(record.Line(), [.. Keys(record, actor)], cancel).ConfigureAwait(false);
        else
            await store.AuditAsync([record.Line()], cancel).ConfigureAwait(false);
        if (record.Result is { } result)
            ApprovalMetrics.Refused(result);
        Refused(log, record.Hold?.ToString() ?? "", record.Result?.Word() ?? "", actor.Client ?? "", record.Approver ?? "");
        done();
    }

    /// <summary>What an attempt is counted by.</summary>
    public static IEnumerable<(string Kind, string Key)> Keys(ApprovalRecord record, Actor actor)
    {
        if (record.Hold is { } hold)
            yield return ("hold", hold.ToString());
        if (actor.Client is { } client)
            yield return ("client", client);
        if (record.Approver is { Length: > 0 } approver)
            yield return ("approver", approver.ToLowerInvariant());
    }

    private HoldChange ToChange(HoldRow row, Trigger trigger, Actor actor, Transition.Moved moved)
    {
        var change = HeldStates.Between(row, moved.Next);
        var decision = moved.Next.Decision is { } made && row.Decision is null ? ToRow(made, actor) : null;
        var record = Record(row, trigger, actor) with
        {
            Type = decision is not null ? moved.Next.Status.Word() : trigger is Trigger.Ballot ? "VOTE" : trigger is Trigger.Escalate ? "ESCALATED" : trigger is Trigger.Begin ? "ASKED" : "REASSIGNED",
            Principal = moved.Next.Decision?.Principal?.ToString(),
            ResultId = decision is null ? null : new HoldId(decision.ResultId),
            Result = moved.Code,
        };
        return change with
        {
            Decision = decision,
            Jobs = [.. moved.Mails.Select(mail => new NewJob(NoticeJobs.Word(mail.Kind), mail.To.ToString()))],
            Lists = NewLists(row, moved.Next),
            Audit = [record.Line()],
        };
    }

    /// <summary>Whoever is asked from now on gets a text with the list as it is now; it has to be known when he sends it (APPROVE-137).</summary>
    private static System.Collections.Immutable.ImmutableArray<string> NewLists(HoldRow row, HeldState next)
    {
        var list = NoticeJobs.List(next);
        return row.Lists.Contains(list) ? [] : [list];
    }

    private HoldDecision ToRow(Decision decision, Actor actor) => new()
    {
        State = HeldStates.StateOf(decision.Outcome),
        ResultId = numbers.TryTake(out var id) ? id.Number : throw new InvalidOperationException("No mail number can be had from the database now."),
        By = decision.By is null ? "system" : decision.Channel == Channel.Admin ? $"admin:{actor.Administrator ?? decision.By.ToString()}" : decision.By.ToString(),
        Principal = decision.Principal?.ToString(),
        Channel = decision.Channel.Word(),
        ClientAddress = actor.Client,
        Auth = actor.Auth,
        Comment = decision.Reason,
        Node = node,
    };

    private ApprovalRecord Record(HoldRow row, Trigger trigger, Actor actor) => ApprovalRecord.Of("ATTEMPT", node, row) with
    {
        Approver = trigger switch
        {
            Trigger.Ballot ballot => ballot.Voter.ToString(),
            Trigger.Withdraw act => act.Sender.ToString(),
            Trigger.SendNow act => act.Sender.ToString(),
            Trigger.Reassign { Administrator: null } act => act.From.ToString(),
            Trigger.Escalate or Trigger.Expire or Trigger.Begin => "system",
            _ => actor.Administrator is { } administrator ? $"admin:{administrator}" : null,
        },
        Channel = trigger.Channel,
        Client = actor.Client,
        Auth = actor.Auth,
        Key = actor.Key,
        Reason = trigger switch
        {
            Trigger.Ballot { Comment.Length: > 0 } ballot => ballot.Comment,
            Trigger.AdminRelease act => act.Reason,
            Trigger.AdminDiscard act => act.Reason,
            Trigger.Escalate act => act.Cause.ToString(),
            Trigger.Reassign act => $"{act.From} -> {act.To}",
            _ => null,
        },
    };

    [LoggerMessage(5501, LogLevel.Information, "Attempt on {Hold} without effect: {Result} (client {Client}, approver {Approver})")]
    private static partial void Refused(ILogger log, string hold, string result, string client, string approver);
}
