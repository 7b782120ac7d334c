using System.Diagnostics;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Node.Addresses;

/// <summary>
/// One per node: takes and keeps the service addresses the database lets it have, and gives them up (CLU-23, CLU-23a). Looks four times a second whether it still may, so that a node that is cut
/// off lets go in time; should it not even come to that, the kernel takes the address off.
/// </summary>
public sealed class IpWatcherActor : ReceiveActor, IWithTimers
{
    /// <summary>For the node's stop: gives everything back and answers <see cref="Stopped"/>.</summary>
    public sealed record Stop;

    public sealed record Stopped;

    private sealed record Tick;
    private sealed record Looked(MachineAddresses Machine);
    private sealed record Beaten(long Started, IReadOnlyList<Hold> Asked, AddressBeat Beat);
    private sealed record Answered(IReadOnlyList<(string Name, string? Trouble)> Answers);
    private sealed record Took(ServiceAddress Service, long Started, (long Turn, string Reason)? Taken);
    private sealed record Standing(Hold Hold, string? Reason);
    private sealed record PutFailed(Hold Hold, Exception Cause);
    private sealed record Announce(Hold Hold, int Left);
    private sealed record Gone(Hold Hold, Exception? Cause);
    private sealed record Cleared;
    private sealed record SaidLast;
    private sealed record StepFailed(string Step, Exception Cause);
    private sealed record TakeFailed(string Address, Exception Cause);

    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>While no service address is configured or held.</summary>
    private static readonly TimeSpan RestEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>A question to the database that hangs is given up while there is time for another one within the lease.</summary>
    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(2);

    /// <summary>How often neighbours are told, a second apart: a frame may be lost.</summary>
    private const int Announcements = 3;

    private readonly IpWatcherParts _parts;
    private readonly Fitness _fitness;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private TimeSpan _pace;
    private readonly Dictionary<string, Hold> _holds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taking = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _objections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _begun = new(StringComparer.Ordinal);
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private AddressBeat _known = new([], [], []);
    private IActorRef? _stopper;

    public ITimerScheduler Timers { get; set; } = null!;

    public IpWatcherActor(IpWatcherParts parts)
    {
        (_parts, _fitness) = (parts, new Fitness(parts, NetworkRights.Missing()));
        Receive<Tick>(_ => OnTick());
        Receive<Looked>(OnLooked);
        Receive<Beaten>(OnBeaten);
        Receive<Answered>(OnAnswered);
        Receive<Took>(OnTook);
        Receive<Standing>(OnStanding);
        Receive<PutFailed>(failed => OnTrouble(failed.Hold, failed.Cause.Message));
        Receive<Announce>(OnAnnounce);
        Receive<Gone>(OnGone);
        Receive<Cleared>(_ => { });
        Receive<StepFailed>(OnStepFailed);
        Receive<TakeFailed>(OnTakeFailed);
        Receive<Stop>(OnStop);
        Receive<SaidLast>(_ => _stopper?.Tell(new Stopped()));
    }

    public static Props Props(IpWatcherParts parts) => Akka.Actor.Props.Create(() => new IpWatcherActor(parts));

    protected override void PreStart() => Pace(TickEvery);

    private void Pace(TimeSpan every)
    {
        if (every == _pace)
            return;
        _pace = every;
        Timers.StartPeriodicTimer("tick", new Tick(), every);
    }

    /// <summary>Also after an error of our own: nothing may stay that nobody watches.</summary>
    protected override void PostStop()
    {
        foreach (var hold in _holds.Values)
            _ = hold.RemoveAsync().ContinueWith(done => done.Exception, TaskScheduler.Default);
    }

    private string NotReady => _stopper is null ? _fitness.NotReady : "stopping";

    private Hold[] Active => [.. _holds.Values.Where(hold => !hold.IsOver)];

    private void OnTick()
    {
        var wanted = _parts.Wanted();
        var rests = wanted.Count == 0 && _holds.Count == 0;
        Pace(rests ? RestEvery : TickEvery);
        if (rests)
            return;
        foreach (var hold in Active.Where(hold => hold.HasLapsed))
            GiveUp(hold, "its lease could not be renewed in time");
        if (NotReady is { Length: > 0 } why)
            foreach (var hold in Active)
                GiveUp(hold, why);
        Begin("look", LookEvery, IpTool.LookAsync, machine => new Looked(machine));
        if (_fitness.Machine is null)
            return;
        if (_parts.Epoch() is { } epoch && _stopper is null)
            Begin("beat", BeatEvery, () => BeatAsync(_fitness.Report(epoch, NotReady, wanted), Active), beaten => beaten);
        Begin("ask", AskEvery, () => _fitness.AskAsync(wanted, [.. Active.Where(hold => hold.IsUp).Select(hold => hold.Service)], _known), answers => new Answered(answers));
    }

    /// <summary>Starts a step when it is due and not under way.</summary>
    private void Begin<T>(string step, TimeSpan every, Func<Task<T>> work, Func<T, object> done)
    {
        if (_running.Contains(step) || (_begun.TryGetValue(step, out var last) && Stopwatch.GetElapsedTime(last) < every))
            return;
        _begun[step] = Stopwatch.GetTimestamp();
        _running.Add(step);
        work().PipeTo(Self, success: done, failure: cause => new StepFailed(step, cause));
    }

    private void OnLooked(Looked looked)
    {
        _running.Remove("look");
        _fitness.Machine = looked.Machine;
        var wanted = _parts.Wanted();
        foreach (var service in wanted.Where(service => !_holds.ContainsKey(service.Name) && !_taking.Contains(service.Name) && looked.Machine.HasLeftOver(service)))
        {
            // It would go within seconds by itself; another node may be about to take it.
            _log.Warning("{0} still stands on {1} from an earlier life of this node and is taken off", service.Name, service.Interface);
            IpTool.RemoveAsync(service).PipeTo(Self, success: () => new Cleared(), failure: cause => new StepFailed("clear", cause));
        }
        foreach (var service in wanted)
        {
            var objection = _fitness.Objection(service);
            if (objection is not null && _objections.GetValueOrDefault(service.Name) != objection)
                _log.Warning("This node cannot hold {0}: {1}", service.Name, objection);
            _objections[service.Name] = objection ?? "";
        }
    }

    private async Task<Beaten> BeatAsync(AddressReport report, Hold[] holds)
    {
        var started = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(QuestionLimit);
        return new Beaten(started, holds, await _parts.Store.BeatAsync(report, [.. holds.Select(hold => (hold.Service.Name, hold.Turn))], limit.Token).ConfigureAwait(false));
    }

    private void OnBeaten(Beaten beaten)
    {
        _running.Remove("beat");
        _known = beaten.Beat;
        foreach (var hold in beaten.Asked.Where(hold => !hold.IsOver))
            if (beaten.Beat.Renewed.Contains(hold.Service.Name))
            {
                hold.Extend(beaten.Started);
                Put(hold, null);
            }
            else
                GiveUp(hold, "the database has given it to another");
        Decide(_parts.Wanted());
        _parts.Show(_parts.Wanted().ToDictionary(service => service.Name, service => _holds.TryGetValue(service.Name, out var hold) && hold is { IsUp: true, IsOver: false }, StringComparer.Ordinal));
    }

    /// <summary>Gives up what is another's or nobody's, takes what is ours and free.</summary>
    private void Decide(IReadOnlyList<ServiceAddress> wanted)
    {
        foreach (var hold in Active)
            if (wanted.FirstOrDefault(service => service.Name == hold.Service.Name) is not { } now)
                GiveUp(hold, "it is no service address any more");
            else if ((now.Interface, now.PrefixLength) != (hold.Service.Interface, hold.Service.PrefixLength))
                GiveUp(hold, "its interface or prefix was changed");
        if (NotReady.Length > 0)
            return;
        foreach (var service in wanted)
            if (_known.Addresses.FirstOrDefault(row => row.Address == service.Name) is { } row)
                Decide(service, row, First(row));
    }

    private void Decide(ServiceAddress service, AddressRow row, string? first)
    {
        if (_holds.TryGetValue(service.Name, out var hold))
        {
            if (!hold.IsOver && first != _parts.Node)
                GiveUp(hold, first is null ? _fitness.Objection(service) ?? "no node is to hold it" : $"{first} is to hold it");
        }
        else if (first == _parts.Node && IsFree(row) && _fitness.Objection(service) is null && _parts.Epoch() is { } epoch && _taking.Add(service.Name))
            TakeAsync(service, epoch).PipeTo(Self, success: took => took, failure: cause => new TakeFailed(service.Name, cause));
    }

    /// <summary>Whose turn it is, as the database will judge it too.</summary>
    private string? First(AddressRow row) => row.Wished.FirstOrDefault(name => _known.Nodes.Any(node => node.Name == name && node.Ready && !node.Unable.Contains(row.Address)));

    private bool IsFree(AddressRow row) => row.Holder is null || row.Holder == _parts.Node || row.LeaseLeft is not { } left || left + AddressStore.Guard < TimeSpan.Zero;

    private async Task<Took> TakeAsync(ServiceAddress service, long epoch)
    {
        var started = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(QuestionLimit);
        return new Took(service, started, await _parts.Store.TakeAsync(service.Name, _parts.Node, epoch, limit.Token).ConfigureAwait(false));
    }

    private void OnTook(Took took)
    {
        _taking.Remove(took.Service.Name);
        if (took.Taken is not { } taken)
            return;
        var hold = new Hold(took.Service, taken.Turn, took.Started);
        _holds.Add(took.Service.Name, hold);
        _fitness.Forget(took.Service.Name);
        if (NotReady is { Length: > 0 } why)
            GiveUp(hold, why);
        else
            Put(hold, taken.Reason);
    }

    /// <param name="reason">Why it was taken, for its first time on the interface; null: it stands there and is to stay.</param>
    private void Put(Hold hold, string? reason) =>
        hold.PutAsync().PipeTo(Self, success: () => new Standing(hold, reason), failure: cause => new PutFailed(hold, cause));

    private void OnStanding(Standing standing)
    {
        if (standing is not { Hold: { IsOver: false, IsUp: true } hold, Reason: { } reason })
            return;
        _log.Info("{0} is held by this node: {1}", hold.Service.Name, reason);
        Tell("address-taken", hold, $"{hold.Service.Name} is held by {_parts.Node}: {reason}");
        OnAnnounce(new Announce(hold, Announcements));
    }

    private void OnAnnounce(Announce announce)
    {
        var (hold, left) = announce;
        if (hold.IsOver || _fitness.Machine?.Find(hold.Service.Interface) is not { Hardware: { } hardware } link)
            return;
        try
        {
            Announcement.Send(hold.Service.Address, link.Index, hardware);
            if (left > 1)
                Timers.StartSingleTimer($"announce {hold.Service.Name}", new Announce(hold, left - 1), TimeSpan.FromSeconds(1));
        }
        catch (SocketException trouble)
        {
            OnTrouble(hold, $"its neighbours cannot be told on {hold.Service.Interface}: {trouble.Message}");
        }
    }

    private void OnAnswered(Answered answered)
    {
        _running.Remove("ask");
        _fitness.Note(answered.Answers);
        foreach (var hold in Active)
            if (_fitness.TroubleAt(hold.Service.Name) is { } trouble)
                OnTrouble(hold, trouble);
    }

    /// <summary>This node cannot serve this address now; for a while others are to.</summary>
    private void OnTrouble(Hold hold, string trouble)
    {
        _fitness.Penalize(hold.Service.Name, trouble);
        GiveUp(hold, trouble);
    }

    private void GiveUp(Hold hold, string reason)
    {
        if (hold.IsOver)
            return;
        _log.Info("{0} is given up by this node: {1}", hold.Service.Name, reason);
        LetGoAsync(hold, reason).PipeTo(Self, success: gone => gone, failure: cause => new Gone(hold, cause));
    }

    private async Task<Gone> LetGoAsync(Hold hold, string reason)
    {
        // First the interface, then the database: the next one may put it up the moment it reads that it is free.
        await hold.RemoveAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(QuestionLimit);
        await _parts.Store.GiveAsync(hold.Service.Name, _parts.Node, hold.Turn, $"{_parts.Node} gave it up: {reason}", limit.Token).ConfigureAwait(false);
        Tell("address-given", hold, $"{_parts.Node} gives {hold.Service.Name} up: {reason}");
        return new Gone(hold, null);
    }

    /// <summary>What could not be taken off goes by the kernel's clock, and what could not be given back by the lease's end.</summary>
    private void OnGone(Gone gone)
    {
        if (gone.Cause is { } cause && !Database.IsLost(cause) && cause is not OperationCanceledException)
            _log.Error(cause, "{0} could not be taken off in order; it goes within seconds by itself", gone.Hold.Service.Name);
        if (_holds.GetValueOrDefault(gone.Hold.Service.Name) == gone.Hold)
            _holds.Remove(gone.Hold.Service.Name);
        _fitness.Forget(gone.Hold.Service.Name);
        if (_stopper is not null && _holds.Count == 0)
            SayLast();
    }

    private void OnStepFailed(StepFailed failed)
    {
        _running.Remove(failed.Step);
        if (!Database.IsLost(failed.Cause) && failed.Cause is not OperationCanceledException)
            _log.Warning("Watching the service addresses: {0} failed: {1}", failed.Step, failed.Cause.Message);
        if (failed.Step == "last word")
            _stopper?.Tell(new Stopped());
    }

    private void OnTakeFailed(TakeFailed failed)
    {
        _taking.Remove(failed.Address);
        if (!Database.IsLost(failed.Cause) && failed.Cause is not OperationCanceledException)
            _log.Warning("{0} could not be taken: {1}", failed.Address, failed.Cause.Message);
    }

    private void OnStop(Stop stop)
    {
        _stopper = Sender;
        foreach (var hold in Active)
            GiveUp(hold, "stopping");
        if (_holds.Count == 0)
            SayLast();
    }

    /// <summary>So that others need not wait until this node's last word is old.</summary>
    private void SayLast()
    {
        var wanted = _parts.Wanted();
        if (_parts.Epoch() is { } epoch && wanted.Count > 0)
            BeatAsync(_fitness.Report(epoch, NotReady, wanted), []).PipeTo(Self, success: _ => new SaidLast(), failure: cause => new StepFailed("last word", cause));
        else
            Self.Tell(new SaidLast());
    }

    private void Tell(string kind, Hold hold, string text) =>
        _parts.Events.WriteAsync(_parts.Node, kind, text, new Dictionary<string, string> { ["address"] = hold.Service.Name }, CancellationToken.None)
            .ContinueWith(done => done.Exception, TaskScheduler.Default);
}
