using System.Diagnostics;
using System.Globalization;
using ClusterMail.Settings;

namespace ClusterMail.Node.Addresses;

/// <summary>Changes and reads the addresses of interfaces by <c>ip</c> of iproute2; never through a shell.</summary>
public static class IpTool
{
    /// <summary>A change of addresses takes milliseconds; on a machine where it takes longer the address is better elsewhere.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly string[] Places = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"];

    /// <summary>The program with its whole path; null: iproute2 is not installed.</summary>
    public static string? Program { get; } = Places.FirstOrDefault(File.Exists);

    /// <summary>
    /// Puts an address on its interface, or lets it live longer. The kernel takes it off after <paramref name="seconds"/> whatever happens to this process. Preferred for no time, so that no
    /// connection of our own begins from an address that may go; no duplicate address detection, because the lease has told who may and a second of silence would be lost.
    /// </summary>
    /// <exception cref="IOException">It could not be done; the message says what <c>ip</c> said.</exception>
    public static Task PutAsync(ServiceAddress service, int seconds)
    {
        List<string> arguments = ["addr", "replace", Written(service), "dev", service.Interface, "valid_lft", seconds.ToString(CultureInfo.InvariantCulture), "preferred_lft", "0"];
        if (service.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            arguments.Add("nodad");
        return MustAsync(arguments);
    }

    /// <summary>Takes it off; one that is not there is no fault.</summary>
    /// <exception cref="IOException">It may still be there.</exception>
    public static async Task RemoveAsync(ServiceAddress service)
    {
        var (code, _, errors) = await RunAsync(["addr", "del", Written(service), "dev", service.Interface]);
        if (code != 0 && !errors.Contains("Cannot assign requested address", StringComparison.Ordinal) && !errors.Contains("Cannot find device", StringComparison.Ordinal))
            throw new IOException(errors);
    }

    /// <exception cref="IOException">They cannot be read.</exception>
    public static async Task<MachineAddresses> LookAsync() => MachineAddresses.Parse(await MustAsync(["-j", "addr", "show"]));

    private static string Written(ServiceAddress service) => string.Create(CultureInfo.InvariantCulture, $"{service.Name}/{service.PrefixLength}");

    private static async Task<string> MustAsync(IReadOnlyList<string> arguments)
    {
        var (code, output, errors) = await RunAsync(arguments);
        return code == 0 ? output : throw new IOException(errors);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Program ?? throw new IOException("ip is missing: install iproute2"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        // Its answers are read by their words.
        start.Environment["LC_ALL"] = "C";
        using var limit = new CancellationTokenSource(Limit);
        using var process = Process.Start(start) ?? throw new IOException($"{Program} cannot be started");
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, Sentence(arguments, await errors));
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new IOException($"ip {string.Join(' ', arguments)} did not end within {Limit.TotalSeconds:0} s");
        }
    }

    private static string Sentence(IReadOnlyList<string> arguments, string errors) => $"ip {string.Join(' ', arguments)}: {errors.Trim().ReplaceLineEndings(" ")}";
}
