using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli;

/// <summary>A node's refusal as one line; several faults get a line each, as a compiler would print them.</summary>
public static class Refusal
{
    public static string Text(Problem problem) => problem.Faults is { Count: > 1 } faults
        ? $"{problem.Title}{string.Concat(faults.Select(f => "\n  " + Of(f)))}"
        : Join(Place(problem.Name, problem.Line, problem.Column) + problem.Title, problem.Detail, problem.Rule, problem.Hint);

    public static string Of(Fault fault) => Join(Place(fault.Name, fault.Line, fault.Column) + fault.Message, null, fault.Rule, fault.Hint);

    /// <summary><c>relay.rules:3:5: </c>: editors jump there.</summary>
    private static string Place(string? name, int? line, int? column) => (name, line, column) switch
    {
        (null, _, _) or (_, null, _) => "",
        (_, { } l, null) => $"{name}:{l}: ",
        (_, { } l, { } c) => $"{name}:{l}:{c}: ",
    };

    private static string Join(string title, string? detail, string? rule, string? hint) =>
        title
        + (string.IsNullOrEmpty(detail) || detail == title ? "" : $" {detail}")
        + (string.IsNullOrEmpty(rule) || title.Contains(rule, StringComparison.Ordinal) ? "" : $" [{rule}]")
        + (string.IsNullOrEmpty(hint) ? "" : $" {hint}");
}
