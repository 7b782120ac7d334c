using System.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>
/// The elements that are open while HTML is written anew. What is written is always nested rightly and never deeper than the limit, so that a parser has
/// nothing to repair: repairing is where it can be made to work without end.
/// </summary>
internal sealed class OpenElements(StringBuilder target)
{
    /// <summary>Elements within each other. Mails laid out with tables have some thirty.</summary>
    public const int DepthLimit = 200;

    private static readonly HashSet<string> Void = ["br", "hr", "img", "col"];
    private static readonly HashSet<string> Inline = ["span", "abbr", "del", "ins", "kbd", "q", "samp", "sub", "sup", "var"];

    /// <summary>An element that is left out in most mails: what it closes, and no further up than what.</summary>
    private static readonly Dictionary<string, (string[] Closes, string[] Within)> Implied = new()
    {
        ["li"] = (["li"], ["ul", "ol", "table"]),
        ["dd"] = (["dd", "dt"], ["dl", "table"]),
        ["dt"] = (["dd", "dt"], ["dl", "table"]),
        ["td"] = (["td", "th"], ["tr", "table"]),
        ["th"] = (["td", "th"], ["tr", "table"]),
        ["tr"] = (["tr"], ["table"]),
        ["tbody"] = (["tbody", "thead", "tfoot", "caption", "colgroup"], ["table"]),
        ["thead"] = (["tbody", "thead", "tfoot", "caption", "colgroup"], ["table"]),
        ["tfoot"] = (["tbody", "thead", "tfoot", "caption", "colgroup"], ["table"]),
    };

    private readonly List<string> _open = [];

    /// <summary>Called before the start tag is written.</summary>
    /// <returns>False: too deep.</returns>
    public bool Open(string name)
    {
        if (Implied.TryGetValue(name, out var implied))
            CloseTo(Find(one => implied.Closes.Contains(one), one => implied.Within.Contains(one)));
        else if (!Inline.Contains(name) && name is not ("br" or "img"))
            CloseTo(Find(one => one == "p", one => !Inline.Contains(one)));
        if (Void.Contains(name))
            return true;
        _open.Add(name);
        return _open.Count <= DepthLimit;
    }

    /// <summary>An end tag closes what is open in it as well; one that ends nothing is left out. None but its own reaches out of a table.</summary>
    public void Close(string name) => CloseTo(Find(one => one == name, one => one == "table"));

    public void CloseAll() => CloseTo(0);

    /// <summary>Index of the innermost that fits, not beyond one that bars the way; the count: none.</summary>
    private int Find(Func<string, bool> fits, Func<string, bool> bars)
    {
        for (var index = _open.Count - 1; index >= 0; index--)
        {
            if (fits(_open[index]))
                return index;
            if (bars(_open[index]))
                break;
        }
        return _open.Count;
    }

    private void CloseTo(int index)
    {
        for (var last = _open.Count - 1; last >= index; last--)
            target.Append("</").Append(_open[last]).Append('>');
        _open.RemoveRange(index, _open.Count - index);
    }
}
