using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ClusterMail.Cli.Local;

/// <summary>
/// The running process of a node, found by its command line: <c>clustermaild --config FOLDER/node.conf</c>. The folder is unique, so neither a process
/// id that was used again nor a lost file can make us signal a stranger.
/// </summary>
public sealed class NodeProcess
{
    private const string Daemon = "clustermaild";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly string _configuration;
    private readonly string _startedAt;

    private NodeProcess(int pid, string configuration, string startedAt) => (Pid, _configuration, _startedAt) = (pid, configuration, startedAt);

    public int Pid { get; }

    /// <summary>Stopped by SIGSTOP.</summary>
    public bool IsPaused => Stat(Pid) is { State: "T" };

    /// <summary>Ended, but its parent has not taken notice yet.</summary>
    public static bool IsZombie(int pid) => Stat(pid) is { State: "Z" or "X" };

    /// <summary>There is such a process, and it has not ended.</summary>
    public static bool Exists(int pid) => Stat(pid) is { State: not "Z" and not "X" };

    /// <summary>When a process was started, in clock ticks since the machine was; null: there is none.</summary>
    public static string? StartOf(int pid) => Exists(pid) ? Stat(pid)?.StartedAt : null;

    /// <summary>Every process there is.</summary>
    public static IEnumerable<int> All() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0);

    /// <summary>Processes started by this one that are still there.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent) => [.. All().Where(pid => Stat(pid)?.Parent == parent)];

    public bool IsAlive => Stat(Pid) is { } stat && stat.StartedAt == _startedAt && stat.State is not "Z" and not "X";

    /// <returns>Null: the node is not running.</returns>
    public static NodeProcess? Find(LocalNode node) => Find(node.ConfigurationFile);

    private static NodeProcess? Find(string configuration)
    {
        foreach (var pid in All())
        {
            if (IsOurs(pid, configuration)
                && Stat(pid) is { State: not "Z" and not "X" } stat)
                return new NodeProcess(pid, configuration, stat.StartedAt);
        }

        return null;
    }

    /// <summary>Starts the node in a session of its own, so that it outlives this terminal. Its output goes to <see cref="LocalNode.LogFile"/>.</summary>
    public static NodeProcess Start(LocalNode node, string daemon, NodeDress dress)
    {
        // The shell only redirects; it, setsid and whatever the dress names replace themselves, so the process id stays.
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", "exec setsid \"$0\" \"$@\" </dev/null >>\"$CLUSTERMAIL_NODE_LOG\" 2>&1", .. dress.Prefix, daemon, "--config", node.ConfigurationFile])
        {
            WorkingDirectory = node.Folder,
        };
        foreach (var (name, value) in dress.Environment)
            start.Environment[name] = value;
        start.Environment["CLUSTERMAIL_NODE_LOG"] = node.LogFile;
        using var process = Process.Start(start) ?? throw new CommandFailure($"cannot start {daemon}");
        return new NodeProcess(process.Id, node.ConfigurationFile, Stat(process.Id)?.StartedAt ?? "");
    }

    /// <returns>False: it has ended already.</returns>
    public bool Send(Signal signal) => IsAlive && IsOurs(Pid, _configuration) && Signals.Send(Pid, signal);

    /// <returns>False: it is still there after <paramref name="limit"/>.</returns>
    public Task<bool> WaitForExitAsync(TimeSpan limit, CancellationToken cancel) => WaitUntilAsync(p => !p.IsAlive, limit, cancel);

    /// <returns>False: not so within <paramref name="limit"/>.</returns>
    public async Task<bool> WaitUntilAsync(Predicate<NodeProcess> condition, TimeSpan limit, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        while (!condition(this))
        {
            if (watch.Elapsed >= limit)
                return false;
            await Task.Delay(Step, cancel);
        }

        return true;
    }

    private static bool IsOurs(int pid, string configuration)
    {
        var arguments = CommandLine(pid);
        var at = Array.IndexOf(arguments, "--config");
        return at >= 1 && at + 1 < arguments.Length && arguments[at + 1] == configuration
            && arguments[..at].Any(a => Path.GetFileNameWithoutExtension(a) == Daemon);
    }

    /// <summary>Program and arguments; empty: there is no such process, or it is not ours to see.</summary>
    public static string[] CommandLine(int pid)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static (string State, int Parent, string StartedAt)? Stat(int pid)
    {
        try
        {
            // "pid (name) state ppid ...": the name may hold blanks and brackets, so count from the last bracket. Field 22 is the start in clock ticks.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0], int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
