using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Subjects and attachments of mails as the usual programs write them (APPROVE-37, APPROVE-40).</summary>
public class SampleTests
{
    [Theory]
    [InlineData("becky-iso2022jp.eml", "技術資料の送付", "技術資料.lzh")]
    [InlineData("outlook-iso2022jp.eml", "見積書の件", "見積書.pdf")]
    [InlineData("outlook-winmail.eml", "価格表", "winmail.dat")]
    [InlineData("iphone.eml", "現場の写真です📷", "IMG_0412.jpeg")]
    [InlineData("thunderbird-flowed.eml", "来週の打ち合わせの資料（第３四半期）", "第３四半期_売上予測（社外秘）.xlsx")]
    [InlineData("raw-shiftjis.eml", "お見積り", "")]
    [InlineData("html-newsletter.eml", "新製品のご案内", "")]
    [InlineData("read-receipt.eml", "開封済み: 見積書の件", "")]
    public async Task APPROVE_40_subject_and_attachments_are_read_as_their_program_meant_them(string sample, string subject, string attached)
    {
        var content = await InspectAsync(Sample.Octets(sample));
        Assert.Equal((subject, attached), (content.Subject, string.Join(',', content.Attachments.Select(part => part.Name))));
        Assert.Null(content.Unreadable);
        Assert.Equal(attached.Length > 0 ? "hold bucho@corp.example" : "send", Said(Policy("*@corp.example:0\n*:2::bucho@corp.example").Judge(Customer, content)));
    }
}
