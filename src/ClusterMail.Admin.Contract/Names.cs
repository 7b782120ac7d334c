namespace ClusterMail.Admin.Contract;

/// <summary>Tables edited whole, in the original text formats.</summary>
public static class TableNames
{
    /// <summary>gateway.dat: setting <c>route.table</c>.</summary>
    public const string Route = "route";

    /// <summary>effect.dat: setting <c>relay.rules</c>.</summary>
    public const string Relay = "relay";

    /// <summary>Operated domains, one per line (<c>example.jp relay</c>): setting <c>domain.table</c>.</summary>
    public const string Domain = "domain";

    /// <summary>sender.dat, the server's own: setting <c>destination.rules</c>.</summary>
    public const string Destination = "destination";
}

/// <summary>Logs that can be exported in the formats of chapter 08.</summary>
public static class LogNames
{
    public const string Accept = "acceptlog";
    public const string In = "inlog";
    public const string Receive = "receivelog";
    public const string Out = "outlog";
    public const string OutLocal = "outlocallog";
    public const string Sender = "senderlog";
    public const string Fail = "faillog";

    /// <summary>上長承認記録ログ (APPROVE-303).</summary>
    public const string Approval = "approval";

    public static IReadOnlyList<string> All { get; } = [Accept, In, Receive, Out, OutLocal, Sender, Fail, Approval];
}
