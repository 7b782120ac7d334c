using System.Collections.Immutable;
using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>The header on top, its templates (HDR-2, HDR-3), and the hop limit that lives by it (LIMIT-5, LIMIT-6).</summary>
public sealed class HeaderTests
{
    private const string Hidden = "from a-user by %HOST% with %PROTO% id <%ID%>; %DATE%";

    private static async Task<string> ReceiveAsync(TestReceiver receiver, string content = "Subject: x\r\n\r\nbody\r\n", string helo = "out.example.net")
    {
        using var client = await receiver.ConnectAsync();
        await client.ReplyAsync();
        Assert.StartsWith("250", await client.AskAsync($"EHLO {helo}"));
        await client.AskAsync("MAIL FROM:<a@example.net>");
        await client.AskAsync("RCPT TO:<b@example.jp>");
        Assert.StartsWith("354 ", await client.AskAsync("DATA"));
        await client.SendAsync(content + ".\r\n");
        var reply = await client.ReplyAsync();
        return receiver.Mails.TryDequeue(out var mail) ? Encoding.ASCII.GetString(mail.Content) : reply!;
    }

    private static Task<TestReceiver> WithAsync(string template) =>
        TestReceiver.StartAsync(TestReceiver.Defaults with { Headers = HeaderTemplates.Parse(template).Templates });

    [Fact]
    public async Task HDR_2_HDR_3_GAP_1_a_template_replaces_the_built_in_form()
    {
        await using var receiver = await WithAsync("Received: from %HELO% (%RDNS% [%IP%])\nby %HOST% (%SOFT%) with %PROTO%\n  id <%ID%>;\n%DATE%\n");
        Assert.Matches(
            @"^Received: from out\.example\.net \(unverified \[127\.0\.0\.1\]\)\r\n by mx\.example\.jp \(ClusterMail\) with ESMTP\r\n id <B0000000098@mx\.example\.jp>;\r\n \w{3}, \d+ \w{3} \d{4} [\d:]{8} [+-]\d{4}\r\nSubject: x\r\n\r\nbody\r\n$",
            await ReceiveAsync(receiver));
    }

    [Fact]
    public async Task HDR_3_a_client_gets_the_template_its_address_chooses()
    {
        await using var receiver = await WithAsync($"' our own users are hidden\n127.*.*.* inside\n10.0.0.0/8 inside\n\nfrom %HELO% by %HOST% id <%ID%>; %DATE%\n[inside]\n{Hidden}\n");
        Assert.StartsWith("Received: from a-user by mx.example.jp with ESMTP id <B0000000098@mx.example.jp>; ", await ReceiveAsync(receiver), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HDR_2_a_changed_template_holds_for_the_next_connection()
    {
        await using var receiver = await TestReceiver.StartAsync();
        Assert.Contains("unverified", await ReceiveAsync(receiver), StringComparison.Ordinal);
        receiver.Options = receiver.Options with { Headers = HeaderTemplates.Parse(Hidden).Templates };
        Assert.DoesNotContain("unverified", await ReceiveAsync(receiver), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from %HELO% by %HOST%; %DATE%", 1, "%ID%")]
    [InlineData("from %HELO% by %HOST% id <%ID%>", 1, "%DATE%")]
    [InlineData("from %HELO% by %HOST% id <%ID%> %DATE%", 1, "must end with ;")]
    [InlineData("from %CLIENT% id <%ID%>; %DATE%", 1, "%CLIENT%")]
    [InlineData("from 日本 id <%ID%>; %DATE%", 1, "ASCII")]
    [InlineData("192.168.0.300 a\nfrom x id <%ID%>; %DATE%\n[a]\nby y id <%ID%>; %DATE%", 1, "192.168.0.300")]
    [InlineData("192.168.0.0/16 nobody\nfrom x id <%ID%>; %DATE%", 1, "[nobody]")]
    [InlineData("from x id <%ID%>; %DATE%\n[a]\nby y; %DATE%", 3, "[a]")]
    [InlineData("from x id <%ID%>; %DATE%\n[a b]\nby y id <%ID%>; %DATE%", 2, "letters")]
    [InlineData("10.*.0.1 a\n[a]\nby y id <%ID%>; %DATE%", 1, "10.*.0.1")]
    public void HDR_3_a_template_without_id_or_date_or_with_a_slip_is_refused_by_line(string text, int line, string about)
    {
        var fault = Assert.Single(HeaderTemplates.Parse(text).Faults);
        Assert.Equal(line, fault.Line);
        Assert.Contains(about, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.168.*.*", "192.168.7.9", true)]
    [InlineData("192.168.*.*", "192.169.7.9", false)]
    [InlineData("192.168.0.0/24", "192.168.0.200", true)]
    [InlineData("192.168.0.1", "192.168.0.2", false)]
    [InlineData("2001:db8::/32", "2001:db8::1", true)]
    [InlineData("*.*.*.*", "203.0.113.7", true)]
    public void HDR_3_patterns_choose_by_address(string pattern, string client, bool chosen)
    {
        var (templates, faults) = HeaderTemplates.Parse($"{pattern} inside\nfrom x id <%ID%>; %DATE%\n[inside]\n{Hidden}");
        Assert.Empty(faults);
        Assert.Equal(chosen, !ReferenceEquals(templates.For(IPAddress.Parse(client)), templates.For(IPAddress.Parse("233.252.0.1"))) || pattern == "*.*.*.*");
    }

    [Fact]
    public async Task HDR_1_a_greeting_cannot_forge_a_part_of_the_header()
    {
        await using var receiver = await TestReceiver.StartAsync();
        var content = await ReceiveAsync(receiver, helo: "x(unverified[9.9.9.9])by;evil\"<\\");
        Assert.StartsWith("Received: from x?unverified[9.9.9.9]?by?evil??? (unverified [127.0.0.1])\r\n", content, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "client.example.org", "(client.example.org [127.0.0.1])")]
    [InlineData(true, null, "(unverified [127.0.0.1])")]
    [InlineData(false, "client.example.org", "(unverified [127.0.0.1])")]
    public async Task CONF_18_HDR_1_a_confirmed_name_stands_in_place_of_unverified_when_it_is_asked_for(bool asked, string? name, string shown)
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { ReverseDns = asked });
        receiver.OnName = _ => Task.FromResult(name);
        Assert.StartsWith($"Received: from out.example.net {shown}\r\n", await ReceiveAsync(receiver), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", false)]
    public async Task HDR_4_a_listed_client_gets_Date_and_Message_ID_where_they_lack_and_nothing_else_is_touched(string listed, bool added)
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { SubmissionClients = ImmutableArray.Create(IPNetwork.Parse(listed)) });
        var content = await ReceiveAsync(receiver, "Subject: x\r\nX-Odd:  two  blanks\t\r\n\r\nbody\r\n");
        Assert.Equal(added, content.Contains("\r\nMessage-ID: <B0000000098@mx.example.jp>\r\n", StringComparison.Ordinal));
        Assert.Equal(added, content.Contains("\r\nDate: ", StringComparison.Ordinal));
        Assert.EndsWith("\r\nSubject: x\r\nX-Odd:  two  blanks\t\r\n\r\nbody\r\n", content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_403_a_mail_with_more_than_25_Received_lines_is_stopped()
    {
        await using var receiver = await TestReceiver.StartAsync();
        Assert.StartsWith("554 5.4.6", await ReceiveAsync(receiver, string.Concat(Enumerable.Repeat("Received: from a by b; now\r\n", 26)) + "Subject: x\r\n\r\nbody\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LIMIT_5_LIMIT_6_each_pass_adds_a_header_so_that_a_loop_ends_at_the_limit()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxReceived = 5 });
        var content = "Subject: x\r\n\r\nbody\r\n";
        var passes = 0;
        while (true)
        {
            var next = await ReceiveAsync(receiver, content);
            if (next.StartsWith("554", StringComparison.Ordinal))
            {
                Assert.Equal("554 5.4.6 too many Received: headers.", next);
                break;
            }
            content = next;
            passes++;
        }
        // It arrives with 0, 1, ... 5 headers and passes; with 6 it does not.
        Assert.Equal(6, passes);
    }

    [Fact]
    public async Task LIMIT_4_where_the_surplus_is_deferred_the_first_recipients_get_the_mail()
    {
        await using var receiver = await TestReceiver.StartAsync(TestReceiver.Defaults with { MaxRecipients = 3, DeferExtraRecipients = true });
        using var client = await receiver.ConnectAsync();
        await client.BeginMailAsync("a@example.jp");
        Assert.StartsWith("250 ", await client.AskAsync("RCPT TO:<b@example.jp>"));
        Assert.StartsWith("452 4.5.3 ", await client.AskAsync("RCPT TO:<c@example.jp>"));
        Assert.StartsWith("354 ", await client.AskAsync("DATA"));
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."));
        Assert.True(receiver.Mails.TryDequeue(out var mail));
        Assert.Equal(["a@example.jp", "b@example.jp"], mail.Mail.Envelope.ForwardPaths.Select(path => path.Mailbox.ToString()));
    }

    [Fact]
    public void LIMIT_3_without_a_limit_the_queue_still_has_one_and_asks_for_the_rest_again()
    {
        var envelope = new Envelope(ReversePath.Null) { ForwardPaths = [.. Enumerable.Repeat(new ForwardPath(new Mailbox("a", "example.jp")), Transaction.MostRecipients)] };
        var (next, refusal) = new Transaction.Open(envelope).On(new Protocol.Grammar.SmtpCommand.Rcpt(new ForwardPath(new Mailbox("b", "example.jp"))), TestReceiver.Defaults with { MaxRecipients = 0 });
        Assert.Equal(452, refusal!.Code);
        Assert.Equal(Transaction.MostRecipients, next.Begun!.ForwardPaths.Length);
    }
}
