using System.Text;

namespace ClusterMail.Approval.Policies;

/// <summary>What stands behind the first <c>;</c> of a line (APPROVE-20).</summary>
public sealed record LineOptions
{
    public static LineOptions Default { get; } = new();

    /// <summary>Approvals needed in each stage. Default <see cref="VotesNeeded.Any"/> (APPROVE-43).</summary>
    public VotesNeeded Votes { get; init; } = VotesNeeded.Any;

    public LineTiming Timing { get; init; } = LineTiming.Default;

    /// <summary><c>split=</c> (APPROVE-54); null: as <c>approval.split</c> says.</summary>
    public bool? Split { get; init; }

    /// <summary><c>note=</c>: shown to approvers; empty: none.</summary>
    public string Note { get; init; } = "";

    /// <summary>With the semicolon in front of each; empty when there is nothing to say.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Votes != VotesNeeded.Any)
            text.Append(';').Append(Votes);
        text.Append(Timing);
        if (Split is { } split)
            text.Append(split ? ";split=yes" : ";split=no");
        if (Note.Length > 0)
            text.Append(";note=").Append(Note);
        return text.ToString();
    }
}
