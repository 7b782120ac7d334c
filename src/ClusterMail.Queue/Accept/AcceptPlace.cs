using ClusterMail.Queue.Schedule;

namespace ClusterMail.Queue.Accept;

/// <summary>Where a mail can be committed: the journal of one database, and the window of what this node owns there.</summary>
public sealed record AcceptPlace(AcceptJournal Journal, Window Window);
