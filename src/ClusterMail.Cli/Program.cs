using ClusterMail.Cli;

return await CommandLine.RunAsync(args);
