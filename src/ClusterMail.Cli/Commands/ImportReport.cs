using System.Globalization;
using System.Text;
using System.Text.Json;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Commands;

/// <summary>What became of every line, as it becomes known.</summary>
internal sealed class ImportReport : IAsyncDisposable
{
    private readonly StreamWriter _output;
    private readonly bool _json;
    private bool _first = true;

    public ImportReport(string file)
    {
        _json = file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        _output = new StreamWriter(file, append: false, new UTF8Encoding(false));
        _output.Write(_json ? "[" : "line\taddress\toutcome\trule\treason\n");
    }

    public async Task WriteAsync(AccountImportLine line)
    {
        await _output.WriteAsync(_json
            ? $"{(_first ? "\n" : ",\n")}{JsonSerializer.Serialize(line, AdminJson.Default.AccountImportLine)}"
            : string.Create(CultureInfo.InvariantCulture, $"{line.Line}\t{line.Address}\t{line.Outcome}\t{line.Rule}\t{line.Reason}\n"));
        _first = false;
    }

    public async ValueTask DisposeAsync()
    {
        if (_json)
            await _output.WriteAsync("\n]\n");
        await _output.DisposeAsync();
    }
}
