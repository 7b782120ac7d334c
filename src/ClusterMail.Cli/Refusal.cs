using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli;

/// <summary>A node's refusal as one line; several faults get a line each, as a compiler would print them.</summary>
public static class Refusal
{
    public static string Text(Problem problem) => problem.Faults switch
    {
        { Count: > 1 } faults => $"{(Words.InJapanese ? Words.Of(problem.Detail ?? "") : problem.Title)}{string.Concat(faults.Select(f => "\n  " + Of(f)))}",
        // The title repeats the one fault as an English sentence.
        [var fault] when Words.InJapanese => Of(fault),
        _ => Join(Place(problem.Name, problem.Line, problem.Column), problem.Title, problem.Detail, problem.Rule, problem.Hint),
    };

    public static string Of(Fault fault) =>
        Join(fault.Line is null ? fault.Name + " " : Place(fault.Name, fault.Line, fault.Column), fault.Message, null, fault.Rule, fault.Hint);

    /// <summary><c>relay.rules:3:5: </c>: editors jump there.</summary>
    private static string Place(string? name, int? line, int? column) => (name, line, column) switch
    {
        (null, _, _) or (_, null, _) => "",
        (_, { } l, null) => $"{name}:{l}: ",
        (_, { } l, { } c) => $"{name}:{l}:{c}: ",
    };

    private static string Join(string place, string title, string? detail, string? rule, string? hint) =>
        place + Words.Of(title)
        + (string.IsNullOrEmpty(detail) || detail == title ? "" : $" {Words.Of(detail)}")
        + (string.IsNullOrEmpty(rule) || title.Contains(rule, StringComparison.Ordinal) ? "" : $" [{rule}]")
        + (string.IsNullOrEmpty(hint) ? "" : $" {Words.Of(hint)}");
}
