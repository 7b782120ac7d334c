using System.Globalization;
using System.Text;
using System.Text.Json;
using ClusterMail.Cli.Output;
using ClusterMail.Migration;
using ClusterMail.Migration.Profiles;

namespace ClusterMail.Cli.Import;

/// <summary>What became of each line: counted for the screen, and written to a file as it becomes known. Many may tell at once.</summary>
internal sealed class EpostReport : IAsyncDisposable
{
    private const int MostRows = 40;
    private const int MostFaults = 10;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly StreamWriter? _output;
    private readonly bool _json;
    private readonly Dictionary<string, FileCounts> _files = new(StringComparer.Ordinal);
    private readonly List<Finding> _faults = [];
    private bool _first = true;
    private bool _ended;

    /// <param name="file">Null: for the screen only.</param>
    public EpostReport(string? file)
    {
        if (file is null)
            return;
        _json = file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        _output = new StreamWriter(file, append: false, new UTF8Encoding(false));
        _output.Write(_json ? "{\"findings\":[" : "file\tline\tcolumn\toutcome\trule\treason\ttext\n");
    }

    /// <summary>Lines that are wrong and were not taken.</summary>
    public int Faults { get; private set; }

    public async Task WriteAsync(Finding finding)
    {
        await _gate.WaitAsync();
        try
        {
            Count(finding);
            if (_output is not null)
                await _output.WriteAsync(_json
                    ? $"{(_first ? "\n" : ",\n")}{JsonSerializer.Serialize(Line(finding), ReportJson.Readable.ReportLine)}"
                    : string.Create(CultureInfo.InvariantCulture, $"{finding.File}\t{finding.Line}\t{finding.Column}\t{Word(finding)}\t{finding.Rule}\t{Screen.Clean(finding.Reason)}\t{Screen.Clean(finding.Text)}\n"));
            _first = false;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task EndAsync(IReadOnlyList<ProfileDifference> differences)
    {
        if (_output is null)
            return;
        _ended = true;
        if (_json)
        {
            var all = differences.Select(d => JsonSerializer.Serialize(new ReportDifference(d.Setting, d.Japanese, d.Rule, d.Original, d.Ours, d.Meaning), ReportJson.Readable.ReportDifference));
            await _output.WriteAsync($"\n],\"differences\":[\n{string.Join(",\n", all)}\n]}}\n");
        }
        else
            foreach (var d in differences)
                await _output.WriteAsync($"(profile)\t0\t0\tdiffers\t{d.Rule}\toriginal: {Screen.Clean(d.Original)}; here: {Screen.Clean(d.Ours)}. {d.Meaning}\t{(d.Setting == "-" ? d.Japanese : d.Setting)}\n");
        await _output.FlushAsync();
    }

    public void Show(Screen screen)
    {
        var sheet = new Sheet(
            new("File", Flexible: true), new("Imported", Right: true), new("Changed", Right: true), new("Ignored", Right: true), new("Already there", Right: true), new("Wrong", Right: true));
        foreach (var (file, counts) in _files.OrderByDescending(file => file.Value.Wrong > 0).ThenBy(file => file.Key, StringComparer.Ordinal).Take(MostRows))
            sheet.Add(file, $"{counts.Imported}", $"{counts.Changed}", $"{counts.Ignored}", $"{counts.Present}", $"{counts.Wrong}");
        if (_files.Count > MostRows)
            sheet.Add(Words.Of($"... and {_files.Count - MostRows} more"), "", "", "", "", "");
        var all = _files.Values;
        sheet.Add(Words.Of("all"), $"{all.Sum(f => f.Imported)}", $"{all.Sum(f => f.Changed)}", $"{all.Sum(f => f.Ignored)}", $"{all.Sum(f => f.Present)}", $"{all.Sum(f => f.Wrong)}");
        sheet.Print(screen);
        foreach (var fault in _faults)
            screen.Warning($"{fault.File}{Place(fault)}: {fault.Reason}{(fault.Rule.Length > 0 ? $" ({fault.Rule})" : "")}");
        if (Faults > _faults.Count)
            screen.Warning(Words.Of($"... and {Faults - _faults.Count} more"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_output is not null)
        {
            // Broken off: what is told so far can be read all the same.
            if (_json && !_ended)
                await _output.WriteAsync("\n]}\n");
            await _output.DisposeAsync();
        }

        _gate.Dispose();
    }

    private void Count(Finding finding)
    {
        var name = Shown(finding.File);
        if (!_files.TryGetValue(name, out var counts))
            _files[name] = counts = new FileCounts();
        counts.Add(finding);
        if (!finding.IsFault)
            return;
        Faults++;
        if (_faults.Count < MostFaults)
            _faults.Add(finding);
    }

    // Of a thousand mailboxes nobody wants a row for each file: what lies below the mailbox folder is counted by kind.
    private static string Shown(string file)
    {
        var parts = file.Split('/');
        var root = Array.FindIndex(parts, part => part.Equals("inbox", StringComparison.OrdinalIgnoreCase));
        var name = parts[^1];
        var kind = name.EndsWith(".msg", StringComparison.OrdinalIgnoreCase) ? "*.MSG" : name;
        return root < 0 || root > parts.Length - 3 ? (kind == name ? file : $"{string.Join('/', parts[..^1])}/{kind}") : $"{string.Join('/', parts[..(root + 1)])}/.../{kind}";
    }

    private static string Place(Finding finding) => finding.Line == 0 ? "" : finding.Column == 0 ? $" line {finding.Line}" : $" line {finding.Line} column {finding.Column}";

    private static string Word(Finding finding) => finding.IsFault ? "ignored (wrong)" : finding.Outcome == FindingOutcome.Present ? "already there" : finding.Outcome.ToString().ToLowerInvariant();

    private static ReportLine Line(Finding finding) => new(
        finding.File, finding.Line, finding.Column, finding.Outcome == FindingOutcome.Present ? "already there" : finding.Outcome.ToString().ToLowerInvariant(), finding.IsFault, finding.Rule, finding.Reason, finding.Text);

    private sealed class FileCounts
    {
        public int Imported { get; private set; }
        public int Changed { get; private set; }
        public int Ignored { get; private set; }
        public int Present { get; private set; }
        public int Wrong { get; private set; }

        public void Add(Finding finding)
        {
            if (finding.IsFault)
                Wrong++;
            else if (finding.Outcome == FindingOutcome.Imported)
                Imported++;
            else if (finding.Outcome == FindingOutcome.Changed)
                Changed++;
            else if (finding.Outcome == FindingOutcome.Ignored)
                Ignored++;
            else
                Present++;
        }
    }
}
