namespace ClusterMail.Admin.Contract;

/// <summary>Answer of the health paths: 200 or 503.</summary>
/// <param name="Status"><c>ready</c>, <c>not ready</c>, <c>live</c>, <c>not live</c>.</param>
public sealed record Health(string Status, IReadOnlyList<string> Reasons);
