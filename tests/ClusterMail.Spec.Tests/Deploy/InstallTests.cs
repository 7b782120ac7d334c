using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Deploy;

/// <summary>The image and the Debian package as built: what is in them, and that it runs where nothing else is.</summary>
public sealed class InstallTests(ImageRoot root) : IClassFixture<ImageRoot>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task CLU_34_the_image_runs_both_programs_as_its_own_user_with_no_runtime_and_no_shell_beside_them()
    {
        var configuration = root.Configuration.GetProperty("config");
        Assert.DoesNotContain(configuration.GetProperty("User").GetString()!.Split(':'), part => part is "0" or "root");
        Assert.Equal("SIGTERM", configuration.GetProperty("StopSignal").GetString());
        Assert.False(File.Exists(Path.Combine(root.Path, "bin", "sh")) || File.Exists(Path.Combine(root.Path, "usr", "bin", "sh")), "there is a shell");

        var version = await root.RunAsync(configuration.GetProperty("Entrypoint")[0].GetString()!, "--version");
        Assert.True(version.ExitCode == 0, version.Errors);
        Assert.Equal($"clustermaild {ImageRoot.Version}", version.Output.Trim());
        // As far as a start comes without a file: told in one line.
        var start = await root.RunAsync("/usr/bin/clustermaild", [.. configuration.GetProperty("Cmd").EnumerateArray().Select(word => word.GetString()!)]);
        Assert.Equal(2, start.ExitCode);
        Assert.Contains("/etc/clustermail/clustermail.conf: there is no such file", start.Errors, StringComparison.Ordinal);
        // Opens connections and reads certificates: the libraries for it are there.
        var migrate = await root.RunAsync("/usr/bin/clustermail", "db", "status", "--database", "Host=127.0.0.1;Port=1;Username=x;SSL Mode=Require");
        Assert.Equal(1, migrate.ExitCode);
        Assert.Contains("127.0.0.1:1", migrate.Errors, StringComparison.Ordinal);
        Assert.Contains("BEGIN CERTIFICATE", await File.ReadAllTextAsync(Path.Combine(root.Path, "etc/ssl/certs/ca-certificates.crt"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLU_34_the_Debian_package_installs_programs_unit_file_and_user_and_keeps_the_file_with_the_password_to_root()
    {
        var package = ImageRoot.Artifact(".deb");
        Assert.Equal(ImageRoot.Version, (await Tool.MustAsync(Limit, "dpkg-deb", "--field", package, "Version")).Trim());
        Assert.Equal("/etc/clustermail/clustermail.conf", (await Tool.MustAsync(Limit, "dpkg-deb", "--info", package, "conffiles")).Trim());
        var contents = (await Tool.MustAsync(Limit, "dpkg-deb", "--contents", package)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(contents, line => Assert.Contains(" root/root ", line, StringComparison.Ordinal));
        Assert.StartsWith("-rw------- ", contents.Single(line => line.EndsWith(" ./etc/clustermail/clustermail.conf", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(contents, line => line[..10].Contains('s', StringComparison.Ordinal) || line[8] == 'w' && line[0] != 'l');

        var bare = await root.CopyBareAsync();
        await Tool.MustAsync(Limit, "dpkg-deb", "--extract", package, bare);
        foreach (var file in new[] { "usr/lib/systemd/system/clustermaild.service", "usr/share/doc/clustermail/failover.md", "usr/share/doc/clustermail/install.md", "usr/share/bash-completion/completions/clustermail" })
            Assert.True(File.Exists(Path.Combine(bare, file)), file);
        Assert.Equal($"clustermaild {ImageRoot.Version}", (await root.RunInAsync(bare, "/usr/bin/clustermaild", "--version")).Output.Trim());
        Assert.Equal(0, (await root.RunInAsync(bare, "/usr/bin/clustermail", "--help")).ExitCode);

        await Tool.MustAsync(Limit, "systemd-sysusers", $"--root={bare}", "clustermail.conf");
        var user = (await File.ReadAllLinesAsync(Path.Combine(bare, "etc/passwd"), TestContext.Current.CancellationToken)).Single(line => line.StartsWith("clustermail:", StringComparison.Ordinal));
        Assert.EndsWith("nologin", user, StringComparison.Ordinal);
    }
}
