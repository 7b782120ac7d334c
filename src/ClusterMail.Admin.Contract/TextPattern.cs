using System.Globalization;

namespace ClusterMail.Admin.Contract;

/// <summary>A sentence with holes, <c>There is no setting '{0}'.</c>: recognises a finished one and says what stands in the holes.</summary>
public sealed class TextPattern
{
    private readonly string[] _pieces;
    private readonly int[] _holes;

    /// <param name="format">Holes as <c>{n}</c>, each number once; no two side by side.</param>
    public TextPattern(string format)
    {
        var pieces = new List<string>();
        var holes = new List<int>();
        var rest = format;
        for (var open = rest.IndexOf('{', StringComparison.Ordinal); open >= 0; open = rest.IndexOf('{', StringComparison.Ordinal))
        {
            var close = rest.IndexOf('}', open);
            pieces.Add(rest[..open]);
            holes.Add(int.Parse(rest[(open + 1)..close], CultureInfo.InvariantCulture));
            rest = rest[(close + 1)..];
        }
        pieces.Add(rest);
        (_pieces, _holes) = ([.. pieces], [.. holes]);
    }

    /// <summary>Characters that stand fast: of two patterns that fit, the one with more of them says more.</summary>
    public int Weight => _pieces.Sum(piece => piece.Length);

    /// <summary>What stands in the holes, by their number; null: it is another sentence.</summary>
    public string[]? Match(string text)
    {
        if (!text.StartsWith(_pieces[0], StringComparison.Ordinal))
            return null;
        var found = new string[_holes.Length];
        var at = _pieces[0].Length;
        for (var hole = 0; hole < _holes.Length; hole++)
        {
            var piece = _pieces[hole + 1];
            var isLast = hole == _holes.Length - 1;
            var next = isLast ? text.Length - piece.Length : text.IndexOf(piece, at, StringComparison.Ordinal);
            if (next < at || (isLast && !text.EndsWith(piece, StringComparison.Ordinal)))
                return null;
            found[_holes[hole]] = text[at..next];
            at = next + piece.Length;
        }
        return at == text.Length ? found : null;
    }
}
