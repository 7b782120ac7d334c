using System.Text.Json;
using System.Xml.Linq;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Deploy;

/// <summary>The built image, unpacked as a container engine does it, to run programs in.</summary>
public sealed class ImageRoot : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-image-").FullName;

    public string Path => System.IO.Path.Combine(_folder, "root");

    /// <summary>The image's manifest and configuration.</summary>
    public JsonElement Manifest { get; private set; }
    public JsonElement Configuration { get; private set; }

    /// <summary>The version that is built here.</summary>
    public static string Version { get; } = XDocument.Load(System.IO.Path.Combine(Tool.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>The file of artifacts/ with that ending, of this version.</summary>
    public static string Artifact(string ending)
    {
        var folder = System.IO.Path.Combine(Tool.Root, "artifacts");
        return Directory.Exists(folder) && Directory.GetFiles(folder, $"clustermail?{Version}?*{ending}") is [var file]
            ? file
            : throw new InvalidOperationException($"artifacts/ has no clustermail {Version}, {ending}: run deploy/publish, deploy/image/build and deploy/deb/build first (tests/run does).");
    }

    public async ValueTask InitializeAsync()
    {
        // The copy compares every digest and size with what is there.
        var layout = System.IO.Path.Combine(_folder, "layout");
        await Tool.MustAsync(Limit, "skopeo", "--tmpdir", _folder, "--insecure-policy", "copy", "--quiet", $"oci-archive:{Artifact(".oci.tar")}", $"dir:{layout}");
        Manifest = await ReadAsync(System.IO.Path.Combine(layout, "manifest.json"));
        Configuration = await ReadAsync(System.IO.Path.Combine(layout, Digest(Manifest.GetProperty("config"))));
        Directory.CreateDirectory(Path);
        foreach (var layer in Manifest.GetProperty("layers").EnumerateArray())
            await Tool.MustAsync(Limit, "tar", "--extract", "--gzip", "--numeric-owner", "--directory", Path, "--file", System.IO.Path.Combine(layout, Digest(layer)));
    }

    /// <summary>Runs a program in it, in namespaces of its own; as its user when we are root.</summary>
    public Task<Tool.Result> RunAsync(string program, params IReadOnlyList<string> arguments) => RunInAsync(Path, program, arguments);

    /// <summary>A copy of it without ClusterMail: a bare system to install into.</summary>
    public async Task<string> CopyBareAsync()
    {
        var copy = System.IO.Path.Combine(_folder, "bare");
        await Tool.MustAsync(Limit, "cp", "--archive", Path, copy);
        await Tool.MustAsync(Limit, "rm", "-rf", $"{copy}/usr/lib/clustermail", $"{copy}/usr/bin/clustermail", $"{copy}/usr/bin/clustermaild", $"{copy}/etc/passwd", $"{copy}/etc/group");
        return copy;
    }

    public Task<Tool.Result> RunInAsync(string root, string program, params IReadOnlyList<string> arguments)
    {
        var user = Configuration.GetProperty("config").GetProperty("User").GetString();
        return Tool.RunAsync(Limit, "unshare",
            [.. Unix.IsRoot ? Array.Empty<string>() : ["--map-root-user"], "--mount", "--pid", "--fork", "--kill-child", $"--mount-proc={root}/proc",
            "chroot", .. Unix.IsRoot ? [$"--userspec={user}"] : Array.Empty<string>(), root, program, .. arguments]);
    }

    public async ValueTask DisposeAsync() => await Tool.RunAsync(Limit, "rm", "-rf", "--", _folder);

    private static string Digest(JsonElement blob) => blob.GetProperty("digest").GetString()!["sha256:".Length..];

    private static async Task<JsonElement> ReadAsync(string file) => JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement.Clone();
}
