using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ClusterMail.Cli.Local;

/// <summary>Signals to processes (Linux numbers); <see cref="System.Diagnostics.Process"/> knows only SIGKILL.</summary>
public static partial class Signals
{
    private const int NoSuchProcess = 3;

    /// <returns>False: the process is gone already.</returns>
    /// <exception cref="CommandFailure">It belongs to somebody else.</exception>
    public static bool Send(int pid, Signal signal)
    {
        // 0 and -1 would reach whole groups of processes.
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        if (Kill(pid, (int)signal) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess
            ? false
            : throw new CommandFailure($"cannot send {signal} to process {pid}: {new Win32Exception(error).Message}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

public enum Signal
{
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
