using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ClusterMail.Cli.Output;

/// <summary>
/// Standard output for people: as wide as the terminal, coloured only on one and never when NO_COLOR is set. Texts of other servers are shown
/// without their control characters, which could otherwise command the reader's terminal.
/// </summary>
public sealed class Screen
{
    /// <summary>Into a file or pipe nothing is cut, unless COLUMNS asks for it.</summary>
    private const int Unlimited = 10_000;

    private readonly IAnsiConsole _console;

    public Screen()
    {
        var colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        _console.Profile.Width = Width;
        Now = DateTimeOffset.UtcNow;
    }

    public static int Width =>
        int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns) && columns >= 40 ? columns
        : Console.IsOutputRedirected ? Unlimited
        : Math.Max(Console.WindowWidth, 40);

    /// <summary>One moment for all ages on the screen.</summary>
    public DateTimeOffset Now { get; }

    public void Line(string text = "") => _console.WriteLine(Clean(text));

    /// <summary>A label and a text; where the text needs more lines, they begin below its first word.</summary>
    /// <param name="label">Text up to the column where <paramref name="text"/> begins.</param>
    public void Labelled(string label, string text)
    {
        var rest = Clean(text);
        var room = Math.Max(Width - label.Length, 20);
        for (var start = label; ; start = new string(' ', label.Length))
        {
            var end = Fitting(rest, room);
            _console.WriteLine(start + rest[..end].TrimEnd());
            rest = rest[end..].TrimStart();
            if (rest.Length == 0)
                return;
        }
    }

    /// <summary>Length of the first line: up to the last blank that fits, or as much as fits. At least one character.</summary>
    private static int Fitting(string text, int room)
    {
        if (text.GetCellWidth() <= room)
            return text.Length;
        var end = text.Length;
        while (end > 1 && text[..end].GetCellWidth() > room)
            end--;
        return text.LastIndexOf(' ', end) is var blank and > 0 ? blank : end;
    }

    public void Heading(string text) => _console.Write(new Text(Clean(Words.Of(text)) + "\n", new Style(decoration: Decoration.Bold)));

    public void Warning(string text) => _console.Write(new Text(Clean(text) + "\n", new Style(Color.Yellow)));

    public void Render(IRenderable what) => _console.Write(what);

    /// <summary>One line of a foreign text.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings(" "))
            clean.Append(char.IsControl(c) ? '?' : c);
        return clean.ToString();
    }
}
