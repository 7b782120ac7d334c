using Spectre.Console;

namespace ClusterMail.Cli.Output;

/// <summary>A table that fits the terminal: columns marked as such are cut with an ellipsis, widest first; the others (ids, numbers, times) are always whole.</summary>
public sealed class Sheet(params IReadOnlyList<Column> columns)
{
    private const int Gap = 2;
    private const int Narrowest = 8;

    private readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params IReadOnlyList<string> cells) => _rows.Add([.. cells.Select(Screen.Clean)]);

    public void Print(Screen screen)
    {
        var widths = Widths();
        var table = new Table().Border(TableBorder.None).HideFooters();
        for (var i = 0; i < columns.Count; i++)
        {
            var title = new Text(Cut(Words.Of(columns[i].Title), widths[i]), new Style(decoration: Decoration.Bold));
            var column = new TableColumn(title) { NoWrap = true, Padding = new Padding(0, 0, i == columns.Count - 1 ? 0 : Gap, 0) };
            table.AddColumn(columns[i].Right ? column.RightAligned() : column);
        }

        foreach (var row in _rows)
            table.AddRow(row.Select((cell, i) => new Text(Cut(cell, widths[i]))));
        screen.Render(table);
    }

    private int[] Widths()
    {
        var widths = columns.Select((c, i) => _rows.Select(r => r[i].GetCellWidth()).Append(Words.Of(c.Title).GetCellWidth()).Max()).ToArray();
        var excess = widths.Sum() + (Gap * (columns.Count - 1)) - Screen.Width;
        while (excess-- > 0)
        {
            var widest = Enumerable.Range(0, columns.Count).Where(i => columns[i].Flexible && widths[i] > Narrowest).DefaultIfEmpty(-1).MaxBy(i => i < 0 ? 0 : widths[i]);
            if (widest < 0)
                break;
            widths[widest]--;
        }

        return widths;
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
public sealed record Column(string Title, bool Right = false, bool Flexible = false);
