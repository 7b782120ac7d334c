using System.Net;

namespace ClusterMail.Testing.Processes;

/// <summary>A node of a <see cref="NetworkFarm"/>.</summary>
/// <param name="Space">Its network namespace.</param>
/// <param name="Cable">The bridge's end of its cable.</param>
public sealed record NetworkNode(string Name, string Space, string Cable, IPAddress Address)
{
    public IPEndPoint Receiver => new(Address, 25);

    /// <summary>Where a balancer speaks the PROXY protocol to it.</summary>
    public string ProxySmtp => $"{Address}:2525";
    public string Admin => $"http://{Address}:8080";
    internal Daemon? Process { get; set; }

    /// <summary>It was killed on purpose, and somebody will start it again.</summary>
    internal bool IsDown { get; set; }
    internal string Folder { get; set; } = "";

    /// <summary>The release it runs.</summary>
    internal string Program { get; set; } = Farm.Program("clustermaild");

    /// <summary>The file its time of day is read through.</summary>
    internal string Clock => Path.Combine(Folder, "clock");

    /// <summary>How far its time of day is from the machine's, from within a second on. Its monotonic clock is not touched.</summary>
    public void SetClock(TimeSpan off) => FalseClock.Set(Clock, off);

    /// <summary>SIGSTOP or SIGCONT: <c>ip netns exec</c> has replaced itself by the node.</summary>
    public void Signal(int signal) => Unix.Signal(Process!.Pid, signal);
}
