namespace ClusterMail.Settings;

/// <summary>What is wrong with a value, said so that a person can go and mend it (ADMIN-25).</summary>
/// <param name="Name">The setting.</param>
/// <param name="Line">Line of a table's text or of an imported file, from 1; 0 when the whole value is meant.</param>
/// <param name="Column">Column in that line, from 1; 0 when the whole line is meant.</param>
/// <param name="Rule">Rule of the specification, for example <c>RELAY-1</c>.</param>
/// <param name="Message">One sentence. Never holds the value of a secret.</param>
public sealed record SettingError(string Name, int Line, int Column, string Rule, string Message)
{
    /// <summary>The value may be saved, but whoever saves it should know.</summary>
    public bool IsWarning { get; init; }

    /// <summary>A warning that whoever saves has to confirm (RELAY-62).</summary>
    public bool NeedsConfirmation { get; init; }

    public override string ToString()
    {
        var place = Line == 0 ? Name : Column == 0 ? $"{Name} line {Line}" : $"{Name} line {Line} column {Column}";
        return $"{place}: {(IsWarning ? "warning: " : "")}{Message} ({Rule})";
    }
}
