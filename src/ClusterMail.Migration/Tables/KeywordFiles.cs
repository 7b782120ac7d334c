using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Tables;

/// <summary>Keyword files of approval (キーワード, APPROVE-95), which keep their form: one word a line. Of several with one name for one owner the first counts.</summary>
internal sealed class KeywordFiles(FindingLog log)
{
    private readonly Dictionary<(string Owner, string Name), (PlannedKeywords List, string Path)> _taken = [];

    public IReadOnlyList<PlannedKeywords> Lists => [.. _taken.Values.Select(taken => taken.List)];

    /// <param name="owner">The account in whose folder the file lies; null: the whole system.</param>
    public void Read(TextFile text, string? owner)
    {
        // A line that cannot be read is left out; the list then catches less than it did, which the report says.
        var words = string.Concat(text.Lines.Where(line => line.IsReadable).Select(line => line.Text + "\n"));
        var key = (owner?.ToLowerInvariant() ?? "", text.File.Name.ToLowerInvariant());
        if (_taken.TryGetValue(key, out var first))
        {
            foreach (var line in text.Lines)
                if (first.List.Text == words)
                    log.Ignored(text.Path, line.Number, line.Text, $"the same as in {first.Path}");
                else
                    log.Fault(text.Path, line.Number, 0, line.Text, $"{first.Path} was taken, and this one differs from it: lines refer to a list by its name alone", "APPROVE-42");
            return;
        }
        var target = $"keyword list {text.File.Name} of {owner ?? "the whole system"} (キーワード)";
        _taken[key] = (new PlannedKeywords(owner, text.File.Name, words, [.. text.Lines.Select(line => line.IsReadable
            ? log.Imported(text.Path, line.Number, line.Text, target, "APPROVE-95")
            : log.Fault(text.Path, line.Number, line.BadColumn, "", line.Complaint, "IMP-7"))]), text.Path);
    }
}
