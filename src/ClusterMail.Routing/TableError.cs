namespace ClusterMail.Routing;

/// <summary>What is wrong in a table that people edit as text (ADMIN-51): where, by which rule, in words.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
public sealed record TableError(int Line, int Column, string Rule, string Message)
{
    public override string ToString() => $"line {Line}, column {Column}: {Message} ({Rule})";
}
