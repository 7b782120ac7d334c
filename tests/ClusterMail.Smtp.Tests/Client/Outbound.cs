using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Client;
using ClusterMail.Testing;

namespace ClusterMail.Smtp.Tests.Client;

/// <summary>The words tests of the client share: options with short limits, a target, a mail.</summary>
internal static class Outbound
{
    public static DeliveryOptions Options { get; } = new() { HostName = "out.example.jp", RecordDialogue = RecordDialogue.Always };

    /// <summary>Silence is noticed after 300 ms.</summary>
    public static DeliveryOptions Impatient { get; } = Options with { IdleTimeout = TimeSpan.FromMilliseconds(300) };

    public static HostTarget Target(ScriptedPeer peer, TlsPolicy tls = TlsPolicy.Opportunistic) => new("peer.example", peer.Address, peer.Port) { Tls = tls };

    public static OutboundMail Mail(string content, params string[] recipients) =>
        new(ReversePath.FromStored("sender@example.jp"), [.. recipients.Select(r => new ForwardPath(Mailbox.FromStored(r)))], Content(content));

    public static MemoryContent Content(string text) => new(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")));

    public static OutboundMail Mail() => Mail("Subject: hello\r\n\r\nbody\r\n", "a@example.org");

    public static async Task<HostConnection> OpenAsync(ScriptedPeer peer, DeliveryOptions? options = null, TlsPolicy tls = TlsPolicy.Opportunistic)
    {
        var opened = await HostConnection.OpenAsync(Target(peer, tls), options ?? Options, CancellationToken.None);
        Assert.True(opened.Connection is not null, string.Join('\n', opened.Dialogue));
        return opened.Connection;
    }

    /// <summary>One mail over one session of its own.</summary>
    public static async Task<SendResult> SendAsync(PeerScript script, OutboundMail mail, DeliveryOptions? options = null)
    {
        await using var peer = ScriptedPeer.Start(script);
        await using var connection = await OpenAsync(peer, options);
        return await connection.SendAsync(mail, CancellationToken.None);
    }

    public static string Text(this byte[] octets) => Encoding.Latin1.GetString(octets);
}
