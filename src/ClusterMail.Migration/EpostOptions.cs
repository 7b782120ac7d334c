using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration;

/// <summary>How a tree of the original is to be read.</summary>
public sealed record EpostOptions
{
    public ImportProfile Profile { get; init; }
    public TextEncoding Encoding { get; init; }

    /// <summary>Operated domains to import, each with the name of its mailbox folder; empty: those the tree names.</summary>
    public IReadOnlyList<(string Domain, string Folder)> Domains { get; init; } = [];

    /// <summary>A letter of <c>D F R S T</c>, or <c>-</c>, for each of the six flag digits of IMAP files; null: nobody knows.</summary>
    public string? FlagDigits { get; init; }

    /// <summary>Settings of the farm as they are now; what is not here has its default.</summary>
    public IReadOnlyDictionary<string, string> Current { get; init; } = new Dictionary<string, string>();
}
