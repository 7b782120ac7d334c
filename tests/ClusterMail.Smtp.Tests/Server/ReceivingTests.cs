using System.Globalization;
using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Smtp.Tests.Server;

public sealed class ReceivingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "The condition did not come true in time.");
            await Task.Delay(10);
        }
    }

    /// <summary>Moves virtual time on by <paramref name="span"/>, then second by second until the session, which needs real time to act, says something.</summary>
    private static async Task<string?> AfterAsync(FakeTimeProvider time, WireClient client, TimeSpan span)
    {
        var reply = client.ReplyAsync();
        time.Advance(span);
        while (!reply.IsCompleted)
        {
            await Task.WhenAny(reply, Task.Delay(50));
            time.Advance(TimeSpan.FromSeconds(1));
        }
        return await reply;
    }

    [Theory]
    [InlineData(20, "250 2.0.0 Message received ok.")]
    [InlineData(21, "554 5.4.6 too many Received: headers.")]
    public async Task EX_RECV_7_LIMIT_5_PIPE_16_twenty_Received_headers_pass_and_twenty_one_do_not(int count, string expected)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        var headers = string.Concat(Enumerable.Repeat("Received: from a\r\n by b; now\r\n", count));
        await client.SendAsync(headers + "Subject: Received: x\r\n\r\nReceived: body\r\n.\r\n");
        Assert.Equal(expected, await client.ReplyAsync());
    }

    [Fact]
    public async Task EX_RECV_9_PIPE_1_with_session_limit_1_a_second_connect_is_answered_421_and_closed()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxSessions = 1 });
        using var first = await receiver.ConnectAsync();
        await first.ReplyAsync();
        using var second = await receiver.ConnectAsync();
        Assert.Equal("421 exceeds an accepting limit.", await second.ReplyAsync());
        Assert.Null(await second.ReplyAsync());
        await first.AskAsync("QUIT");
        await UntilAsync(() => receiver.Listeners.Sessions == 0);
        using var third = await receiver.ConnectAsync();
        Assert.StartsWith("220 ", await third.ReplyAsync());
    }

    [Fact]
    public async Task RECV_8_one_client_address_has_its_own_limit()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxSessionsPerAddress = 1 });
        using var first = await receiver.ConnectAsync();
        await first.ReplyAsync();
        using var second = await receiver.ConnectAsync();
        Assert.Equal("421 exceeds an accepting limit.", await second.ReplyAsync());
    }

    [Fact]
    public async Task HDR_1_PIPE_19_our_Received_header_is_put_on_top()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 5, 1, 2, 3, TimeSpan.Zero));
        await using var receiver = await TestReceiver.StartAsync(time: time);
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("Subject: x\r\n\r\nbody\r\n.\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.Equal(
            "Received: from out.example.net (unverified [127.0.0.1])\r\n by mx.example.jp (ClusterMail) with ESMTP id <B0000000098@mx.example.jp>;\r\n"
            + " Thu, 5 Mar 2026 01:02:03 +0000\r\nSubject: x\r\n\r\nbody\r\n", Encoding.ASCII.GetString(mail.Content));
        Assert.Equal(new ContentFacts { HeaderLength = "Subject: x\r\n".Length }, mail.Mail.Facts);
    }

    [Fact]
    public async Task HDR_4_a_submission_without_Date_and_Message_ID_gets_them_and_other_mail_does_not()
    {
        var listener = new ListenerOptions { EndPoint = new(IPAddress.Loopback, 0), Purpose = ListenerPurpose.Submission };
        await using var receiver = await TestReceiver.StartAsync(listener: listener);
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("Subject: x\r\n\r\nbody\r\n.\r\n");
        await client.ReplyAsync();
        await client.AskAsync("MAIL FROM:<a@example.net>");
        await client.AskAsync("RCPT TO:<b@example.jp>");
        await client.AskAsync("DATA");
        await client.SendAsync("DATE: today\r\nmessage-id:\r\n <x@y>\r\n\r\nbody\r\n.\r\n");
        await client.ReplyAsync();
        var contents = receiver.Mails.Select(mail => Encoding.ASCII.GetString(mail.Content)).ToArray();
        Assert.Contains("\r\nMessage-ID: <B0000000098@mx.example.jp>\r\nSubject", contents[0], StringComparison.Ordinal);
        Assert.Matches("\r\nDate: [A-Z][a-z]{2}, ", contents[0]);
        Assert.DoesNotContain("\r\nDate: ", contents[1], StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nMessage-ID: ", contents[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_26_a_pipelined_group_is_answered_in_order()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.SendAsync("EHLO a\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.jp>\r\nRCPT TO:<c>\r\nDATA\r\n");
        Assert.StartsWith("250-", await client.ReplyAsync());
        Assert.StartsWith("250 2.0.0 <a@example.net>", await client.ReplyAsync());
        Assert.StartsWith("250 2.0.0 <b@example.jp>", await client.ReplyAsync());
        Assert.StartsWith("501 5.5.2", await client.ReplyAsync());
        Assert.StartsWith("354 ", await client.ReplyAsync());
        await client.SendAsync(".\r\nQUIT\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.StartsWith("221 ", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task P6_content_beyond_memory_is_spooled_unchanged_and_its_file_goes_with_it()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxContentInMemory = 100_000 });
        var files = 0;
        receiver.OnAccept = _ =>
        {
            files = Directory.GetFiles(receiver.SpoolFolder).Length;
            return Task.FromResult(ServerReplies.Received);
        };
        var body = string.Concat(Enumerable.Range(0, 60_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"line number {i}\r\n")));
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("Subject: big\r\n\r\n" + body + ".\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.IsType<SpooledContent>(mail.Mail.Content);
        Assert.EndsWith("\r\nSubject: big\r\n\r\n" + body, Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
        Assert.StartsWith("Received: ", Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
        Assert.Equal(mail.Content.Length, mail.Mail.Content.Length);
        Assert.Equal(1, files);
        Assert.Equal((0, 0), (receiver.Services.Budget.Memory, receiver.Services.Budget.Spool));
        Assert.Empty(Directory.GetFiles(receiver.SpoolFolder));
    }

    [Fact]
    public async Task P6_content_in_memory_is_put_together_unchanged_from_its_pieces()
    {
        await using var receiver = await TestReceiver.StartAsync();
        var body = string.Concat(Enumerable.Range(0, 12_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"line number {i}\r\n")));
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("Subject: some pieces\r\n\r\n" + body + ".\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.IsType<MemoryContent>(mail.Mail.Content);
        Assert.EndsWith("\r\nSubject: some pieces\r\n\r\n" + body, Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
        Assert.Equal((0, 0), (receiver.Services.Budget.Memory, receiver.Services.Budget.Spool));
    }

    [Fact]
    public async Task P6_a_full_spool_is_answered_452_4_3_1_and_leaves_nothing()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxContentInMemory = 1000, MaxSpool = 150_000 });
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("\r\n" + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 3000)) + ".\r\n");
        Assert.StartsWith("452 4.3.1", await client.ReplyAsync());
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"));
        Assert.Empty(Directory.GetFiles(receiver.SpoolFolder));
        Assert.Equal((0, 0), (receiver.Services.Budget.Memory, receiver.Services.Budget.Spool));
    }

    [Fact]
    public async Task P6_when_the_memory_of_all_sessions_is_spoken_for_mails_go_to_the_spool()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxContentMemory = 0 });
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("Subject: x\r\n\r\nsmall\r\n.\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.IsType<SpooledContent>(mail.Mail.Content);
        Assert.EndsWith("small\r\n", Encoding.ASCII.GetString(mail.Content), StringComparison.Ordinal);
    }

    [Fact]
    public void P6_what_an_earlier_life_left_in_the_spool_is_swept()
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-spool-").FullName;
        File.WriteAllText(Path.Combine(folder, "x.spool"), "left");
        Assert.Equal(1, new SpoolFolder(folder).Swept);
        Assert.Empty(Directory.GetFiles(folder));
        Directory.Delete(folder);
    }

    [Fact]
    public async Task RECV_9_an_idle_session_is_told_and_closed_after_its_time()
    {
        var time = new FakeTimeProvider();
        await using var receiver = await TestReceiver.StartAsync(time: time);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        var start = time.GetTimestamp();
        Assert.StartsWith("421 4.4.2 Idle", await AfterAsync(time, client, TimeSpan.FromSeconds(298)));
        Assert.True(time.GetElapsedTime(start) >= TimeSpan.FromSeconds(300));
        Assert.Null(await AfterAsync(time, client, TimeSpan.Zero));
    }

    [Fact]
    public async Task P6_a_session_older_than_its_limit_ends_at_the_next_command()
    {
        var time = new FakeTimeProvider();
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { SessionTimeout = TimeSpan.FromSeconds(10) }, time: time);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"));
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.StartsWith("421 4.4.2 Session", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task P6_who_sent_several_commands_at_once_and_got_421_to_the_first_sees_the_close_after_half_a_second()
    {
        var time = new FakeTimeProvider();
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxCommands = 2 }, time: time);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.SendAsync("NOOP\r\nNOOP\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.StartsWith("250 ", await client.ReplyAsync());
        Assert.StartsWith("421 4.7.0 Too many commands", await client.ReplyAsync());
        var close = client.ReplyAsync();
        // The session begins to wait at some moment after the 421; three times half a second are less than what a client that goes on sending is waited for.
        for (var turn = 0; turn < 3 && !close.IsCompleted; turn++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(close, Task.Delay(TimeSpan.FromSeconds(1)));
        }
        Assert.True(close.IsCompleted);
        Assert.Null(await close);
    }

    [Fact]
    public async Task P6_an_upload_slower_than_the_floor_is_cut()
    {
        var time = new FakeTimeProvider();
        await using var receiver = await TestReceiver.StartAsync(time: time);
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("a few octets\r\n");
        Assert.StartsWith("421 4.4.2 Transfer too slow", await AfterAsync(time, client, TimeSpan.FromSeconds(58)));
        Assert.Empty(receiver.Mails);
    }

    [Fact]
    public async Task P6_a_line_too_long_is_refused_and_the_next_one_heard()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        Assert.Equal("500 5.5.2 Line too long.", await client.AskAsync("NOOP " + new string('x', 2042)));
        Assert.Equal("500 5.5.2 Line too long.", await client.AskAsync("NOOP " + new string('x', 100_000)));
        Assert.Equal("250 2.0.0 ok.", await client.AskAsync("NOOP " + new string('x', 2041)));
    }

    [Fact]
    public async Task P6_a_line_without_end_is_cut_off()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.SendAsync(new string('x', 1_100_000));
        Assert.StartsWith("421 ", await client.ReplyAsync());
    }

    [Fact]
    public async Task P7_without_the_store_MAIL_is_answered_with_its_4xx_and_DATA_without_a_number_451()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO a");
        receiver.Unavailable = ServerReplies.Trouble;
        Assert.Equal("451 4.3.0 Requested action aborted: error in processing.", await client.AskAsync("MAIL FROM:<a@b.example>"));
        receiver.Unavailable = null;
        receiver.CanAllot = false;
        await client.AskAsync("MAIL FROM:<a@b.example>");
        await client.AskAsync("RCPT TO:<c@d.example>");
        Assert.Equal("451 4.3.0 Requested action aborted: error in processing.", await client.AskAsync("DATA"));
    }

    [Theory]
    [InlineData("EHLO", true)]
    [InlineData("HELO", false)]
    public async Task RECV_22_RECV_23_the_first_line_greets_by_address_under_the_name_of_the_service(string verb, bool extended)
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var client = await receiver.ConnectAsync();
        Assert.Equal("220 mx.example.jp ESMTP ClusterMail", await client.ReplyAsync());
        var lines = (await client.AskAsync($"{verb} out.example.net"))!.Split('\n');
        Assert.Equal("mx.example.jp Hello [127.0.0.1], pleased to meet you", lines[0][4..]);
        Assert.Equal(extended, lines.Length > 1);
        Assert.Equal(extended, lines.Any(line => line[4..].StartsWith("SIZE ", StringComparison.Ordinal)));
        // No certificate, so nothing to offer.
        Assert.DoesNotContain(lines, line => line.EndsWith("STARTTLS", StringComparison.Ordinal));
        Assert.Equal("221 2.0.0 mx.example.jp closing connection.", await client.AskAsync("QUIT"));
    }

    [Fact]
    public async Task PIPE_9_PIPE_15_a_recipient_too_many_ends_the_transaction_before_a_number_is_allotted()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxRecipients = 2 });
        using var client = await receiver.ConnectAsync();
        await client.BeginMailAsync();
        Assert.Equal("554 5.5.3 Too many recipients.", await client.AskAsync("RCPT TO:<c@example.jp>"));
        Assert.StartsWith("554 ", await client.AskAsync("DATA"), StringComparison.Ordinal);
        await client.AskAsync("RSET");
        await client.AskAsync("MAIL FROM:<a@example.net>");
        await client.AskAsync("RCPT TO:<b@example.jp>");
        Assert.Contains("id <B0000000098>", await client.AskAsync("DATA"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PIPE_20_the_answer_to_the_content_waits_for_the_commit_and_is_the_acceptors_own()
    {
        await using var receiver = await TestReceiver.StartAsync();
        var commit = new TaskCompletionSource<Reply>();
        receiver.OnAccept = _ => commit.Task;
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("x\r\n.\r\n");
        var reply = client.ReplyAsync();
        await UntilAsync(() => !receiver.Mails.IsEmpty);
        Assert.False(reply.IsCompleted);
        commit.SetResult(ServerReplies.Trouble);
        Assert.Equal("451 4.3.0 Requested action aborted: error in processing.", await reply);
    }

    [Fact]
    public async Task P7_an_exception_is_answered_451_and_logged_and_the_session_ends()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.OnAccept = _ => throw new InvalidOperationException("broken for the test");
        using var client = await receiver.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync("x\r\n.\r\n");
        Assert.StartsWith("451 4.3.0", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
        Assert.Contains(receiver.Log.Lines, line => line.Contains("broken for the test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task P9_a_refusal_by_policy_is_answered_and_logged_with_its_rule()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.OnRecipient = _ => Verdict.Refuse(new Reply(550, new(5, 1, 1), "Please mail to a valid e-mail address."), "RELAY-31", close: true);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO a");
        await client.AskAsync("MAIL FROM:<a@b.example>");
        Assert.Equal("550 5.1.1 Please mail to a valid e-mail address.", await client.AskAsync("RCPT TO:<c@d.example>"));
        Assert.Null(await client.ReplyAsync());
        Assert.Contains(receiver.Log.Lines, line => line.Contains("RELAY-31", StringComparison.Ordinal) && line.Contains("RCPT TO:<c@d.example>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("421 4.7.0", false)]
    [InlineData("550 5.7.1", true)]
    public async Task RECV_27_a_client_that_goes_on_talking_reads_the_last_word_and_is_not_reset(string word, bool fatal)
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxErrors = fatal ? 20 : 0 });
        if (fatal)
            receiver.OnMail = (_, _, _) => Verdict.Refuse(new Reply(550, new EnhancedStatus(5, 7, 1), "Go away."), "RELAY-22", close: true);
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO a");
        await client.SendAsync(fatal ? "MAIL FROM:<a@b.example>\r\n" : "NONSENSE\r\n");
        var part = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("RCPT TO:<somebody-with-a-name-of-some-length@example.jp>\r\n", 1130)));
        for (var sent = 0; sent < 1_048_576; sent += part.Length)
        {
            await client.SendAsync(part);
            await client.TakenAsync();          // one after the other, so that a receiver that closes early meets a client that goes on
        }

        // A reset would throw here: the end of the stream is an orderly one.
        using var rest = new StreamReader(client.Stream, Encoding.ASCII);
        var replies = (await rest.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Limit)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith(word, replies[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_10_a_hidden_address_gives_no_answer()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { HiddenAddresses = [IPAddress.Loopback] });
        using var client = await receiver.ConnectAsync();
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task RECV_27_a_client_that_talks_before_the_greeting_is_refused()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var spoke = new ManualResetEventSlim();
        receiver.OnConnect = _ =>
        {
            spoke.Wait(Limit);
            return Verdict.Accept("test");
        };
        using var client = await receiver.ConnectAsync();
        await client.SendAsync("EHLO a\r\n");
        await client.TakenAsync();
        spoke.Set();
        Assert.StartsWith("554 5.5.1", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task RECV_12_a_changed_port_opens_first_and_sessions_on_the_old_one_go_on()
    {
        await using var receiver = await TestReceiver.StartAsync();
        var old = receiver.EndPoint;
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        await receiver.Listeners.ApplyAsync([new ListenerOptions { EndPoint = new(IPAddress.Loopback, 0), Purpose = ListenerPurpose.Submission }]);
        Assert.NotEqual(old, receiver.EndPoint);
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"));
        using var other = await receiver.ConnectAsync();
        Assert.StartsWith("220 ", await other.ReplyAsync());
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => WireClient.ConnectAsync(old));
    }

    [Fact]
    public async Task ADMIN_1_a_taken_port_is_named_and_nothing_changes()
    {
        await using var receiver = await TestReceiver.StartAsync();
        await using var other = await TestReceiver.StartAsync();
        var failure = await Assert.ThrowsAsync<PortUnavailableException>(
            () => other.Listeners.ApplyAsync([new ListenerOptions { EndPoint = receiver.EndPoint }]));
        Assert.Contains(receiver.EndPoint.Port.ToString(CultureInfo.InvariantCulture), failure.Message, StringComparison.Ordinal);
        using var client = await other.ConnectAsync();
        Assert.StartsWith("220 ", await client.ReplyAsync());
    }

    [Fact]
    public async Task CLU_32_a_drain_tells_idle_sessions_and_lets_a_mail_finish()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var idle = await receiver.ConnectAsync();
        await idle.ReplyAsync();
        await idle.AskAsync("EHLO a");
        using var busy = await receiver.ConnectAsync();
        await busy.BeginDataAsync();
        var drain = receiver.Listeners.DrainAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("421 4.3.2", await idle.ReplyAsync());
        Assert.False(drain.IsCompleted);
        await busy.SendAsync("x\r\n.\r\n");
        Assert.StartsWith("250 ", await busy.ReplyAsync());
        Assert.StartsWith("421 4.3.2", await busy.ReplyAsync());
        await drain.WaitAsync(Limit);
        Assert.Single(receiver.Mails);
    }

    [Fact]
    public async Task CLU_32_what_does_not_end_within_the_drain_time_is_cut()
    {
        await using var receiver = await TestReceiver.StartAsync();
        using var busy = await receiver.ConnectAsync();
        await busy.BeginDataAsync();
        await receiver.Listeners.DrainAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(Limit);
        Assert.Null(await busy.ReplyAsync());
        Assert.Empty(receiver.Mails);
    }

    [Fact]
    public async Task CLU_25_while_the_node_cannot_take_mail_new_connections_get_421()
    {
        await using var receiver = await TestReceiver.StartAsync();
        receiver.Listeners.SetAccepting(false);
        using var client = await receiver.ConnectAsync();
        Assert.StartsWith("421 4.3.2", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
        receiver.Listeners.SetAccepting(true);
        using var again = await receiver.ConnectAsync();
        Assert.StartsWith("220 ", await again.ReplyAsync());
    }
}
