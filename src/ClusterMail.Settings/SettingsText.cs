using System.Globalization;
using System.Text;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace ClusterMail.Settings;

/// <summary>
/// The text form of a settings set (ADMIN-51): TOML with the catalogue's names as keys, tables as literal blocks so that their lines look
/// as the original's files do, and one <c>[node.NAME]</c> section for each node with values of its own.
/// </summary>
public static class SettingsText
{
    private const string NodeSection = "node";
    private const string AccountSection = "account";
    private static readonly char[] ListSeparators = [' ', ',', '\n', '\r', '\t'];

    /// <summary>Writes a document in the catalogue's order. Secrets are left out, with a comment in their place (ADMIN-51).</summary>
    /// <param name="withDefaults">What is not set stands there as a comment with its default, so that the file shows everything there is.</param>
    public static string Write(SettingsDocument document, bool withDefaults = false)
    {
        var text = new StringBuilder();
        WriteParts(text, document.Parts, "archive.");
        WriteValues(text, document.Values, withDefaults);
        WriteParts(text, document.Parts, "tables.");
        foreach (var (address, values) in document.Accounts.Where(a => a.Value.Count > 0).OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            text.Append('\n').Append(CultureInfo.InvariantCulture, $"[{AccountSection}.{Quoted(address)}]\n");
            foreach (var (name, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"{name} = {(value.Contains('\n', StringComparison.Ordinal) ? Block(value) : Quoted(value))}\n");
        }
        foreach (var (node, values) in document.Overrides.Where(o => o.Value.Count > 0).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            text.Append('\n').Append(CultureInfo.InvariantCulture, $"[{NodeSection}.{Quoted(node)}]\n");
            WriteValues(text, values, withDefaults: false);
        }
        return text.ToString();
    }

    /// <summary>
    /// Reads and checks a text. Null document: it is not TOML, or not of this form. Otherwise the document may be saved when no error is
    /// other than a warning. Lines are those of the file, also for errors inside a table. Secrets the text leaves out are for the caller to keep.
    /// </summary>
    public static (SettingsDocument? Document, IReadOnlyList<SettingError> Errors) Read(string text, SettingsValidator validator)
    {
        if (text.Length > 4L * SettingsValidator.MaxLength)
            return (null, [new SettingError("", 0, 0, "ADMIN-51", "the file is too long")]);
        var syntax = SyntaxParser.Parse(text);
        if (syntax.HasErrors)
            return (null, [.. syntax.Diagnostics.Take(100).Select(d => new SettingError("", d.Span.Start.Line + 1, d.Span.Start.Column + 1, "ADMIN-51", d.Message))]);
        var reader = new Reader();
        foreach (var pair in syntax.KeyValues)
            reader.Add(null, pair);
        foreach (var table in syntax.Tables)
            reader.Section(table);
        return reader.Errors.Count > 0 ? (null, reader.Errors) : reader.Checked(validator);
    }

    private static void WriteParts(StringBuilder text, IReadOnlyDictionary<string, string> parts, string prefix)
    {
        foreach (var (name, value) in parts.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(p => p.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{name} = {(value.Contains('\n', StringComparison.Ordinal) ? Block(value) : name is ArchiveParts.Format or ArchiveParts.Version ? value : Quoted(value))}\n");
    }

    private static void WriteValues(StringBuilder text, IReadOnlyDictionary<string, string> values, bool withDefaults)
    {
        foreach (var definition in Catalogue.All.Where(d => withDefaults || values.ContainsKey(d.Name)))
            if (!values.ContainsKey(definition.Name))
                text.Append(CultureInfo.InvariantCulture, $"# {Key(definition.Name)} = {(definition.Type == SettingType.Table ? Quoted(definition.Default) : Value(definition.Type, definition.Default))}\n");
            else if (definition.Secret)
                text.Append(CultureInfo.InvariantCulture, $"# {definition.Name} is secret and not exported\n");
            else
                text.Append(CultureInfo.InvariantCulture, $"{Key(definition.Name)} = {Value(definition.Type, values[definition.Name])}\n");
    }

    /// <summary><c>listen</c> is a value, so <c>listen.deny</c> cannot be a key inside it and is written as one quoted key.</summary>
    private static string Key(string name) =>
        name.LastIndexOf('.') is var dot and > 0 && Catalogue.Find(name[..dot]) is not null ? Quoted(name) : name;

    private static string Value(SettingType type, string value) => type switch
    {
        SettingType.Integer when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
            number.ToString(CultureInfo.InvariantCulture),
        SettingType.Switch => value is "true" or "on" or "yes" or "1" ? "true" : "false",
        SettingType.List => $"[{string.Join(", ", value.Split(ListSeparators, StringSplitOptions.RemoveEmptyEntries).Select(Quoted))}]",
        SettingType.Table => Block(value),
        _ => Quoted(value),
    };

    /// <summary>A literal block: the first newline after the quotes is not part of it. Text a literal cannot hold is written escaped.</summary>
    private static string Block(string value)
    {
        var lines = value.ReplaceLineEndings("\n");
        return lines.Contains("'''", StringComparison.Ordinal) || lines.EndsWith('\'') || lines.Any(c => char.IsControl(c) && c is not ('\n' or '\t'))
            ? Quoted(lines)
            : $"'''\n{lines}'''";
    }

    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => "\\n",
                _ when char.IsControl(c) => $"\\u{(int)c:X4}",
                _ => c.ToString(),
            });
        return text.Append('"').ToString();
    }

    /// <summary>Collects the pairs of a file and where each stands.</summary>
    private sealed class Reader
    {
        private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, Dictionary<string, string>> _overrides = new(StringComparer.Ordinal);
        private readonly Dictionary<string, string> _parts = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, Dictionary<string, string>> _accounts = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _linesBefore = new(StringComparer.Ordinal);
        private readonly Dictionary<(string? Node, string Name), (int Line, int TableOffset)> _places = [];

        public List<SettingError> Errors { get; } = [];

        /// <summary><c>[node.NAME]</c>, or a section named as the first words of its settings: <c>[receive]</c>.</summary>
        public void Section(TableSyntaxBase table)
        {
            var key = Path(table.Name);
            if (table is not TableSyntax)
            {
                Errors.Add(new SettingError(string.Join('.', key), table.Span.Start.Line + 1, 0, "ADMIN-51", "is a list of sections; no setting is one"));
                return;
            }
            if (key is [AccountSection, var address])
            {
                AddAccount(address, table);
                return;
            }
            var node = key is [NodeSection, var name] ? name : null;
            if (node is not null)
                _overrides.TryAdd(node, new Dictionary<string, string>(StringComparer.Ordinal));
            foreach (var pair in table.Items)
                Add(node, pair, node is null ? string.Join('.', key) + "." : "");
        }

        private void AddAccount(string address, TableSyntaxBase table)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            if (!_accounts.TryAdd(address, values))
                Errors.Add(new SettingError(address, table.Span.Start.Line + 1, 0, "ADMIN-51", "stands in this file twice"));
            foreach (var pair in table.Items)
            {
                var name = string.Join('.', Path(pair.Key));
                if (ValueOf(pair.Value) is not { } value || !values.TryAdd(name, value))
                    Errors.Add(new SettingError($"{address} {name}", pair.Span.Start.Line + 1, 0, "ADMIN-51", "must be one text, true or false"));
                _linesBefore[$"{address} {name}"] = pair.Span.Start.Line + 1;
            }
        }

        public void Add(string? node, KeyValueSyntax pair, string prefix = "")
        {
            var name = prefix + string.Join('.', Path(pair.Key));
            var line = pair.Span.Start.Line + 1;
            var values = node is not null ? _overrides[node] : ArchiveParts.All.Contains(name) ? _parts : _values;
            if (ValueOf(pair.Value) is not { } value)
                Errors.Add(new SettingError(name, line, 0, "ADMIN-51", "must be a text, a whole number, true, false or a list of texts"));
            else if (!values.TryAdd(name, value))
                Errors.Add(new SettingError(name, line, 0, "ADMIN-51", "stands in this file twice"));
            // The first line of a block is the one below the quotes.
            var opening = pair.Value is StringValueSyntax { Token: { } token } ? token.ToString().TrimStart() : "";
            var isBlock = opening.StartsWith("'''", StringComparison.Ordinal) || opening.StartsWith("\"\"\"", StringComparison.Ordinal);
            var startsBelow = isBlock && opening.AsSpan(3) is ['\n' or '\r', ..];
            var before = line - (startsBelow ? 0 : 1);
            _places[(node, name)] = (line, isBlock ? before : -1);
            if (ReferenceEquals(values, _parts))
                _linesBefore[name] = before;
        }

        public (SettingsDocument, IReadOnlyList<SettingError>) Checked(SettingsValidator validator)
        {
            var overrides = _overrides.ToDictionary(o => o.Key, o => (IReadOnlyDictionary<string, string>)o.Value, StringComparer.Ordinal);
            var errors = validator.Check(_values).Select(e => Placed(null, e))
                .Concat(overrides.SelectMany(o => validator.CheckOverrides(o.Key, o.Value).Select(e => Placed(o.Key, e))))
                .OrderBy(e => e.Line);
            var accounts = _accounts.ToDictionary(a => a.Key, a => (IReadOnlyDictionary<string, string>)a.Value, StringComparer.Ordinal);
            return (new SettingsDocument(_values, overrides) { Parts = _parts, Accounts = accounts, LinesBefore = _linesBefore }, [.. errors]);
        }

        private SettingError Placed(string? node, SettingError error)
        {
            if (!_places.TryGetValue((node, error.Name), out var place))
                return error;
            return error.Line > 0 && place.TableOffset >= 0 ? error with { Line = place.TableOffset + error.Line } : error with { Line = place.Line, Column = 0 };
        }

        private static string[] Path(KeySyntax? key) =>
            key is null ? [] : [Part(key.Key), .. key.DotKeys.Select(dotted => Part(dotted.Key))];

        private static string Part(BareKeyOrStringValueSyntax? part) => part switch
        {
            BareKeySyntax { Key.Text: { } text } => text,
            StringValueSyntax { Value: { } value } => value,
            _ => "",
        };

        private static string? ValueOf(ValueSyntax? value) => value switch
        {
            StringValueSyntax text => text.Value,
            IntegerValueSyntax number => number.Value.ToString(CultureInfo.InvariantCulture),
            BooleanValueSyntax boolean => boolean.Value ? "true" : "false",
            ArraySyntax list => Items(list),
            _ => null,
        };

        private static string? Items(ArraySyntax list)
        {
            var items = list.Items.Select(item => item.Value is StringValueSyntax { Value: { } text } && !text.AsSpan().ContainsAny(ListSeparators) ? text : null).ToList();
            return items.Contains(null) ? null : string.Join(' ', items);
        }
    }
}
