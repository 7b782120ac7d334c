using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tests.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tests.Notices;

public class WaitingListTests
{
    private static WaitingEntry Entry(long number = 500101, Mailbox? proxyOf = null, params string[] recipients) => new(
        NoticeSample.Held(number: number) with { Recipients = recipients.Length > 0 ? [.. recipients.Select(Sample.Box)] : [Sample.Box("okyaku@client.example")] },
        Vectors.Texts(Vectors.Bucho, number), "https://mail.corp.example/a/x", proxyOf, TimeSpan.FromHours(27));

    [Fact]
    public async Task APPROVE_216_each_entry_has_its_fields()
    {
        var text = await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, [Entry(recipients: [.. Enumerable.Range(1, 7).Select(number => $"r{number}@client.example")])], 1, null));
        Assert.Contains("状態: 全 1 件\n", text, StringComparison.Ordinal);
        Assert.Contains("管理番号: B0000500101\n", text, StringComparison.Ordinal);
        Assert.Contains("受付日時 / 経過:\n  2026/11/24 10:15:02 (+09:00)\n  1 日 3 時間\n", text, StringComparison.Ordinal);
        Assert.Contains("依頼者: user2@corp.example\n", text, StringComparison.Ordinal);
        Assert.Contains("  r5@client.example (Bcc)\n  他 2 件\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("r6@client.example", text, StringComparison.Ordinal);
        Assert.Contains("件名: test\n", text, StringComparison.Ordinal);
        Assert.Contains("サイズ / 添付:\n  77 B\n  なし\n", text, StringComparison.Ordinal);
        Assert.Contains("期限: 2026/12/01", text, StringComparison.Ordinal);
        Assert.Contains("本人/代理: 本人\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_502_what_the_sender_tells_stands_in_list_and_request_in_bounds_and_the_mail_is_the_same()
    {
        var entry = Entry();
        var told = entry with { Held = entry.Held with { SenderNote = "至急です\nよろしく" } };
        Assert.Contains("依頼者からの連絡:\n  至急です\n  よろしく\n", await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, [told], 1, null)), StringComparison.Ordinal);
        Assert.DoesNotContain("依頼者からの連絡", await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, [entry], 1, null)), StringComparison.Ordinal);
        Assert.Contains("From the requester:\n  至急です\n  よろしく\n", await NoticeSample.Text(NoticeSample.Request(told.Held), NoticeLanguage.English), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_215_and_137_each_entry_can_be_decided_with_the_texts_of_the_request()
    {
        var list = await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, [Entry()], 1, null));
        var request = await NoticeSample.Text(NoticeSample.Request());
        var links = NoticeSample.Lines(request).Where(line => line.StartsWith("mailto:", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, links.Count);
        Assert.All(links, link => Assert.Contains(link, NoticeSample.Lines(list)));
    }

    [Fact]
    public async Task APPROVE_216_a_proxy_sees_for_whom() =>
        Assert.Contains("Own / proxy: as proxy of bucho@corp.example\n", await NoticeSample.Text(new Notice.Waiting(Vectors.Kacho, [Entry(proxyOf: Vectors.Bucho)], 1, null), NoticeLanguage.English), StringComparison.Ordinal);

    [Fact]
    public async Task APPROVE_216_at_most_50_with_the_total_and_a_link_for_the_rest()
    {
        var entries = Enumerable.Range(1, WaitingEntry.MailLimit).Select(number => Entry(number)).ToImmutableArray();
        var text = await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, entries, 200, "https://mail.corp.example/waiting"), NoticeLanguage.English);
        Assert.Contains("Status: the oldest 50 of 200\n", text, StringComparison.Ordinal);
        Assert.Contains("https://mail.corp.example/waiting\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_216_an_empty_list_says_so() =>
        Assert.Contains("承認待ちのメールはありません。", await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, [], 0, null)), StringComparison.Ordinal);

    [Fact]
    public async Task APPROVE_218_more_often_than_once_a_minute_only_the_time_of_the_last_list()
    {
        var text = await NoticeSample.Text(new Notice.Waiting(Vectors.Bucho, [], 3, null) { LastSentAt = Vectors.Now });
        Assert.Contains("一覧は 2026/11/24 10:16:19 (+09:00) にお送りしました。", text, StringComparison.Ordinal);
        Assert.DoesNotContain("承認待ちのメールはありません。", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APPROVE_217_a_full_list_attaches_up_to_10_mails_under_their_numbers()
    {
        var entries = Enumerable.Range(1, 12).Select(number => Entry(number)).ToImmutableArray();
        var mail = await NoticeWriter.WriteAsync(new Notice.Waiting(Vectors.Bucho, entries, 12, null), Vectors.Bucho, NoticeLanguage.Japanese, NoticeSample.Options,
            [.. Enumerable.Repeat(Sample.Content("vector.eml"), 12)], Vectors.Now, CancellationToken.None);
        Assert.Equal([.. Enumerable.Range(1, 10).Select(number => $"B{number:D10}.eml")], NoticeSample.Parse(mail).Attachments.Select(part => part.ContentDisposition!.FileName));
    }

    [Fact]
    public void EX_APPR_12_who_has_voted_does_not_see_it_and_who_has_not_does()
    {
        var stage = new HeldStage([new CurrentApprover(Vectors.Bucho), new CurrentApprover(Vectors.Kacho)], 2);
        var state = new HeldState { Id = Vectors.Hold(500101), Status = HoldStatus.Held, Version = 1, Stages = [stage], Requester = Vectors.User2, Barred = [] };
        Assert.True(WaitingEntry.Lists(state, Vectors.Bucho, []));
        var voted = ((Transition.Moved)Transition.Apply(state, new Trigger.Ballot(Vectors.Bucho, Verb.Approve, [], Vectors.Now, Channel.Mail))).Next;
        Assert.False(WaitingEntry.Lists(voted, Vectors.Bucho, []));
        Assert.True(WaitingEntry.Lists(voted, Vectors.Kacho, []));
        Assert.False(WaitingEntry.Lists(voted with { Status = HoldStatus.Rejected }, Vectors.Kacho, []));
    }

    [Fact]
    public void APPROVE_206_a_proxy_sees_what_was_already_waiting_and_the_principal_keeps_seeing_it()
    {
        var asked = new HeldStage([new CurrentApprover(Vectors.Bucho)], 1);
        var state = new HeldState { Id = Vectors.Hold(500101), Status = HoldStatus.Held, Version = 1, Stages = [asked], Requester = Vectors.User2, Barred = [] };
        Assert.False(WaitingEntry.Lists(state, Vectors.Kacho, []));
        Assert.True(WaitingEntry.Lists(state, Vectors.Kacho, [Vectors.Bucho]));
        Assert.False(WaitingEntry.Lists(state with { Requester = Vectors.Kacho }, Vectors.Kacho, [Vectors.Bucho]));
        var replaced = state with { Stages = [new HeldStage([new CurrentApprover(Vectors.Kacho, Vectors.Bucho)], 1)] };
        Assert.True(WaitingEntry.Lists(replaced, Vectors.Bucho, []));
        Assert.False(WaitingEntry.Lists(replaced with { Stages = [new HeldStage([new CurrentApprover(Vectors.Kacho, Vectors.Bucho, PrincipalMayDecide: false)], 1)] }, Vectors.Bucho, []));
    }
}
