using System.Collections.Immutable;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Between the rows of the database and the states that transitions are computed on.</summary>
internal static class HeldStates
{
    public static HeldState Of(HoldRow row) => new()
    {
        Id = new HoldId(row.Id),
        Status = StatusOf(row.State),
        Version = row.Version,
        Stages = [.. row.Needed.Select((needed, stage) => new HeldStage(
            [.. row.Approvers.Where(approver => approver.Stage == stage).OrderBy(approver => approver.Place).Select(Current)], needed))],
        Stage = row.Stage,
        Votes = [.. row.Votes.Select(vote => new Vote(vote.Stage, Mailbox.FromStored(vote.Seat), Mailbox.FromStored(vote.Voter), vote.Approves ? Verb.Approve : Verb.Reject, vote.At, ChannelOf(vote.Channel), vote.Comment))],
        Requester = Mailbox.FromStored(row.Requester),
        Barred = [.. row.Barred.Select(Mailbox.FromStored)],
        Decision = row.Decision is { } decision ? Of(decision) : null,
        Released = row.ReleasedAt is not null,
        IsOwn = row.IsOwn,
        IsConfirmed = row is { IsOwn: true, OnExpire: not "release" },
        IsDelayed = row.BeginAt is not null,
    };

    /// <summary>What is to be written so that the group in the database becomes <paramref name="next"/>.</summary>
    public static HoldChange Between(HoldRow before, HeldState next) => new()
    {
        Hold = before.Id,
        Version = before.Version,
        To = StateOf(next.Status) == before.State ? null : StateOf(next.Status),
        Stage = (short)next.Stage,
        Vote = next.Votes.LastOrDefault() is { } vote && !before.Votes.Any(old => Same(old, vote)) ? Row(vote) : null,
        Added = [.. Approvers(next.Stages).Where(approver => !before.Approvers.Any(old => SameSeat(old, approver)))],
        Dropped = [.. before.Approvers.Where(old => !Approvers(next.Stages).Any(approver => SameSeat(old, approver)))],
        Waiting = [.. next.Waiting.Select(approver => approver.Address.ToString())],
        Begins = before.BeginAt is not null && !next.IsDelayed,
        EndsEscalation = next.Status != HoldStatus.Held,
    };

    /// <summary>Stages as rows, each approver with his place.</summary>
    public static IEnumerable<HoldApprover> Approvers(ImmutableArray<HeldStage> stages) => stages.SelectMany((stage, number) => stage.Approvers.Select((approver, place) =>
        new HoldApprover((short)number, (short)place, approver.Address.ToString(), approver.Principal?.ToString(), approver.PrincipalMayDecide)));

    public static HoldStatus StatusOf(HoldState state) => Enum.Parse<HoldStatus>(state.ToString());

    public static HoldState StateOf(HoldStatus status) => Enum.Parse<HoldState>(status.ToString());

    public static string Word(this Channel channel) => channel.ToString().ToLowerInvariant();

    private static CurrentApprover Current(HoldApprover row) =>
        new(Mailbox.FromStored(row.Address), row.Principal is { } principal ? Mailbox.FromStored(principal) : null, row.PrincipalDecides);

    private static Decision Of(HoldDecision row) => new(
        StatusOf(row.State), row.By == "system" ? null : Mailbox.FromStored(row.By.StartsWith("admin:", StringComparison.Ordinal) ? row.By["admin:".Length..] : row.By),
        row.Principal is { } principal ? Mailbox.FromStored(principal) : null, row.At, ChannelOf(row.Channel), row.Comment);

    private static Channel ChannelOf(string word) => Enum.TryParse<Channel>(word, ignoreCase: true, out var channel) ? channel : Channel.Api;

    private static HoldVote Row(Vote vote) =>
        new((short)vote.Stage, vote.Seat.ToString(), vote.Voter.ToString(), vote.Verb == Verb.Approve, vote.At, vote.Channel.Word(), vote.Comment);

    private static bool Same(HoldVote old, Vote vote) =>
        old.Stage == vote.Stage && Mailbox.FromStored(old.Seat).SameAs(vote.Seat) && Mailbox.FromStored(old.Voter).SameAs(vote.Voter) && old.Approves == (vote.Verb == Verb.Approve);

    private static bool SameSeat(HoldApprover one, HoldApprover other) => one.Stage == other.Stage && Mailbox.FromStored(one.Address).SameAs(Mailbox.FromStored(other.Address));
}
