using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>The fourth field of a line, as written: stages, one asked after the other (APPROVE-45), of approvers asked together (APPROVE-43).</summary>
public sealed record ApproverList(ImmutableArray<ApproverList.Stage> Stages)
{
    /// <summary>APPROVE-48.</summary>
    public const int MaxStages = 5;

    /// <summary>APPROVE-48; a group counts with its members when the mail is held.</summary>
    public const int MaxApprovers = 20;

    public static ApproverList None { get; } = new([]);

    public bool IsEmpty => Stages.IsEmpty;

    public bool Equals(ApproverList? other) => other is not null && Stages.SequenceEqual(other.Stages);

    public override int GetHashCode() => Stages.Aggregate(0, HashCode.Combine);

    public override string ToString() => string.Join('>', Stages);

    /// <summary>Approvers asked at the same time, in the order of the line: the first one signs the hold notice (APPROVE-112).</summary>
    public sealed record Stage(ImmutableArray<Approver> Approvers)
    {
        public bool Equals(Stage? other) => other is not null && Approvers.SequenceEqual(other.Approvers);

        public override int GetHashCode() => Approvers.Aggregate(0, HashCode.Combine);

        public override string ToString() => string.Join(',', Approvers);
    }

    public abstract record Approver;

    /// <summary>An account, or an alias of one (APPROVE-47).</summary>
    public sealed record Named(Mailbox Address) : Approver
    {
        public bool Equals(Named? other) => other is not null && Address.SameAs(other.Address);

        public override int GetHashCode() => Address.ToString().ToLowerInvariant().GetHashCode(StringComparison.Ordinal);

        public override string ToString() => Address.ToString();
    }

    /// <summary><c>@sales-heads</c>: everybody of a group of approvers.</summary>
    public sealed record Group(string Name) : Approver
    {
        public override string ToString() => $"@{Name}";
    }

    /// <summary><c>@manager</c>: the superior whom the directory names for the requester.</summary>
    public sealed record Superior : Approver
    {
        public override string ToString() => "@manager";
    }
}
