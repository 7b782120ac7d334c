using CliWrap;
using CliWrap.Buffered;

namespace ClusterMail.Cli.Tests;

/// <summary>Runs the built <c>clustermail</c> as a user would.</summary>
internal static class Cli
{
    /// <summary>In its own output folder: the copy beside the tests lacks what their web framework brings.</summary>
    private static readonly string Executable = Find("ClusterMail.Cli", "clustermail");

    /// <summary>The node built with the same configuration.</summary>
    public static string Daemon { get; } = Find("ClusterMail.Node", "clustermaild");

    public static Task<BufferedCommandResult> RunAsync(params IReadOnlyList<string> arguments) => RunAsync(new Dictionary<string, string?>(), arguments);

    /// <param name="input">Standard input, in UTF-8.</param>
    public static Task<BufferedCommandResult> TypeAsync(string input, params IReadOnlyList<string> arguments) => RunAsync(new Dictionary<string, string?>(), arguments, input);

    /// <param name="environment">Beside it nothing of ClusterMail and no locale is set.</param>
    public static async Task<BufferedCommandResult> RunAsync(IReadOnlyDictionary<string, string?> environment, IReadOnlyList<string> arguments, string? input = null)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        var all = new Dictionary<string, string?>
        {
            ["LANG"] = "C",
            ["LC_ALL"] = null,
            ["LC_MESSAGES"] = null,
            ["COLUMNS"] = null,
            ["NO_COLOR"] = null,
            ["CLUSTERMAIL_URL"] = null,
            ["CLUSTERMAIL_TOKEN"] = null,
            ["CLUSTERMAIL_DATA"] = null,
            ["CLUSTERMAIL_DATABASE"] = null,
            // Whoever runs the tests may be logged in somewhere.
            ["XDG_CONFIG_HOME"] = Path.Combine(Path.GetTempPath(), "clustermail-nobody"),
        };
        foreach (var (name, value) in environment)
            all[name] = value;
        return await CliWrap.Cli.Wrap(Executable).WithArguments(arguments).WithEnvironmentVariables(all).WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input, System.Text.Encoding.UTF8))
            .ExecuteBufferedAsync(bound.Token);
    }

    /// <summary>Starts a command, and ends its process without a word once <paramref name="when"/> holds; or it was done before.</summary>
    public static async Task KillAsync(Func<Task<bool>> when, params IReadOnlyList<string> arguments)
    {
        using var kill = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        var running = CliWrap.Cli.Wrap(Executable).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(kill.Token).Task;
        while (!running.IsCompleted && !await when())
            await Task.Yield();
        await kill.CancelAsync();
        await running.ContinueWith(static done => done.Exception, TaskScheduler.Default);
    }

    private static string Find(string project, string program)
    {
        // tests/ClusterMail.Cli.Tests/bin/Debug/net10.0/ -> src/PROJECT/bin/Debug/net10.0/
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var configuration = framework.Parent!;
        var root = configuration.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", project, "bin", configuration.Name, framework.Name, program);
    }
}
