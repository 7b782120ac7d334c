using Spectre.Console;

namespace ClusterMail.Cli.Output;

/// <summary>
/// A table that fits the terminal. First the columns marked optional are left out, the last one first; then the flexible ones are cut with an ellipsis,
/// the widest first. All others (ids, states, times) are always whole.
/// </summary>
public sealed class Sheet(params IReadOnlyList<Column> columns)
{
    private const int Gap = 2;
    private const int Narrowest = 8;

    /// <summary>Below this a cut text says little: a column that can be missed goes first.</summary>
    private const int Comfortable = 20;

    private readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params IReadOnlyList<string> cells) => _rows.Add([.. cells.Select(Screen.Clean)]);

    public void Print(Screen screen)
    {
        var widths = columns.Select((c, i) => _rows.Select(r => r[i].GetCellWidth()).Append(Words.Of(c.Title).GetCellWidth()).Max()).ToArray();
        var shown = Choose(widths);
        Shrink(widths, shown);
        var table = new Table().Border(TableBorder.None).HideFooters();
        foreach (var i in shown)
        {
            var title = new Text(Cut(Words.Of(columns[i].Title), widths[i]), new Style(decoration: Decoration.Bold));
            var column = new TableColumn(title) { NoWrap = true, Padding = new Padding(0, 0, i == shown[^1] ? 0 : Gap, 0) };
            table.AddColumn(columns[i].Right ? column.RightAligned() : column);
        }

        foreach (var row in _rows)
            table.AddRow(shown.Select(i => new Text(Cut(row[i], widths[i]))));
        screen.Render(table);
    }

    /// <summary>Numbers of the columns there is room for.</summary>
    private List<int> Choose(int[] widths)
    {
        var shown = Enumerable.Range(0, columns.Count).ToList();
        while (shown.Sum(i => columns[i].Flexible ? Math.Min(widths[i], Comfortable) : widths[i]) + (Gap * (shown.Count - 1)) > Screen.Width)
        {
            var last = shown.FindLastIndex(i => columns[i].Optional);
            if (last < 0)
                break;
            shown.RemoveAt(last);
        }

        return shown;
    }

    private void Shrink(int[] widths, List<int> shown)
    {
        var excess = shown.Sum(i => widths[i]) + (Gap * (shown.Count - 1)) - Screen.Width;
        while (excess-- > 0)
        {
            var narrower = shown.Where(i => columns[i].Flexible && widths[i] > Narrowest).ToList();
            if (narrower.Count == 0)
                break;
            widths[narrower.MaxBy(i => widths[i])]--;
        }
    }

    private static string Cut(string text, int width)
    {
        if (text.GetCellWidth() <= width)
            return text;
        var end = text.Length;
        while (end > 0 && text[..end].GetCellWidth() >= width)
            end--;
        return text[..end] + "…";
    }
}

/// <param name="Flexible">May be cut when the terminal is narrow.</param>
/// <param name="Optional">May be left out when it is narrower still.</param>
public sealed record Column(string Title, bool Right = false, bool Flexible = false, bool Optional = false);
