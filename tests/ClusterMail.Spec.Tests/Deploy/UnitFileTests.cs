using System.Globalization;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Deploy;

/// <summary>deploy/systemd, judged by systemd's own tools.</summary>
public sealed partial class UnitFileTests
{
    /// <summary>What <c>systemd-analyze security</c> gives the unit at most, of 10. The network, and what .NET compiles while it runs, cannot be taken away.</summary>
    private const double MostExposure = 2.0;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly string File = Path.Combine(Tool.Root, "deploy", "systemd", "clustermaild.service");

    [Fact]
    public async Task CLU_32_systemd_finds_nothing_wrong_with_the_unit()
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-unit-");
        try
        {
            // The program need not be installed here for the unit to be right.
            var unit = Path.Combine(folder.FullName, "clustermaild.service");
            await System.IO.File.WriteAllTextAsync(unit, (await UnitAsync()).Replace("/usr/lib/clustermail/clustermaild", "/bin/true", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            var verified = await Tool.RunAsync(Limit, "systemd-analyze", "verify", unit);
            Assert.Equal((0, ""), (verified.ExitCode, verified.Errors.Trim()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task CLU_32_the_unit_leaves_a_broken_in_node_little_to_reach()
    {
        var said = await Tool.MustAsync(Limit, "systemd-analyze", "security", "--offline=true", "--no-pager", File);
        var exposure = double.Parse(Exposure().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(exposure <= MostExposure, $"{exposure}: {said}");
    }

    [Fact]
    public async Task CLU_32_a_stop_is_given_the_time_it_may_take_and_a_hung_node_is_started_again()
    {
        var unit = await UnitAsync();
        var program = await System.IO.File.ReadAllTextAsync(Path.Combine(Tool.Root, "src", "ClusterMail.Node", "Program.cs"), TestContext.Current.CancellationToken);
        var shutdown = int.Parse(Shutdown().Match(program).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(Seconds(unit, "TimeoutStopSec") > shutdown, "systemd would kill a node that still drains");
        Assert.True(Seconds(unit, "WatchdogSec") >= 30, "a machine short of processors would lose its node");
        foreach (var line in new[] { "Type=notify", "Restart=always", "StartLimitIntervalSec=0" })
            Assert.Contains(line, unit.Split('\n'));
    }

    private static Task<string> UnitAsync() => System.IO.File.ReadAllTextAsync(File);

    private static int Seconds(string unit, string key) =>
        int.Parse(Regex.Match(unit, $"^{key}=([0-9]+)s$", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Overall exposure level for \S+: ([0-9.]+)")]
    private static partial Regex Exposure();

    [GeneratedRegex(@"ShutdownTimeout = TimeSpan\.FromSeconds\(([0-9]+)\)")]
    private static partial Regex Shutdown();
}
