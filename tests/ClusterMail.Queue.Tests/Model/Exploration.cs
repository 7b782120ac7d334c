using System.Text;

namespace ClusterMail.Queue.Tests.Model;

/// <summary>Every state that can be reached within the bounds, breadth first, so that what breaks a promise is found by its shortest way.</summary>
internal sealed class Exploration
{
    private readonly Bounds _bounds;
    private readonly (Move Move, int Node, int Mail)[] _moves;
    private readonly ModelFarm _at;
    private readonly ModelFarm _next;
    private readonly Dictionary<UInt128, int> _known = [];
    private readonly List<UInt128> _states = [];
    private readonly List<(int From, short Move)> _first = [];
    private readonly List<int> _from = [];
    private readonly List<int> _to = [];
    private readonly List<int> _done = [];

    private Exploration(Bounds bounds)
    {
        (_bounds, _at, _next) = (bounds, new ModelFarm(bounds), new ModelFarm(bounds));
        _moves = [.. Moves.All(bounds)];
    }

    public int States => _states.Count;

    /// <summary>The promise broken and how it came to it; null: all hold everywhere.</summary>
    public string? Broken { get; private set; }

    /// <summary>The most copies of one mail in any state.</summary>
    public int MostCopies { get; private set; }

    public static Exploration Of(Bounds bounds)
    {
        var exploration = new Exploration(bounds);
        exploration.Explore();
        return exploration;
    }

    private void Explore()
    {
        Reach(_at.Key(), -1, 0);
        for (var at = 0; at < _states.Count && Broken is null; at++)
        {
            _at.Open(_states[at]);
            if (Promises.Broken(_at) is { } promise)
            {
                Broken = $"{promise}\n{Way(at)}";
                return;
            }
            MostCopies = Math.Max(MostCopies, _at.Copies.Max());
            if (Promises.AllDelivered(_at))
                _done.Add(at);
            Expand(at);
        }
        if (Broken is null && Stuck() is { } stuck)
            Broken = $"progress: from here nothing leads to delivery\n{Way(stuck)}";
    }

    private void Expand(int at)
    {
        _next.CopyFrom(_at);
        for (short i = 0; i < _moves.Length; i++)
        {
            var (move, node, mail) = _moves[i];
            if (!Moves.TryMake(_next, move, node, mail))
                continue;
            _from.Add(at);
            _to.Add(Reach(_next.Key(), at, i));
            _next.CopyFrom(_at);
        }
    }

    private int Reach(UInt128 state, int from, short move)
    {
        if (_known.TryGetValue(state, out var index))
            return index;
        _known.Add(state, _states.Count);
        _states.Add(state);
        _first.Add((from, move));
        return _states.Count - 1;
    }

    /// <summary>A state from which no way leads to one where everything taken has arrived: backwards from those, whatever is not met.</summary>
    private int? Stuck()
    {
        var start = new int[_states.Count + 1];
        foreach (var to in _to)
            start[to + 1]++;
        for (var i = 0; i < _states.Count; i++)
            start[i + 1] += start[i];
        var (before, filled) = (new int[_from.Count], start.ToArray());
        for (var edge = 0; edge < _from.Count; edge++)
            before[filled[_to[edge]]++] = _from[edge];
        var met = new bool[_states.Count];
        var open = new Stack<int>(_done);
        _done.ForEach(done => met[done] = true);
        while (open.TryPop(out var at))
            for (var i = start[at]; i < start[at + 1]; i++)
                if (!met[before[i]])
                {
                    met[before[i]] = true;
                    open.Push(before[i]);
                }
        return Array.IndexOf(met, false) is >= 0 and var stuck ? stuck : null;
    }

    private string Way(int to)
    {
        var way = new Stack<string>();
        for (var at = to; at >= 0; at = _first[at].From)
        {
            _at.Open(_states[at]);
            way.Push($"  {(_first[at].From < 0 ? "begin" : _moves[_first[at].Move].ToString())}: {_at}");
        }
        return new StringBuilder().AppendJoin('\n', way).ToString();
    }
}
