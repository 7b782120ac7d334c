using ClusterMail.Protocol;
using ClusterMail.Smtp.Client;
using ClusterMail.Testing;

namespace ClusterMail.Smtp.Tests.Client;

public class TransactionTests
{
    private static readonly string[] Plain = ["SIZE 0", "8BITMIME"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OUT_1_recipients_of_one_domain_go_in_one_session_and_one_transaction(bool pipelining)
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = pipelining ? ["PIPELINING", "SIZE 0"] : ["SIZE 0"] });
        await using (var connection = await Outbound.OpenAsync(peer))
        {
            var result = await connection.SendAsync(Outbound.Mail("Subject: x\r\n\r\nbody\r\n", "a@example.org", "b@example.org"), default);
            Assert.All(result.Answers, a => Assert.True(a.Delivered));
            Assert.Equal(250, result.Answers[1].Reply.Code);
            Assert.Equal("Ok: queued", result.Answers[1].Reply.Lines[0]);
            Assert.True(result.ConnectionUsable);
        }
        var session = await peer.EndedAsync(0);
        Assert.Equal(["EHLO out.example.jp", "MAIL FROM:<sender@example.jp> SIZE=20", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", "QUIT"], session.Commands);
        Assert.Equal("Subject: x\r\n\r\nbody\r\n", session.WireContents.Single().Text());
    }

    [Fact]
    public async Task RFC_2920_commands_go_out_in_one_group_without_waiting_for_replies()
    {
        // The peer keeps its replies to MAIL and RCPT until DATA has come.
        var result = await Outbound.SendAsync(new PeerScript { HoldReplies = true }, Outbound.Mail(), Outbound.Impatient);
        Assert.True(result.Answers.Single().Delivered);
    }

    [Fact]
    public async Task RFC_2920_without_the_keyword_each_command_waits_for_its_reply()
    {
        var result = await Outbound.SendAsync(new PeerScript { HoldReplies = true, Capabilities = Plain }, Outbound.Mail(), Outbound.Impatient);
        Assert.Equal("451 Requested action aborted: error in processing. (code=6/10060)", result.Answers.Single().Reply.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EX_DELIV_7_one_accepted_one_refused_recipient_have_each_their_own_end(bool pipelining)
    {
        var script = new PeerScript
        {
            Capabilities = pipelining ? ["PIPELINING"] : [],
            On = s => s.Is("RCPT TO:<b@") ? "550 5.1.1 User unknown" : s.Is("RCPT TO:<c@") ? "450 4.2.1 Busy" : null,
        };
        var result = await Outbound.SendAsync(script, Outbound.Mail("x\r\n", "a@example.org", "b@example.org", "c@example.org"));
        Assert.Equal([FailureClass.None, FailureClass.Refused, FailureClass.LineError], result.Answers.Select(a => a.Class));
        Assert.Equal("550 5.1.1 User unknown", result.Answers[1].Reply.ToString());
        Assert.Equal("450 4.2.1 Busy", result.Answers[2].Reply.ToString());
    }

    [Fact]
    public async Task RFC_2920_all_recipients_refused_but_DATA_accepted_gets_a_lone_dot_and_never_content()
    {
        var script = new PeerScript { On = s => s.Is("RCPT") ? "550 5.1.1 User unknown" : s.Is("DATA") ? "354 Go ahead" : null };
        await using var peer = ScriptedPeer.Start(script);
        await using (var connection = await Outbound.OpenAsync(peer))
        {
            var result = await connection.SendAsync(Outbound.Mail(), default);
            Assert.Equal(FailureClass.Refused, result.Answers.Single().Class);
            Assert.True(result.ConnectionUsable);
        }
        Assert.Empty(Assert.Single((await peer.EndedAsync(0)).WireContents));
    }

    [Fact]
    public async Task RFC_2920_MAIL_refused_in_a_group_answers_every_recipient_with_that_reply()
    {
        var script = new PeerScript { On = s => s.Is("MAIL") ? "550 5.7.1 Not you" : null };
        var result = await Outbound.SendAsync(script, Outbound.Mail("x\r\n", "a@example.org", "b@example.org"));
        Assert.All(result.Answers, a => Assert.Equal("550 5.7.1 Not you", a.Reply.ToString()));
        Assert.True(result.ConnectionUsable);
    }

    [Theory]
    [InlineData("DATA", "451 4.3.0 Later", FailureClass.LineError)]
    [InlineData("DATA", "554 5.7.1 Never", FailureClass.Refused)]
    [InlineData("(content)", "451 4.3.0 Later", FailureClass.LineError)]
    [InlineData("(content)", "554 5.7.1 Spam", FailureClass.Refused)]
    public async Task RETRY_1_RETRY_2_refusal_after_RCPT_is_for_the_accepted_recipients_only(string step, string reply, FailureClass expected)
    {
        var script = new PeerScript { On = s => s.Is(step) ? reply : s.Is("RCPT TO:<b@") ? "550 5.1.1 User unknown" : null };
        var result = await Outbound.SendAsync(script, Outbound.Mail("x\r\n", "a@example.org", "b@example.org"));
        Assert.Equal(expected, result.Answers[0].Class);
        Assert.Equal(reply, result.Answers[0].Reply.ToString());
        Assert.False(result.Answers[0].DotWasSent);
        Assert.Equal("550 5.1.1 User unknown", result.Answers[1].Reply.ToString());
        Assert.True(result.ConnectionUsable);
    }

    [Fact]
    public async Task A_transaction_left_open_is_reset_before_the_next_mail()
    {
        var script = new PeerScript { On = s => s.Is("DATA") && s.Count == 0 ? "451 4.3.0 Later" : null };
        await using var peer = ScriptedPeer.Start(script);
        await using (var connection = await Outbound.OpenAsync(peer))
        {
            Assert.False((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
            Assert.True((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
            Assert.True((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
        }
        var verbs = (await peer.EndedAsync(0)).Commands.Select(c => c.Split(' ')[0]);
        Assert.Equal(["EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT"], verbs);
    }

    [Theory]
    [InlineData("MAIL", "(drop)", "6/10101", false)]
    [InlineData("RCPT", "(drop)", "7/10101", false)]
    [InlineData("DATA", "(drop)", "8/10101", false)]
    [InlineData("(content)", "(drop)", "10/10101", true)]
    [InlineData("MAIL", "(silent)", "6/10060", false)]
    [InlineData("RCPT", "(silent)", "7/10060", false)]
    [InlineData("DATA", "(silent)", "8/10060", false)]
    [InlineData("(content)", "(silent)", "10/10060", true)]
    [InlineData("MAIL", "nonsense", "6/0", false)]
    [InlineData("RCPT", "250_x", "7/0", false)]
    [InlineData("DATA", "250 what", "8/0", false)]
    [InlineData("(content)", "199 x", "10/0", true)]
    public async Task OUT_5_a_lost_or_silent_session_is_a_line_error_that_names_phase_and_cause(string step, string answer, string code, bool dotSent)
    {
        foreach (string[] capabilities in (string[][])[[], ["PIPELINING"]])
        {
            var script = new PeerScript { Capabilities = capabilities, On = s => s.Is(step) ? answer : null };
            var result = await Outbound.SendAsync(script, Outbound.Mail(), Outbound.Impatient);
            var only = result.Answers.Single();
            Assert.Equal($"451 Requested action aborted: error in processing. (code={code})", only.Reply.ToString());
            Assert.Equal(FailureClass.LineError, only.Class);
            Assert.Equal(dotSent, only.DotWasSent);
            Assert.False(result.ConnectionUsable);
            Assert.False(result.SessionWasStale);
        }
    }

    [Theory]
    [InlineData("MAIL")]
    [InlineData("RCPT")]
    [InlineData("DATA")]
    [InlineData("(content)")]
    public async Task RFC_5321_3_8_a_421_at_any_point_closes_and_is_temporary(string step)
    {
        var script = new PeerScript { On = s => s.Is(step) ? "421 4.3.2 Going down\n" + ScriptedPeer.Drop : null };
        var result = await Outbound.SendAsync(script, Outbound.Mail("x\r\n", "a@example.org", "b@example.org"));
        Assert.All(result.Answers, a => Assert.Equal("421 4.3.2 Going down", a.Reply.ToString()));
        Assert.All(result.Answers, a => Assert.Equal(FailureClass.LineError, a.Class));
        Assert.All(result.Answers, a => Assert.False(a.DotWasSent));
        Assert.False(result.ConnectionUsable);
    }

    [Fact]
    public async Task P4_when_the_right_to_deliver_is_gone_the_final_dot_is_never_written()
    {
        await using var peer = ScriptedPeer.Start();
        await using var connection = await Outbound.OpenAsync(peer);
        var asked = 0;
        var result = await connection.SendAsync(Outbound.Mail() with { MayFinish = () => asked++ > 0 }, default);
        Assert.Equal(1, asked);
        Assert.False(result.Answers.Single().Delivered);
        Assert.False(result.Answers.Single().DotWasSent);
        Assert.False(result.ConnectionUsable);
        Assert.Empty((await peer.EndedAsync(0)).WireContents);
    }

    [Fact]
    public async Task P4_streamed_content_asks_before_its_last_write_and_cuts()
    {
        await using var peer = ScriptedPeer.Start();
        await using var connection = await Outbound.OpenAsync(peer);
        var mail = Outbound.Mail(string.Concat(Enumerable.Repeat("0123456789abcdef\r\n", 20_000)), "a@example.org");
        var result = await connection.SendAsync(mail with { Content = new StreamedContent(mail.Content), MayFinish = () => false }, default);
        Assert.False(result.Answers.Single().DotWasSent);
        var session = await peer.EndedAsync(0);
        Assert.Empty(session.WireContents);
    }

    [Fact]
    public async Task Cancelling_ends_a_waiting_mail_at_once_as_a_line_error()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { On = s => s.Is("(content)") ? ScriptedPeer.Silent : null });
        await using var connection = await Outbound.OpenAsync(peer);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var result = await connection.SendAsync(Outbound.Mail(), cancel.Token);
        Assert.Equal("451 Requested action aborted: error in processing. (code=10/995)", result.Answers.Single().Reply.ToString());
        Assert.True(result.Answers.Single().DotWasSent);
    }

    [Theory]
    [InlineData("452 Too many recipients", true)]
    [InlineData("452 4.5.3 Too many recipients", true)]
    [InlineData("552 5.5.3 Too many recipients", true)]
    [InlineData("452 4.2.2 Mailbox full", false)]
    [InlineData("552 5.2.2 Mailbox full", false)]
    [InlineData("552 Mailbox full", false)]
    public async Task RFC_5321_4_5_3_1_10_recipients_beyond_the_host_s_limit_may_be_sent_again_at_once(string reply, bool again)
    {
        var script = new PeerScript { On = s => s.Verb == "RCPT" && s.Count >= 2 ? reply : null };
        var result = await Outbound.SendAsync(script, Outbound.Mail("x\r\n", "a@example.org", "b@example.org", "c@example.org"));
        Assert.Equal([true, true, false], result.Answers.Select(a => a.Delivered));
        Assert.Equal(again, result.Answers[2].TryAgainNow);
        if (again)
            Assert.Equal(FailureClass.LineError, result.Answers[2].Class);
    }

    [Fact]
    public async Task RFC_9422_RCPTMAX_is_kept_without_asking()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["PIPELINING", "LIMITS RCPTMAX=2 MAILMAX=1"] });
        await using var connection = await Outbound.OpenAsync(peer);
        var result = await connection.SendAsync(Outbound.Mail("x\r\n", "a@example.org", "b@example.org", "c@example.org"), default);
        Assert.Equal([true, true, false], result.Answers.Select(a => a.Delivered));
        Assert.True(result.Answers[2].TryAgainNow);
        Assert.False(result.ConnectionUsable);
    }

    [Fact]
    public async Task A_thousand_recipients_go_in_one_transaction()
    {
        var recipients = Enumerable.Range(0, 1000).Select(i => $"user{i}@example.org").ToArray();
        foreach (string[] capabilities in (string[][])[[], ["PIPELINING"]])
        {
            var script = new PeerScript { Capabilities = capabilities, On = s => s.Is("RCPT TO:<user500@") ? "550 5.1.1 User unknown" : null };
            var result = await Outbound.SendAsync(script, Outbound.Mail("x\r\n", recipients));
            Assert.Equal(999, result.Answers.Count(a => a.Delivered));
            Assert.Equal(FailureClass.Refused, result.Answers[500].Class);
        }
    }

    [Fact]
    public async Task A_session_the_host_closed_while_idle_is_stale_and_says_so()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { On = s => s.Is("(content)") ? "250 Ok\n" + ScriptedPeer.Drop : null });
        await using var connection = await Outbound.OpenAsync(peer);
        Assert.True((await connection.SendAsync(Outbound.Mail(), default)).Answers[0].Delivered);
        await peer.EndedAsync(0);
        for (var i = 0; i < 500 && !connection.IsStale; i++)
            await Task.Delay(10);
        Assert.True(connection.IsStale);
        var second = await connection.SendAsync(Outbound.Mail(), default);
        Assert.True(second.SessionWasStale);
        Assert.False(second.Answers[0].Delivered);
        Assert.False(second.Answers[0].DotWasSent);
    }

    [Fact]
    public async Task RFC_3461_wishes_are_passed_on_to_a_host_that_offers_DSN_and_to_no_other()
    {
        var mail = Outbound.Mail() with
        {
            Ret = Ret.Headers,
            EnvelopeId = "QQ314159",
            Recipients = [new ForwardPath(Mailbox.FromStored("a@example.org")) { Notify = Notify.Success | Notify.Delay, OriginalRecipient = "rfc822;b@example.org" },
                new ForwardPath(Mailbox.FromStored("c@example.org")) { Notify = Notify.Never }],
        };
        foreach (var (capability, mailEnd, rcptEnd, rcptEnd2) in ((string, string, string, string)[])
            [("DSN", " RET=HDRS ENVID=QQ314159", " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.org", " NOTIFY=NEVER"), ("8BITMIME", "", "", "")])
        {
            await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["PIPELINING", capability] });
            await using (var connection = await Outbound.OpenAsync(peer))
                await connection.SendAsync(mail, default);
            var commands = (await peer.EndedAsync(0)).Commands;
            Assert.Equal("MAIL FROM:<sender@example.jp>" + mailEnd, commands[1]);
            Assert.Equal("RCPT TO:<a@example.org>" + rcptEnd, commands[2]);
            Assert.Equal("RCPT TO:<c@example.org>" + rcptEnd2, commands[3]);
        }
    }

    [Fact]
    public async Task RFC_1870_a_mail_above_the_host_s_limit_is_refused_without_sending_anything()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { Capabilities = ["SIZE 10"] });
        await using (var connection = await Outbound.OpenAsync(peer))
        {
            var result = await connection.SendAsync(Outbound.Mail(), default);
            Assert.Equal((552, new EnhancedStatus(5, 3, 4)), (result.Answers.Single().Reply.Code, result.Answers.Single().Reply.Status!.Value));
            Assert.Equal(FailureClass.Refused, result.Answers.Single().Class);
            Assert.True(result.ConnectionUsable);
        }
        Assert.Equal(["EHLO out.example.jp", "QUIT"], (await peer.EndedAsync(0)).Commands);
    }

    [Theory]
    [InlineData("a\r\nRCPT TO:<x@example.com>\r\n", "example.org")]
    [InlineData("a", "example.org>\r\nDATA")]
    [InlineData("a> NOTIFY=NEVER", "example.org")]
    [InlineData("a", "example.org NOTIFY=NEVER")]
    public async Task An_address_that_would_break_out_of_its_command_is_never_written(string local, string domain)
    {
        await using var peer = ScriptedPeer.Start();
        await using (var connection = await Outbound.OpenAsync(peer))
        {
            var mail = Outbound.Mail() with { Recipients = [new ForwardPath(new Mailbox(local, domain)), new ForwardPath(new Mailbox("b", "example.org"))] };
            var result = await connection.SendAsync(mail, default);
            Assert.Equal([FailureClass.Refused, FailureClass.None], result.Answers.Select(a => a.Class));
        }
        Assert.Equal(["EHLO", "MAIL", "RCPT", "DATA", "QUIT"], (await peer.EndedAsync(0)).Commands.Select(c => c.Split(' ')[0]));
    }

    [Fact]
    public async Task LOG_26_the_dialogue_is_written_down_only_when_asked_or_when_something_failed()
    {
        var failing = new PeerScript { On = s => s.Is("RCPT") ? "550 5.1.1 User unknown" : null };
        var failures = Outbound.Options with { RecordDialogue = RecordDialogue.Failures };
        Assert.Empty((await Outbound.SendAsync(new PeerScript(), Outbound.Mail(), failures)).Dialogue);
        Assert.Equal(
            ["-> MAIL FROM:<sender@example.jp>", "-> RCPT TO:<a@example.org>", "-> DATA", "<- 250 2.1.0 Ok", "<- 550 5.1.1 User unknown", "<- 554 5.5.1 No valid recipients"],
            (await Outbound.SendAsync(failing, Outbound.Mail(), failures)).Dialogue);
        Assert.Empty((await Outbound.SendAsync(failing, Outbound.Mail(), Outbound.Options with { RecordDialogue = RecordDialogue.Never })).Dialogue);
    }

    [Fact]
    public async Task OUT_5_a_host_that_drops_in_the_middle_of_the_content_cannot_have_the_mail()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { DropAfterContent = 1000 });
        await using var connection = await Outbound.OpenAsync(peer);
        var mail = Outbound.Mail(string.Concat(Enumerable.Repeat("0123456789abcdef\r\n", 1_000_000)), "a@example.org");
        var result = await connection.SendAsync(mail with { Content = new StreamedContent(mail.Content) }, default);
        Assert.Equal(FailureClass.LineError, result.Answers.Single().Class);
        Assert.Contains("(code=9/", result.Answers.Single().Reply.ToString(), StringComparison.Ordinal);
        Assert.False(result.Answers.Single().DotWasSent);
    }

    /// <summary>Content that is not in memory, as a spooled or stored one.</summary>
    private sealed class StreamedContent(MailContent inner) : MailContent
    {
        public override long Length => inner.Length;
        public override Stream OpenRead() => inner.OpenRead();
    }
}
