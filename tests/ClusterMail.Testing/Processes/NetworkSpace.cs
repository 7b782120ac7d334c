using System.Runtime.InteropServices;

namespace ClusterMail.Testing.Processes;

/// <summary>Work inside a network namespace, without a process there: a thread of our own enters it, and what sockets it opens belong to it for ever.</summary>
public static partial class NetworkSpace
{
    private const int NewNetwork = 0x40000000;

    /// <summary>Begins <paramref name="work"/> in the namespace; what comes after its first wait runs outside, with the sockets it has opened before.</summary>
    public static async Task<T> InsideAsync<T>(string space, Func<Task<T>> work)
    {
        var begun = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Run(space, () => begun.SetResult(work()), begun.SetException);
        return await await begun.Task;
    }

    /// <summary>A thread that stays in the namespace until <paramref name="work"/> returns.</summary>
    public static Task RunAsync(string space, Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Run(space, () => { work(); done.SetResult(); }, done.SetException);
        return done.Task;
    }

    private static void Run(string space, Action work, Action<Exception> failed) => new Thread(() =>
    {
        try
        {
            Enter(space);
            work();
        }
        catch (Exception e)
        {
            failed(e);
        }
    })
    { IsBackground = true, Name = space }.Start();

    private static void Enter(string space)
    {
        using var file = File.OpenHandle($"/run/netns/{space}");
        if (SetNamespace(file.DangerousGetHandle().ToInt32(), NewNetwork) != 0)
            throw new InvalidOperationException($"setns to {space} failed with error {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);
}
