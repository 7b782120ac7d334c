using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>Who an address is, after aliases.</summary>
/// <param name="Class">For the relay tables; an address that an alias takes is local+ (ALIAS-8), if what the alias names exists (EX-ALIAS-5).</param>
/// <param name="Envelope">What stands in RCPT TO, Return-path file and logs: the address as given, or the real one where the alias replaces it (ALIAS-4).</param>
/// <param name="Real">Where the mail goes: mailbox of this account, or next hop of this domain (ALIAS-7).</param>
/// <param name="Account">The account of <paramref name="Real"/>; null: not one of ours, or an operated domain without accounts.</param>
/// <param name="Rule">What decided: <c>ALIAS-10 account</c>, <c>ALIAS-10 alias *@example.jp</c>, <c>DOM-1 relay</c>, <c>RELAY-26</c>, <c>outside</c>.</param>
/// <param name="ByWildcard">A wildcard alias took it: as a sender it proves nothing (04 A, last paragraph).</param>
public sealed record Resolution(AddressClass Class, Mailbox Envelope, Mailbox Real, Account? Account, string Rule, bool ByWildcard = false);
