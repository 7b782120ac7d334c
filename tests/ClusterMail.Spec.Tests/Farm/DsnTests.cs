using ClusterMail.Testing.Processes;

namespace ClusterMail.Spec.Tests.Farm;

/// <summary>Wishes for reports (RFC 3461) through a real Postfix behind the farm (RECV-26).</summary>
[Collection(nameof(FarmCollection))]
public class DsnTests(FarmFixture farm)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task RECV_26_a_Postfix_that_knows_DSN_gets_the_wishes_unchanged_and_its_own_success_report_comes_back()
    {
        var (knows, _) = farm.TakeSink();
        var (knowsNot, _) = farm.TakeSink();
        var (reports, home) = farm.TakeSink();
        knowsNot.Extensions = ["PIPELINING", "8BITMIME"];
        // Behind Postfix x lives on a host without DSN, so Postfix reports; y on one with it, which shows what Postfix was told.
        await using var postfix = await Postfix.StartAsync(farm.Receiver, farm.PostfixPort,
            $"transport_maps = inline:{{{{x@postfix.test = smtp:[127.0.0.1]:{knowsNot.Port}}}, {{y@postfix.test = smtp:[127.0.0.1]:{knows.Port}}}}}");
        try
        {
            await farm.SendAsync($"author@{home}", "x@postfix.test", "RET=HDRS ENVID=QQ+2B314159", "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;first+2Bx@example.net");
            await farm.SendAsync($"author@{home}", "y@postfix.test", "RET=HDRS ENVID=QQ+2B314159", "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;first+2By@example.net");
            var report = await reports.OneAsync(_ => true, Soon);
            Assert.Equal("", report.ReversePath);
            Assert.Contains("Reporting-MTA: dns; postfix.test", report.Text, StringComparison.Ordinal);
            Assert.Contains("Original-Envelope-Id: QQ+314159", report.Text, StringComparison.Ordinal);
            Assert.Contains("Original-Recipient: rfc822;first+x@example.net", report.Text, StringComparison.Ordinal);
            Assert.Contains("Action: relayed", report.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("\r\nbody\r\n", report.Text, StringComparison.Ordinal);
            var passed = await knows.OneAsync(_ => true, Soon);
            Assert.Contains("RET=HDRS", passed.MailLine, StringComparison.Ordinal);
            Assert.Contains("ENVID=QQ+2B314159", passed.MailLine, StringComparison.Ordinal);
            Assert.Contains("NOTIFY=SUCCESS,FAILURE,DELAY", passed.RecipientLines[0], StringComparison.Ordinal);
            Assert.Contains("ORCPT=rfc822;first+2By@example.net", passed.RecipientLines[0], StringComparison.Ordinal);
            // Who passes the duty on reports nothing himself (RFC 3461 §5.2.1).
            Assert.True(await Until.StaysAsync(() => reports.Count == 1, TimeSpan.FromSeconds(2)), "a second report came");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException(postfix.Log(), e);
        }
    }

    [Fact]
    public async Task RECV_26_for_a_Postfix_without_DSN_the_farm_says_relayed_itself()
    {
        var (sink, _) = farm.TakeSink();
        var (reports, home) = farm.TakeSink();
        await using var postfix = await Postfix.StartAsync(sink.EndPoint, farm.PostfixPort, "smtpd_discard_ehlo_keywords = dsn");
        await farm.SendAsync($"author@{home}", "x@postfix.test", "RET=HDRS ENVID=QQ314159", "NOTIFY=SUCCESS ORCPT=rfc822;first@example.net");
        var report = await reports.OneAsync(_ => true, Soon);
        Assert.Equal("", report.ReversePath);
        Assert.Contains($"Reporting-MTA: dns; {FarmFixture.HostName}", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Original-Envelope-Id: QQ314159", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Original-Recipient: rfc822;first@example.net", report.Text.Replace("rfc822; ", "rfc822;", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Action: relayed", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\r\nbody\r\n", report.Text, StringComparison.Ordinal);
        await sink.OneAsync(_ => true, Soon);
    }

    [Fact]
    public async Task RECV_26_NOTIFY_NEVER_brings_no_report_of_a_refusal_by_a_real_Postfix_nor_of_one_behind_it()
    {
        var (sink, _) = farm.TakeSink();
        var (reports, home) = farm.TakeSink();
        sink.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains("<behind@", StringComparison.Ordinal) ? "550 5.1.1 User unknown" : null;
        await using var postfix = await Postfix.StartAsync(farm.Receiver, farm.PostfixPort,
            $"transport_maps = inline:{{{{postfix.test = smtp:[127.0.0.1]:{sink.Port}}}}}",
            "smtpd_recipient_restrictions = check_recipient_access inline:{{nobody@postfix.test = REJECT}}");
        await farm.SendAsync($"author@{home}", "nobody@postfix.test", recipient: "NOTIFY=NEVER");
        await farm.SendAsync($"author@{home}", "behind@postfix.test", recipient: "NOTIFY=NEVER");
        await Until.TrueAsync(() => sink.Events.Any(heard => heard.Verb == "RCPT"), Soon, "the attempt behind Postfix");
        // The same with a wish for reports: both come, so both ways are open and the silence above was meant.
        await farm.SendAsync($"author@{home}", "nobody@postfix.test", "ENVID=wanted", "NOTIFY=FAILURE");
        await farm.SendAsync($"author@{home}", "behind@postfix.test", "ENVID=wanted", "NOTIFY=FAILURE");
        await reports.OneAsync(mail => mail.Text.Contains($"Reporting-MTA: dns; {FarmFixture.HostName}", StringComparison.OrdinalIgnoreCase), Soon);
        await reports.OneAsync(mail => mail.Text.Contains("Reporting-MTA: dns; postfix.test", StringComparison.OrdinalIgnoreCase), Soon);
        Assert.All(reports.Mails, mail => Assert.Contains("Original-Envelope-Id: wanted", mail.Text, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, reports.Count);
    }
}
