using System.Security.Cryptography;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

/// <summary>Accounts whose mail another store keeps, a real Dovecot.</summary>
public sealed class LmtpDeliveryTests : RoutedNode
{
    private Dovecot _dovecot = null!;

    private async Task StartAsync(bool running)
    {
        _dovecot = await Dovecot.PrepareAsync("taro@example.jp");
        if (running)
            await _dovecot.ResumeAsync();
        await StartAsync(("domain.table", $"example.jp local delivery=lmtp:{_dovecot.EndPoint}"), ("delivery.retry_seconds", "10"));
        await Scene.AddAccountAsync("taro@example.jp");
        await Scene.AddAccountAsync("hanako@example.jp");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _dovecot.DisposeAsync();
    }

    [Fact]
    public async Task DELIV_10_LMTP_hands_a_domains_mail_to_Dovecot_each_recipient_with_its_own_end()
    {
        await StartAsync(running: true);
        await SendAsync(Scene.Mail(owned: false, "taro@example.jp", "hanako@example.jp"));
        await Scene.ReachesAsync(2, "history");
        Assert.Equal(1, await Scene.CountAsync("history WHERE forward_path = 'taro@example.jp' AND outcome = 'delivered' AND rule LIKE 'ROUTE-1 row 2%' AND reply LIKE '250 2.0.0 %'"));
        Assert.Equal(1, await Scene.CountAsync("history WHERE forward_path = 'hanako@example.jp' AND outcome = 'failed' AND reply LIKE '550 5.1.1 %'"));
        Assert.StartsWith("Return-Path: <sender@example.jp>", Encoding.ASCII.GetString(Assert.Single(_dovecot.Messages("taro@example.jp"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RETRY_3_mail_waits_while_Dovecot_is_down_and_arrives_when_it_is_back()
    {
        await StartAsync(running: false);
        await SendAsync(Scene.Mail(owned: false, "taro@example.jp"));
        await Scene.ReachesAsync(1, "recipient WHERE state = 'waiting' AND class = 3");
        Assert.Equal($"lmtp:[127.0.0.1]:{_dovecot.EndPoint.Port}", await Scene.Database.ScalarAsync<string>("SELECT destination FROM recipient"));

        await _dovecot.ResumeAsync();
        await Scene.Database.ExecuteAsync("UPDATE destination SET down_until = NULL");
        await Scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now()");
        await Scene.ReachesAsync(1, "history WHERE outcome = 'delivered'");
        Assert.Single(_dovecot.Messages("taro@example.jp"));
    }

    [Fact]
    public async Task DELIV_10_a_mail_of_50_MB_goes_through_LMTP_whole()
    {
        await StartAsync(running: true);
        var octets = Encoding.ASCII.GetBytes("Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(Convert.ToBase64String(RandomNumberGenerator.GetBytes(54)) + "\r\n", 50 * 1024 * 1024 / 74)));
        var mail = Scene.Mail(owned: false, "taro@example.jp") with { Content = new MemoryContent(octets) };
        await Scene.Epoch.Store.AcceptLargeAsync(Scene.Epoch.Epoch, mail, default);
        WakeUp();
        await Scene.ReachesAsync(1, "history WHERE outcome = 'delivered'");
        var arrived = Assert.Single(_dovecot.Messages("taro@example.jp"));
        Assert.True(Tail(arrived).AsSpan().EndsWith(Tail(octets)), "the end of the mail is another one");
        Assert.True(arrived.Count(octet => octet == '\n') >= octets.Count(octet => octet == '\n'), "lines are missing");
    }

    private static byte[] Tail(byte[] octets) => [.. octets.Where(octet => octet != '\r').TakeLast(10_000)];
}
