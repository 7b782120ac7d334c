using ClusterMail.Queue.Lease;

namespace ClusterMail.Queue.Accept;

/// <summary>What became of a mail that was to be committed.</summary>
/// <param name="Owner">The lease under which it is committed; null: it is not, as far as is known.</param>
/// <param name="SurelyNot">It is certain that this database does not have it and never will: another one may take it.</param>
public readonly record struct CommitResult(EpochLease? Owner, bool SurelyNot)
{
    internal static CommitResult NotThere => new(null, true);

    /// <summary>Refused by the database (our bug, another would do the same), or nobody knows: the client comes again.</summary>
    internal static CommitResult Refused => new(null, false);
}
