using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>Answers that are not 2xx, all in one form (application/problem+json).</summary>
internal static class Answers
{
    private const string ProblemType = "application/problem+json";

    public static IResult Problem(int status, string title, string? detail = null, string? rule = null, string? hint = null) =>
        Problem(new Problem { Title = title, Status = status, Detail = detail, Rule = rule, Hint = hint });

    public static IResult Problem(Problem problem) =>
        TypedResults.Json(problem, AdminJson.Default.Problem, ProblemType, problem.Status);

    public static IResult Wrong(string title, string? rule = null, string? hint = null) => Problem(StatusCodes.Status400BadRequest, title, rule: rule, hint: hint);

    public static IResult NotFound(string title, string? hint = null) => Problem(StatusCodes.Status404NotFound, title, hint: hint);

    /// <summary>One fault or several: the first stands in the problem itself, so that a terminal shows it in one line.</summary>
    public static IResult Faults(IReadOnlyList<Fault> faults) => Problem(new Problem
    {
        Status = StatusCodes.Status400BadRequest,
        Title = faults[0] is { Line: { } line } first
            ? $"{first.Name} line {line}: {first.Message} ({first.Rule})"
            : $"{faults[0].Name} {faults[0].Message} ({faults[0].Rule})",
        Detail = faults.Count == 1 ? null : $"{faults.Count} faults; nothing was saved.",
        Name = faults[0].Name,
        Line = faults[0].Line,
        Column = faults[0].Column,
        Rule = faults[0].Rule,
        Hint = faults[0].Hint,
        Faults = faults,
    });
}
