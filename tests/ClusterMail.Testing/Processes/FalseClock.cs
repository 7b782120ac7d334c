using System.Globalization;
using System.Runtime.InteropServices;

namespace ClusterMail.Testing.Processes;

/// <summary>A time of day that is wrong and can be set while the program runs (libfaketime).</summary>
internal static class FalseClock
{
    private static string Library => $"/usr/lib/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu/faketime/libfaketimeMT.so.1";

    /// <summary>
    /// Variables for a program that reads its time of day through the file, once a second. The library's "monotonic fix" is for programs whose monotonic clock is false
    /// as well; here it would end waits at once.
    /// </summary>
    public static IReadOnlyList<string> Environment(string file) => File.Exists(Library)
        ? [$"LD_PRELOAD={Library}", $"FAKETIME_TIMESTAMP_FILE={file}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0"]
        : throw new InvalidOperationException($"{Library} is missing: run tests/install.");

    public static void Set(string file, TimeSpan off) => File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{off.TotalSeconds:+0;-0;+0}"));
}
