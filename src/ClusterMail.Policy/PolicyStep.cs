namespace ClusterMail.Policy;

/// <summary>One check as it happened, for the dry run and the live trace (ADMIN-42, ADMIN-44).</summary>
/// <param name="Stage"><c>EHLO</c>, <c>MAIL</c>, <c>RCPT</c>, <c>DATA</c> or <c>.</c>, the end of the content.</param>
/// <param name="Check">Step of the acceptance pipeline and what it asks: <c>PIPE-3 relay list</c>.</param>
/// <param name="Rule">The rule that decided.</param>
/// <param name="Result"><c>passed</c> with what was found, or the refusal.</param>
public sealed record PolicyStep(string Stage, string Check, string Rule, string Result);
