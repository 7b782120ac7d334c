using System.IO.Compression;
using System.Text;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>What approvers are told to look at twice (APPROVE-515).</summary>
public class WarningTests
{
    private static readonly WarningRules Rules = new(address => !address.Domain.EndsWith("corp.example", StringComparison.Ordinal)) { FreeMail = ["gmail.com", "yahoo.co.jp"], ManyOutside = 2 };

    private static IEnumerable<string> Said(WarningFacts facts, WarningRules? rules = null) => (rules ?? Rules).Of(facts).Select(warning => $"{warning.Kind}: {warning.Detail}");

    private static WarningFacts Facts(params string[] to) => new([.. to.Select(To)], [.. to.Select(To)], Plain, []) { Known = new HashSet<string> { "client.example", "partner.example" }, IsKnownComplete = true };

    [Fact]
    public void APPROVE_515_a_domain_the_sender_has_not_written_to_is_new_and_a_known_or_inside_one_is_not() =>
        Assert.Equal(["NewDomain: somebody.example"], Said(Facts("a@client.example", "b@somebody.example", "c@branch.corp.example")).Where(line => !line.StartsWith("Mixed", StringComparison.Ordinal)));

    [Fact]
    public void APPROVE_515_where_the_history_is_cut_nothing_is_called_new() =>
        Assert.Empty(Said(Facts("b@somebody.example") with { IsKnownComplete = false }));

    [Theory]
    [InlineData("cl1ent.example", "client.example")]
    [InlineData("clent.example", "client.example")]
    [InlineData("clieent.example", "client.example")]
    [InlineData("cleint.example", "client.example")]
    [InlineData("client.exampl", "client.example")]
    [InlineData("cl11nt.example", null)]
    [InlineData("other.example", null)]
    [InlineData("client.example", null)]
    public void APPROVE_515_one_character_different_from_a_domain_written_to_before_is_a_look_alike(string domain, string? model) =>
        Assert.Equal(model is null ? [] : [$"LookAlike: {domain} ~ {model}"], Said(Facts($"a@{domain}")).Where(line => line.StartsWith("LookAlike", StringComparison.Ordinal)));

    [Fact]
    public void APPROVE_515_free_mail_and_several_companies_are_named_and_a_sub_domain_is_no_other_company()
    {
        Assert.Equal(["FreeMail: gmail.com"], Said(Facts("a@Gmail.com", "b@client.example") with { Known = null }));
        Assert.Equal(["MixedCompanies: client.example, partner.example"], Said(Facts("a@client.example", "b@partner.example")));
        Assert.Empty(Said(Facts("a@client.example", "b@tokyo.client.example") with { Known = null }));
        // The others of the submission count, though another group holds them, or nobody.
        Assert.Equal(["MixedCompanies: client.example, partner.example"], Said(Facts("a@client.example") with { All = [To("a@client.example"), To("b@partner.example")] }));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void APPROVE_515_more_than_so_many_outside_addresses_in_To_and_Cc(int outside, bool warned)
    {
        var content = Plain with { Visible = [.. Enumerable.Range(0, outside).Select(i => $"k{i}@client.example"), "user1@corp.example", "user2@corp.example"] };
        Assert.Equal(warned ? [$"ManyRecipients: {outside}"] : [], Said(Facts("k0@client.example") with { Content = content }));
        Assert.Empty(Said(Facts("k0@client.example") with { Content = content }, Rules with { ManyOutside = 0 }));
    }

    [Theory]
    [InlineData("invoice.pdf.exe", true)]
    [InlineData("見積.xlsx   .SCR", true)]
    [InlineData("report.v2.pdf", false)]
    [InlineData("setup.exe", false)]
    [InlineData("archive.tar.gz", false)]
    public void APPROVE_515_a_document_by_its_name_that_runs_by_its_end(string name, bool warned) =>
        Assert.Equal(warned ? [$"DoubleExtension: {name}"] : [], Said(Facts("a@client.example") with { Content = WithAttachment(name) }));

    [Fact]
    public void APPROVE_515_the_keyword_that_caught_it_and_the_words_of_the_list_are_named_once()
    {
        var facts = Facts("a@client.example") with { Content = Plain with { Subject = "見積の件" }, Reasons = [new CatchReason(CatchKind.Keyword, "社外秘")] };
        var list = KeywordList.Parse("見積\n").List;
        Assert.Equal(["Keyword: 社外秘, 見積"], Said(facts, Rules with { Keywords = list }));
    }

    [Fact]
    public async Task APPROVE_515_encrypted_attachments_are_recognised_and_plain_ones_are_not()
    {
        var plain = Zipped();
        var locked = plain.ToArray();
        locked[6] |= 1;
        byte[] container = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[600]];
        var filler = new string('x', 40_000);
        (string Name, byte[] Octets, bool IsEncrypted)[] cases =
        [
            ("a.zip", plain, false), ("b.zip", locked, true), ("c.xlsx", plain, false), ("d.xlsx", container, true), ("e.doc", container, false),
            ("f.pdf", Encoding.ASCII.GetBytes($"%PDF-1.7\n{filler}\ntrailer <</Root 1 0 R /Encrypt 9 0 R>>\n%%EOF\n"), true),
            ("g.pdf", Encoding.ASCII.GetBytes($"%PDF-1.7\n{filler}\ntrailer <</Root 1 0 R>>\n%%EOF\n"), false),
            ("h.txt", "/Encrypt"u8.ToArray(), false),
        ];
        var parts = string.Concat(cases.Select(one =>
            $"--b\nContent-Type: application/octet-stream; name=\"{one.Name}\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(one.Octets, Base64FormattingOptions.InsertLineBreaks)}\n"));
        var content = await InspectAsync($"Subject: t\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n");
        Assert.Equal(cases.Where(one => one.IsEncrypted).Select(one => one.Name), content.Encrypted);
        Assert.Equal(["EncryptedAttachment: b.zip, d.xlsx, f.pdf"], Said(Facts("a@client.example") with { Content = content }));
    }

    private static byte[] Zipped()
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry("x.txt").Open())
            entry.Write("hello"u8);
        return stream.ToArray();
    }

    [Fact]
    public void APPROVE_515_each_warning_has_words_in_both_languages()
    {
        foreach (var kind in Enum.GetValues<CaseWarningKind>())
        {
            var texts = new[] { Language.Japanese, Language.English }.Select(language => new CaseWords(language, TimeZoneInfo.Utc).Warning(new CaseWarning(kind, "DETAIL"))).ToArray();
            Assert.All(texts, text => Assert.EndsWith("DETAIL", text.Replace(" の可能性があります: ", "", StringComparison.Ordinal), StringComparison.Ordinal));
            Assert.NotEqual(texts[0], texts[1]);
        }
        Assert.Equal(Enum.GetValues<CaseWarningKind>().Length, Enum.GetValues<CaseWarningKind>().Select(kind => new CaseWords(Language.English, TimeZoneInfo.Utc).Warning(new CaseWarning(kind))).Distinct().Count());
    }
}
