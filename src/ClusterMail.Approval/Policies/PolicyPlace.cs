using System.Globalization;

namespace ClusterMail.Approval.Policies;

/// <summary>Which line of which version of which level caught a mail (APPROVE-24).</summary>
/// <param name="Owner">Empty for the system, else the domain or the account's address.</param>
/// <param name="Line">From 1; 0: no line, the absence of one decided (APPROVE-30).</param>
public sealed record PolicyPlace(LevelKind Kind, string Owner, long Version, int Line)
{
    /// <summary><c>account taro@example.jp v3 line 2</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(Kind == LevelKind.System ? "system" : $"{Kind.ToString().ToLowerInvariant()} {Owner}")} v{Version}{(Line > 0 ? $" line {Line}" : "")}");
}
