using System.Runtime.InteropServices;

namespace ClusterMail.Testing.Processes;

/// <summary>Signals, which <see cref="System.Diagnostics.Process"/> lacks.</summary>
public static partial class Unix
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static bool IsRoot => Environment.UserName == "root";

    /// <returns>False: there is no such process.</returns>
    public static bool Signal(int pid, int signal)
    {
        // 0 and -1 would reach whole groups of processes.
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 2);
        return SendSignal(pid, signal) == 0;
    }

    /// <summary>False also for a process that has ended and whose parent has not asked for it yet (a zombie).</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            // "pid (name) state ...": the name may hold brackets, so count from the last one.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Lets other accounts reach what lies in a folder of ours, for servers that do not run as root.</summary>
    public static void LetThrough(string folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>Resident memory in octets; 0 when the process is gone.</summary>
    public static long Memory(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
