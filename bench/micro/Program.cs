using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ClusterMail.Bench.Micro;
using Perfolizer.Horology;

// In this process: a program generated and built for each benchmark would take most of the time, and would need lock files of its own. A job given on the command
// line takes the place of the short one, whose iterations are half as long as usual, so that all of them end within two minutes.
var config = ManualConfig.Create(DefaultConfig.Instance).AddDiagnoser(MemoryDiagnoser.Default).WithOption(ConfigOptions.JoinSummary, true);
string[] chosen = args.Contains("--filter") || args.Contains("--list") || args.Contains("--help") ? args : ["--filter", "*", .. args];
if (args.Contains("--job"))
    chosen = [.. chosen, "--inProcess"];
else
    config.AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(250)).WithToolchain(InProcessEmitToolchain.Instance));
var summaries = BenchmarkSwitcher.FromTypes([typeof(Grammar), typeof(Dots), typeof(Policy), typeof(GroupCommit)]).Run(chosen, config);
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
