using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tests.Tokens;

namespace ClusterMail.Approval.Tests.Notices;

public class NoticeTemplateTests
{
    [Fact]
    public void APPROVE_100_every_mail_exists_in_both_languages()
    {
        foreach (var kind in Enum.GetValues<NoticeKind>())
        {
            foreach (var language in Enum.GetValues<Language>())
                Assert.NotEmpty(NoticeTemplate.Default(kind, language).Lines);
            Assert.DoesNotMatch(@"[\u3040-\u30FF\u4E00-\u9FFF]", NoticeTexts.Default(kind, Language.English));
            Assert.Matches(@"[\u3040-\u30FF\u4E00-\u9FFF]", NoticeTexts.Default(kind, Language.Japanese));
        }
    }

    [Fact]
    public void APPROVE_100_a_template_without_a_required_field_is_not_taken()
    {
        foreach (var kind in Enum.GetValues<NoticeKind>())
        {
            foreach (var field in NoticeFields.Of(kind))
            {
                var text = NoticeTexts.Default(kind, Language.English).Replace($"{{{field.Name}}}\n", "", StringComparison.Ordinal);
                var (template, faults) = NoticeTemplate.Parse(kind, Language.English, text);
                Assert.Equal(field.IsRequired, template is null);
                Assert.Equal(field.IsRequired ? 1 : 0, faults.Length);
                Assert.All(faults, fault => Assert.Contains($"{{{field.Name}}}", fault.ToString(), StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void APPROVE_100_faults_name_line_and_column_and_what_there_is()
    {
        var text = NoticeTexts.Default(NoticeKind.HoldNotice, Language.English) + "Hello {subject}, bye\n{nonsense}\n{a}{b}\n";
        var lines = text.Split('\n').Length;
        var (template, faults) = NoticeTemplate.Parse(NoticeKind.HoldNotice, Language.English, text);
        Assert.Null(template);
        Assert.Equal([(lines - 3, 7), (lines - 2, 1), (lines - 1, 1)], faults.Select(fault => (fault.LineNumber, fault.Column)));
        Assert.Contains("it has {status}, {subject}", faults[1].ToString(), StringComparison.Ordinal);
        Assert.Single(NoticeTemplate.Parse(NoticeKind.HoldNotice, Language.English, new string('x', 20_001)).Faults);
    }

    [Fact]
    public async Task APPROVE_100_an_edited_template_has_its_own_words_and_order_and_keeps_the_labels()
    {
        var text = "ご確認ください。\n{reference}\n{status}\n\n総務部より\n{subject}\n{received}\n{recipients}\n{approvers}\n{reason}\n{deadline}\n";
        var template = NoticeTemplate.Parse(NoticeKind.HoldNotice, Language.Japanese, text).Template!;
        var options = NoticeSample.Options with { Templates = new Dictionary<(NoticeKind, Language), NoticeTemplate> { [(NoticeKind.HoldNotice, Language.Japanese)] = template } };
        var written = await NoticeSample.Text(NoticeSample.HoldNotice(), options: options);
        Assert.StartsWith("ご確認ください。\n管理番号: B0000500101\n状態: 保留中 (未送信)\n\n総務部より\n件名: test\n", written, StringComparison.Ordinal);
        Assert.Contains("総務部より", (await NoticeSample.Read(NoticeSample.HoldNotice(), Vectors.User2, options: options)).HtmlBody, StringComparison.Ordinal);
        Assert.StartsWith("The mail below is held", await NoticeSample.Text(NoticeSample.HoldNotice(), NoticeLanguage.English, options), StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_110_to_119_labels_are_those_of_the_specification()
    {
        string Labels(NoticeKind kind, Language language) => string.Join(" | ", NoticeFields.Of(kind).Select(field => field.Label.In(language)));
        Assert.StartsWith("状態 | 件名 | 受付日時 | 承認待ちの宛先 | 送信済みの宛先 | 承認者 | 理由 | 期限 | 管理番号 | 取消", Labels(NoticeKind.HoldNotice, Language.Japanese), StringComparison.Ordinal);
        Assert.StartsWith("Status | Subject | Received | Recipients waiting | Already sent to | Approvers | Reason | Deadline | Reference | Withdraw", Labels(NoticeKind.HoldNotice, Language.English), StringComparison.Ordinal);
        Assert.StartsWith("依頼内容 | [承認] | [却下] | 承認ページ | [送信先アドレス] | 依頼者 | 件名 / 日時 / サイズ | 添付ファイル | 理由 | 期限 | 管理番号 | 他の承認者 | 代理 | 注意", Labels(NoticeKind.Request, Language.Japanese), StringComparison.Ordinal);
        Assert.StartsWith("What is asked | [Approve] | [Reject] | Approval page | [Recipients] | Requester | Subject / Date / Size | Attachments | Reason | Deadline | Reference | Other approvers | Proxy | Warnings", Labels(NoticeKind.Request, Language.English), StringComparison.Ordinal);
    }
}
