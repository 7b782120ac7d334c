using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Deploy;

/// <summary>deploy/haproxy.cfg as it is shipped. What it does in front of a farm: <c>Farm/BalancerFileTests</c>.</summary>
public sealed class BalancerFileTests
{
    [Fact]
    public async Task CLU_23_HAProxy_finds_nothing_wrong_with_its_file()
    {
        var checkedFile = await Tool.RunAsync(TimeSpan.FromSeconds(60), "haproxy", "-c", "-f", Path.Combine(Tool.Root, "deploy", "haproxy.cfg"));
        Assert.True(checkedFile.ExitCode == 0, checkedFile.Errors);
        Assert.DoesNotContain("[WARNING]", checkedFile.Errors + checkedFile.Output, StringComparison.Ordinal);
    }
}
