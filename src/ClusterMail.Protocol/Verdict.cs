namespace ClusterMail.Protocol;

/// <summary>What policy says of one step of a transaction, and which rule made it say so (P9, ADMIN-42).</summary>
/// <param name="Refusal">The reply to send, or null: accepted, and the session answers as the reply catalogue says.</param>
/// <param name="Rule">The deciding rule of the specification, for example <c>RELAY-31</c>; with a table's line where one decided: <c>RELAY-33 line 4</c>.</param>
/// <param name="Close">After the refusal the connection is closed (RELAY-22).</param>
public readonly record struct Verdict(Reply? Refusal, string Rule, bool Close = false)
{
    public bool Accepted => Refusal is null;

    public static Verdict Accept(string rule) => new(null, rule);
    public static Verdict Refuse(Reply reply, string rule, bool close = false) => new(reply, rule, close);
}
