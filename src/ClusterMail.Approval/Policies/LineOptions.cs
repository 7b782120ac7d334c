using System.Text;
using ClusterMail.Protocol;

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

    /// <summary><c>delay=</c>: in mode 3 the mail leaves after so long (APPROVE-510), in mode 1 and 2 approvers are asked after so long (APPROVE-513). Null: no delay.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary><c>confirm</c>: a mail of mode 3 leaves only when its sender has confirmed it (APPROVE-511).</summary>
    public bool Confirm { get; init; }

    /// <summary><c>bcc=</c>: gets the mail too when it is released (APPROVE-514). Null: nobody.</summary>
    public Mailbox? Bcc { get; init; }

    /// <summary><c>bcc-silent</c>: the sender is not told of <see cref="Bcc"/>.</summary>
    public bool BccSilent { get; init; }

    /// <summary>With the semicolon in front of each; empty when there is nothing to say.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Votes != VotesNeeded.Any)
            text.Append(';').Append(Votes);
        text.Append(Timing);
        if (Split is { } split)
            text.Append(split ? ";split=yes" : ";split=no");
        if (Delay is { } delay)
            text.Append(";delay=").Append(LineTiming.Written(delay));
        if (Confirm)
            text.Append(";confirm");
        if (Bcc is { } copy)
            text.Append(";bcc=").Append(copy);
        if (BccSilent)
            text.Append(";bcc-silent");
        if (Note.Length > 0)
            text.Append(";note=").Append(Note);
        return text.ToString();
    }
}
