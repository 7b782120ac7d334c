using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Relay.Parties;

/// <summary>
/// Postfix with the settings its tuning guide gives for relaying much mail. Seen with strace: <c>cleanup</c> calls fsync on the queue file, and only then does
/// <c>smtpd</c> write its 250.
/// </summary>
internal sealed class PostfixParty : IParty
{
    private static readonly string[] Tuning =
    [
        "default_process_limit = 200",
        "qmgr_message_active_limit = 20000",
        "qmgr_message_recipient_limit = 20000",
        "default_destination_concurrency_limit = 100",
        "initial_destination_concurrency = 50",
        "smtp_connection_cache_on_demand = yes",
        "smtp_connection_cache_destinations = sink.test",
        "smtpd_client_connection_count_limit = 0",
        "smtpd_client_connection_rate_limit = 0",
        "in_flow_delay = 0",
        "smtpd_delay_reject = no",
        "smtpd_peername_lookup = no",
    ];

    private readonly Postfix _postfix;

    private PostfixParty(Postfix postfix, string version, IReadOnlyList<string> settings)
    {
        _postfix = postfix;
        (Version, Settings) = (version, settings);
        Server = new ProcessTree(postfix.ProcessId);
    }

    public string Name => "Postfix";
    public string Version { get; }
    public string Durability => "on disk before 250 (fsync of the queue file)";
    public IReadOnlyList<string> Settings { get; }
    public IPEndPoint EndPoint => _postfix.EndPoint;
    public ProcessTree Server { get; }
    public ProcessTree? Database => null;

    public static async Task<PostfixParty> StartAsync(Surroundings around)
    {
        IReadOnlyList<string> settings =
        [
            .. Tuning,
            .. around.TlsIn ? ["smtpd_tls_security_level = may", $"smtpd_tls_chain_files = {around.Certificate!.Key}, {around.Certificate.Certificate}"] : Array.Empty<string>(),
            // Without the second it would open a connection, and make a handshake, for each mail.
            .. around.TlsOut ? ["smtp_tls_security_level = encrypt", "smtp_tls_connection_reuse = yes"] : Array.Empty<string>(),
        ];
        var version = (await Tool.MustAsync(TimeSpan.FromSeconds(10), "postconf", "-d", "-h", "mail_version")).Trim();
        return new PostfixParty(await Postfix.StartAsync(around.Sink, null, settings), version, settings);
    }

    public Task<bool> IsEmptyAsync() => Task.FromResult(_postfix.IsQueueEmpty);
    public Task<Counters?> CountersAsync() => Task.FromResult<Counters?>(null);
    public Task<NodeFigures?> FiguresAsync() => Task.FromResult<NodeFigures?>(null);
    public ValueTask DisposeAsync() => _postfix.DisposeAsync();
}
