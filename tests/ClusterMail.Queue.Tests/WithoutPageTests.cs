using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Tests;

/// <summary>Without <c>approval.web.url</c> everything works by mail, as in the original.</summary>
public sealed class WithoutPageTests
{
    [Fact]
    public async Task APPROVE_505_without_a_page_request_list_proxy_history_withdrawal_and_decision_go_by_mail_and_no_mail_carries_a_link_to_one()
    {
        await using var scene = await ApprovalScene.StartAsync("*:1::bucho@corp.example", ("approval.admins", "kanri@corp.example"));
        var (first, second) = (await scene.HoldAsync(), await scene.HoldAsync("tanto@partner.example"));
        var text = await scene.TextAsync(first, "bucho@corp.example", "approval");
        Assert.Equal(250, (await scene.CommandAsync("bucho@corp.example", "waitlist_")).Code);
        Assert.Contains(new MessageId(second.Id).ToString(), (await scene.AnswerAsync("waiting-list:", "bucho@corp.example")).TextBody, StringComparison.Ordinal);
        Assert.Equal(250, (await scene.CommandAsync("bucho@corp.example", "setproxyuser_kacho@corp.example")).Code);
        Assert.Equal(250, (await scene.CommandAsync("kanri@corp.example", "approvalgetlog_")).Code);
        Assert.Equal(250, (await scene.CommandAsync("user2@corp.example", $"withdraw_{new MessageId(second.Id)}")).Code);
        Assert.Equal(250, (await scene.DecideAsync("bucho@corp.example", text)).Code);
        await scene.WorkAsync();
        Assert.Equal((HoldState.Approved, HoldState.Withdrawn), ((await scene.AgainAsync(first)).State, (await scene.AgainAsync(second)).State));
        Assert.Equal(1, await scene.Queue.CountAsync("approval_proxy WHERE approver = 'bucho@corp.example' AND proxy = 'kacho@corp.example'"));
        Assert.Equal("承認履歴", (await scene.AnswerAsync("history:", "kanri@corp.example")).Subject);
        // Decoded, no mail of approval names a page, and no secret of one was made.
        await using var command = scene.Queue.Database.Source.CreateCommand("SELECT content FROM mail WHERE content IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var mails = 0;
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var mail = await MimeKit.MimeMessage.LoadAsync(new MemoryStream(reader.GetFieldValue<byte[]>(0)), TestContext.Current.CancellationToken);
            mails++;
            Assert.DoesNotMatch("https?://", $"{mail.TextBody}{mail.HtmlBody}".Replace("http://www.w3.org", "", StringComparison.Ordinal));
        }
        Assert.True(mails >= 8, $"{mails} mails");
        Assert.Equal(0, await scene.Queue.CountAsync("approval_link"));
    }
}
