using ClusterMail.Protocol;
using ClusterMail.Smtp.Client;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Smtp.Tests.Client;

public class LmtpTests
{
    private static readonly OutboundMail Three = Outbound.Mail("Subject: x\r\n\r\n.body\r\n", "a@example.org", "b@example.org", "c@example.org");

    private static async Task<(SendResult Result, PeerSession Session)> SendAsync(PeerScript script, OutboundMail mail, int mails = 1)
    {
        await using var peer = ScriptedPeer.Start(script);
        SendResult result = null!;
        var opened = await HostConnection.OpenAsync(Outbound.Target(peer) with { Lmtp = true }, Outbound.Impatient, default);
        Assert.True(opened.Connection is not null, string.Join('\n', opened.Dialogue));
        await using (opened.Connection)
            for (var i = 0; i < mails; i++)
                result = await opened.Connection.SendAsync(mail, default);
        return (result, await peer.EndedAsync(0));
    }

    [Fact]
    public async Task RFC_2033_each_recipient_has_its_own_reply_after_the_final_dot()
    {
        var (result, session) = await SendAsync(
            new PeerScript { On = s => s.Is("(content)") ? "250 2.0.0 a Saved\n552 5.2.2 b Mailbox is full\n451 4.3.0 c Try later" : null }, Three);
        Assert.Equal([FailureClass.None, FailureClass.Refused, FailureClass.LineError], result.Answers.Select(a => a.Class));
        Assert.Equal("552 5.2.2 b Mailbox is full", result.Answers[1].Reply.ToString());
        Assert.Equal(["LHLO out.example.jp", "MAIL FROM:<sender@example.jp> SIZE=21", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "RCPT TO:<c@example.org>", "DATA", "QUIT"], session.Commands);
    }

    [Fact]
    public async Task RFC_2033_a_recipient_refused_at_RCPT_gets_no_reply_after_the_dot()
    {
        var (result, _) = await SendAsync(
            new PeerScript { On = s => s.Is("(content)") ? "250 2.0.0 a Saved\n250 2.0.0 c Saved" : s.Is("RCPT TO:<b@") ? "550 5.1.1 User unknown" : null }, Three);
        Assert.Equal([FailureClass.None, FailureClass.Refused, FailureClass.None], result.Answers.Select(a => a.Class));
        Assert.Equal("Saved", result.Answers[2].Reply.Lines[0].Split(' ')[^1]);
        Assert.True(result.ConnectionUsable);
    }

    [Fact]
    public async Task P4_a_session_lost_among_the_replies_leaves_those_before_it_as_answered()
    {
        var (result, _) = await SendAsync(new PeerScript { On = s => s.Is("(content)") ? "250 2.0.0 a Saved\n" + ScriptedPeer.Drop : null }, Three);
        Assert.Equal([(FailureClass.None, false), (FailureClass.LineError, true), (FailureClass.LineError, true)], result.Answers.Select(a => (a.Class, a.DotWasSent)));
        Assert.False(result.ConnectionUsable);
    }

    [Fact]
    public async Task OUT_1_a_session_carries_one_mail_after_the_other()
    {
        var (result, session) = await SendAsync(new PeerScript { On = s => s.Is("(content)") ? "250 2.0.0 Saved" : null }, Outbound.Mail(), mails: 3);
        Assert.True(result.Answers.Single().Delivered);
        Assert.Equal(3, session.WireContents.Count);
        Assert.DoesNotContain("RSET", session.Commands);
    }

    [Fact]
    public async Task RFC_2033_a_server_that_does_not_know_LHLO_is_not_asked_by_HELO()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { On = s => s.Is("LHLO") ? "500 5.5.1 Unknown" : null });
        var opened = await HostConnection.OpenAsync(Outbound.Target(peer) with { Lmtp = true }, Outbound.Options, default);
        Assert.Equal((null, FailureClass.Refused), (opened.Connection, opened.Class));
        Assert.Equal(["LHLO out.example.jp"], (await peer.EndedAsync(0)).Commands);
    }

    [Fact]
    public async Task RFC_2033_a_real_Dovecot_takes_one_recipient_and_refuses_another_in_one_transaction()
    {
        await using var dovecot = await Dovecot.StartAsync("taro@example.jp", "hanako@example.jp");
        var opened = await HostConnection.OpenAsync(new HostTarget("dovecot", dovecot.EndPoint.Address, dovecot.EndPoint.Port) { Lmtp = true }, Outbound.Options, default);
        Assert.True(opened.Connection is not null, string.Join('\n', opened.Dialogue));
        await using var connection = opened.Connection;

        var result = await connection.SendAsync(Outbound.Mail("Subject: x\r\n\r\n.dot\r\nbody\r\n", "taro@example.jp", "nobody@example.jp", "hanako@example.jp"), default);

        Assert.Equal([FailureClass.None, FailureClass.Refused, FailureClass.None], result.Answers.Select(a => a.Class));
        Assert.StartsWith("550 5.1.1", result.Answers[1].Reply.ToString(), StringComparison.Ordinal);
        foreach (var user in (string[])["taro@example.jp", "hanako@example.jp"])
            Assert.EndsWith("Subject: x\n\n.dot\nbody\n", Assert.Single(dovecot.Messages(user)).Text().Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True((await connection.SendAsync(Outbound.Mail("Subject: again\r\n\r\n", "taro@example.jp"), default)).Answers.Single().Delivered);
        Assert.Equal(2, dovecot.Messages("taro@example.jp").Count);
    }
}
