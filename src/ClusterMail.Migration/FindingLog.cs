namespace ClusterMail.Migration;

/// <summary>Collects findings; the number of one lets whoever asks the farm say later what it answered.</summary>
public sealed class FindingLog
{
    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> All => _findings;

    public Finding this[int number] => _findings[number];

    public int Add(Finding finding)
    {
        _findings.Add(finding with { Text = Finding.Shown(finding.Text) });
        return _findings.Count - 1;
    }

    public int Imported(string file, int line, string text, string reason, string rule = "") => Add(new Finding(file, line, text, FindingOutcome.Imported, reason, rule));

    public int Changed(string file, int line, string text, string reason, string rule) => Add(new Finding(file, line, text, FindingOutcome.Changed, reason, rule));

    public int Ignored(string file, int line, string text, string reason, string rule = "") => Add(new Finding(file, line, text, FindingOutcome.Ignored, reason, rule));

    public int Fault(string file, int line, int column, string text, string reason, string rule) =>
        Add(new Finding(file, line, text, FindingOutcome.Ignored, reason, rule) { Column = column, IsFault = true });

    /// <summary>Says anew what became of one.</summary>
    public void Replace(int number, FindingOutcome outcome, string reason, string rule, bool isFault = false) =>
        _findings[number] = _findings[number] with { Outcome = outcome, Reason = reason, Rule = rule, IsFault = isFault };

    /// <summary>The farm has it already. What was ignored stays so.</summary>
    public void Present(int number)
    {
        if (_findings[number].Outcome is FindingOutcome.Imported or FindingOutcome.Changed)
            _findings[number] = _findings[number] with { Outcome = FindingOutcome.Present, Reason = Join("already there", _findings[number].Reason) };
    }

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first}; {second}";
}
