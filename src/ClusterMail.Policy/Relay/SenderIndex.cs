namespace ClusterMail.Policy.Relay;

/// <summary>Finds the first rule whose sender pattern matches: by look-up for plain addresses, domains and <c>*.domain</c>, by walking for the rest.</summary>
internal sealed class SenderIndex
{
    private readonly int[] _special = [.. Enumerable.Repeat(ClientIndex.NoMatch, Enum.GetValues<SenderKind>().Length)];
    private readonly Dictionary<(string Local, string Domain), int> _addresses = [];
    private readonly Dictionary<string, int> _domains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _suffixes = new(StringComparer.Ordinal);
    private readonly List<(SenderPattern Pattern, int Position)> _others = [];

    public void Add(in SenderPattern pattern, int position)
    {
        var plainDomain = !pattern.Domain.Contains('*', StringComparison.Ordinal);
        if (pattern.Special is { } kind)
            _special[(int)kind] = Math.Min(_special[(int)kind], position);
        else if (plainDomain && !pattern.Local.Contains('*', StringComparison.Ordinal))
            _addresses.TryAdd((pattern.Local, pattern.Domain), position);
        else if (plainDomain && pattern.Local == "*")
            _domains.TryAdd(pattern.Domain, position);
        else if (pattern.Local == "*" && pattern.Domain.StartsWith("*.", StringComparison.Ordinal) && !pattern.Domain.AsSpan(1).Contains('*'))
            _suffixes.TryAdd(pattern.Domain[1..], position);
        else
            _others.Add((pattern, position));
    }

    /// <summary>Position of the first match, or <see cref="ClientIndex.NoMatch"/>. Envelope patterns never match the null or the empty path.</summary>
    /// <param name="special">Of them, the first <c>#…</c> line.</param>
    public int First(in SenderFacts sender, out int special)
    {
        special = _special[(int)sender.Kind];
        if (sender.Kind == SenderKind.Null)
            special = Math.Min(special, _special[(int)SenderKind.Blank]);     // RELAY-12: #blank catches <> too
        var first = special;
        if (sender.Kind is SenderKind.Null or SenderKind.Blank)
            return first;
        if (_addresses.TryGetValue((sender.Local, sender.Domain), out var position))
            first = Math.Min(first, position);
        if (_domains.TryGetValue(sender.Domain, out position))
            first = Math.Min(first, position);
        first = FirstSuffix(sender.Domain, first);
        foreach (var (pattern, at) in _others)
        {
            if (at >= first)
                break;
            if (pattern.Matches(sender))
                return at;
        }
        return first;
    }

    private int FirstSuffix(string domain, int first)
    {
        if (_suffixes.Count == 0)
            return first;
        var lookup = _suffixes.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
            if (lookup.TryGetValue(domain.AsSpan(dot), out var position))
                first = Math.Min(first, position);
        return first;
    }
}
