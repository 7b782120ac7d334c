using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// <c>receive.header_template</c> (HDR-2, HDR-3): lines <c>ip-pattern name</c> in front, then the template for everybody, then <c>[name]</c> and its template, as often
/// as wanted. A line beginning with <c>'</c> is a comment. The first pattern that matches decides.
/// </summary>
public sealed class HeaderTemplates
{
    private readonly ImmutableArray<(IPNetwork Clients, HeaderTemplate Template)> _choices;
    private readonly HeaderTemplate _default;

    private HeaderTemplates(ImmutableArray<(IPNetwork, HeaderTemplate)> choices, HeaderTemplate everybody) => (_choices, _default) = (choices, everybody);

    public static HeaderTemplates BuiltIn { get; } = new([], HeaderTemplate.BuiltIn);

    public HeaderTemplate For(IPAddress client)
    {
        foreach (var (clients, template) in _choices)
            if (clients.Contains(client))
                return template;
        return _default;
    }

    /// <summary>What can be used of a text, and what is wrong with it; a text with an error was refused when it was saved.</summary>
    public static (HeaderTemplates Templates, IReadOnlyList<HeaderFault> Faults) Parse(string text)
    {
        var reading = new Reading();
        foreach (var (index, line) in text.ReplaceLineEndings("\n").Split('\n').Index())
            reading.Line(index + 1, line);
        return reading.End();
    }

    private sealed class Reading
    {
        private readonly List<(int Line, IPNetwork Clients, string Name)> _chosen = [];
        private readonly Dictionary<string, (int Line, List<string> Text)> _texts = new(StringComparer.Ordinal) { [""] = (1, []) };
        private readonly List<HeaderFault> _faults = [];
        private string _current = "";

        public void Line(int number, string line)
        {
            if (line.Length > 0 && line[0] == '\'' || string.IsNullOrWhiteSpace(line))
                return;
            if (line[0] == '[' && line.TrimEnd().EndsWith(']'))
                Section(number, line.Trim()[1..^1]);
            else if (_current.Length == 0 && _texts[""].Text.Count == 0 && IsChoice(line))
                Choice(number, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            else
                Text(number, line.Trim());
        }

        public (HeaderTemplates, IReadOnlyList<HeaderFault>) End()
        {
            var templates = new Dictionary<string, HeaderTemplate>(StringComparer.Ordinal);
            foreach (var (name, (line, lines)) in _texts)
            {
                if (name.Length == 0 && lines.Count == 0)
                    templates[name] = HeaderTemplate.BuiltIn;
                else if (HeaderTemplate.TryParse(string.Join("\r\n ", lines), out var complaint) is { } template)
                    templates[name] = template;
                else
                    _faults.Add(new HeaderFault(line, 0, $"{(name.Length == 0 ? "the template" : $"the template [{name}]")} {complaint}"));
            }
            foreach (var (line, _, name) in _chosen)
                if (!_texts.ContainsKey(name))
                    _faults.Add(new HeaderFault(line, 0, $"there is no template [{name}]"));
            var choices = _chosen.Where(choice => templates.ContainsKey(choice.Name)).Select(choice => (choice.Clients, templates[choice.Name]));
            return (new HeaderTemplates([.. choices], templates.GetValueOrDefault("", HeaderTemplate.BuiltIn)), [.. _faults.OrderBy(fault => fault.Line)]);
        }

        /// <summary>No template begins with an address: <c>from</c> or a variable does.</summary>
        private static bool IsChoice(string line) =>
            char.IsAsciiHexDigit(line[0]) && line.Split(' ')[0].AsSpan().IndexOfAny(".:") >= 0 || line[0] is '*' or ':';

        private void Choice(int number, string[] words)
        {
            if (words.Length != 2)
                _faults.Add(new HeaderFault(number, 1, "a choice is an address pattern and the name of a template"));
            else if (TryPattern(words[0], out var clients))
                _chosen.Add((number, clients, words[1]));
            else
                _faults.Add(new HeaderFault(number, 1, $"'{words[0]}' is no address, no network (a.b.c.d/n) and no pattern like 192.168.*.*"));
        }

        private void Section(int number, string name)
        {
            if (name.Length is 0 or > 40 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
                _faults.Add(new HeaderFault(number, 2, "the name of a template is of letters, digits, - and _, at most 40"));
            else if (!_texts.TryAdd(name, (number, [])))
                _faults.Add(new HeaderFault(number, 2, $"there is a template [{name}] above already"));
            _current = name;
        }

        private void Text(int number, string line)
        {
            if (!_texts.TryGetValue(_current, out var here))
                return;
            if (here.Text.Count == 0)
            {
                const string field = "Received:";
                _texts[_current] = (number, here.Text);
                line = line.StartsWith(field, StringComparison.OrdinalIgnoreCase) ? line[field.Length..].TrimStart() : line;
            }
            here.Text.Add(line);
        }

        private static bool TryPattern(string word, out IPNetwork clients)
        {
            clients = default;
            if (IPNetwork.TryParse(word, out clients))
                return true;
            if (IPAddress.TryParse(word, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || word.Count(c => c == '.') == 3))
            {
                clients = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);
                return true;
            }
            var octets = word.Split('.');
            var given = octets.TakeWhile(octet => octet != "*").Count();
            return octets.Length == 4 && octets.Skip(given).All(octet => octet == "*")
                && octets.Take(given).All(octet => byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                && IPNetwork.TryParse(string.Create(CultureInfo.InvariantCulture, $"{string.Join('.', octets.Select(octet => octet == "*" ? "0" : octet))}/{given * 8}"), out clients);
        }
    }
}

/// <summary>What is wrong with a header template, and where.</summary>
public sealed record HeaderFault(int Line, int Column, string Message);
