namespace ClusterMail.Policy.Senders.Dkim;

/// <summary>What came of one DKIM signature.</summary>
/// <param name="Domain">The signer (<c>d=</c>), in A-labels; empty: it cannot be read.</param>
/// <param name="Selector"><c>s=</c></param>
/// <param name="Mark">The first eight characters of <c>b=</c>, which tell signatures of one signer apart (RFC 6008).</param>
/// <param name="Reason">Empty when it passed.</param>
public sealed record DkimOutcome(AuthResult Result, string Domain, string Selector, string Mark, string Reason);
