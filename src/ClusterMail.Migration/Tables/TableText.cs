using ClusterMail.Migration.Source;
using ClusterMail.Settings;

namespace ClusterMail.Migration.Tables;

/// <summary>
/// The lines of a table file as they can be saved. A line that is wrong becomes a comment, so that it stays in sight at its place and the numbers of the lines below it stay as
/// they were (EX-RELAY-14).
/// </summary>
internal sealed class TableText
{
    /// <summary>A file with more wrong lines than this is of another kind.</summary>
    private const int MostFaults = 1000;

    private readonly TextFile _file;
    private readonly string?[] _lines;
    private readonly Dictionary<int, SettingError> _faults = [];

    private TableText(TextFile file)
    {
        _file = file;
        _lines = [.. file.Lines.Select(line => line.IsReadable ? line.Text : null)];
    }

    /// <summary>By line, why it was left out.</summary>
    public IReadOnlyDictionary<int, SettingError> Faults => _faults;

    /// <summary>What the parser has to say of the lines that stay; line 0: of the table.</summary>
    public IReadOnlyList<SettingError> Warnings { get; private set; } = [];

    /// <summary>Nothing in it is of this kind of table.</summary>
    public bool IsForeign => _faults.Count >= MostFaults;

    /// <param name="check">The grammar, by which it will be read (ADMIN-25).</param>
    /// <param name="mend">Another form of a wrong line; null: none, it becomes a comment.</param>
    public static TableText Of(TextFile file, Func<string, IReadOnlyList<SettingError>> check, Func<string, SettingError, string?>? mend = null)
    {
        var table = new TableText(file);
        // The parsers stop telling at a hundred errors; what they have told is out of the way in the next round.
        while (!table.IsForeign)
        {
            var errors = check(table.Text);
            var wrong = errors.Where(error => error is { IsWarning: false, Line: > 0 } && !table._faults.ContainsKey(error.Line)).ToArray();
            table.Warnings = [.. errors.Where(error => error.IsWarning)];
            if (wrong.Length == 0)
                break;
            foreach (var error in wrong)
                table.LeaveOut(error, mend);
        }
        return table;
    }

    /// <summary>Lines ended by LF.</summary>
    public string Text => string.Concat(_lines.Select(line => (line ?? "' (a line that could not be read)") + "\n"));

    public bool IsComment(int line) => _lines[line - 1] is not { } text || text.Length == 0 || text[0] is '\'' or ' ';

    private void LeaveOut(SettingError error, Func<string, SettingError, string?>? mend)
    {
        _faults[error.Line] = error;
        var text = _file.Lines[error.Line - 1].Text;
        _lines[error.Line - 1] = mend?.Invoke(text, error) ?? $"' {text}";
    }
}
