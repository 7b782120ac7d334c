using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using ClusterMail.Bench.Micro;

// In this process: a program generated and built for each benchmark would take most of the time, and would need lock files of its own. A job given on the command
// line takes the place of the short one.
var config = ManualConfig.Create(DefaultConfig.Instance).AddDiagnoser(MemoryDiagnoser.Default).WithOption(ConfigOptions.JoinSummary, true);
if (!args.Contains("--job"))
    config.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
string[] chosen = args.Contains("--filter") || args.Contains("--list") || args.Contains("--help") ? args : ["--filter", "*", .. args];
var summaries = BenchmarkSwitcher.FromTypes([typeof(Grammar), typeof(Dots), typeof(Policy), typeof(GroupCommit)]).Run(chosen, config);
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
