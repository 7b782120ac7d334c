using System.Text;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Policies;
using FsCheck.Xunit;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Keywords (APPROVE-39 to APPROVE-42, EX-APPR-5) and the subjects they are searched in.</summary>
public class KeywordTests
{
    private const string List = "社外秘\n見積\n技術資料\n";
    private const string Own = "*@corp.example:0\n*:1:file=C:\\mail\\inbox\\corp.example\\user2\\keyword.txt:bucho@corp.example";

    private static Encoding Of(string name) => name == "utf-8" ? new UTF8Encoding(false) : CodePagesEncodingProvider.Instance.GetEncoding(name)!;

    private static string Word(string charset, string encoded, string text) =>
        encoded == "B" ? $"=?{charset}?B?{Convert.ToBase64String(Of(charset).GetBytes(text))}?="
        : $"=?{charset}?Q?{string.Concat(Of(charset).GetBytes(text).Select(octet => $"={octet:X2}"))}?=";

    private static async Task<string?> SubjectAsync(byte[] subject) => (await InspectAsync([.. "Subject: "u8, .. subject, .. "\r\n\r\nbody\r\n"u8])).Subject;

    private static Task<string?> SubjectAsync(string subject) => SubjectAsync(Encoding.Latin1.GetBytes(subject));

    private static string Judged(ApprovalPolicy policy, string? subject) => Said(policy.Judge(Customer, Plain with { Subject = subject }));

    [Fact]
    public async Task EX_APPR_5_keyword()
    {
        var policy = Policy(Own, keywords: Keywords(List));
        var content = await InspectAsync("Subject: =?UTF-8?B?6KaL56mN5pu444Gu5Lu2?=\n\nbody\n");
        Assert.Equal("見積書の件", content.Subject);
        var hold = Assert.IsType<Judgement.Hold>(policy.Judge(Customer, content));
        Assert.Equal(new CatchReason(CatchKind.Keyword, "見積"), Assert.Single(hold.Catches[0].Reasons));
        Assert.Equal("send", Judged(policy, "ﾐﾂﾓﾘ"));
        Assert.Equal("send", Said(policy.Judge(Customer, Plain with { Text = "社外秘" })));
        var without = Assert.IsType<Judgement.Hold>(Policy(Own).Judge(Customer));
        Assert.Equal(CatchKind.Unreadable, Assert.Single(without.Catches[0].Reasons).Kind);
    }

    [Theory]
    [InlineData("社外秘です", true)]
    [InlineData("【技術資料】", true)]
    [InlineData("社外 秘", false)]
    [InlineData("ordinary", false)]
    [InlineData(null, false)]
    public void APPROVE_39_one_word_in_the_subject_is_enough(string? subject, bool held) => Assert.Equal(held ? "hold bucho@corp.example" : "send", Judged(Policy(Own, keywords: Keywords(List)), subject));

    [Theory]
    [InlineData("ミツモリ", "ﾐﾂﾓﾘ")]
    [InlineData("ガード", "ｶﾞｰﾄﾞ")]
    [InlineData("confidential", "ＣＯＮＦＩＤＥＮＴＩＡＬ")]
    [InlineData("top secret", "TOP \u3000\tSecret")]
    [InlineData("株式会社", "㍿")]
    [InlineData("(株)", "㈱")]
    [InlineData("1", "①")]
    [InlineData("straße", "STRASSE")]
    [InlineData("é", "e\u0301")]
    [InlineData("σας", "ΣΑΣ")]
    [InlineData("한국", "\u1112\u1161\u11AB\u1100\u116E\u11A8")]
    [InlineData("社外秘", "社\u200B外\u00AD秘")]
    [InlineData("ǘ", "u\u0308\u0301")]
    public void APPROVE_40_width_case_and_composition_make_no_difference(string word, string subject)
    {
        Assert.Equal("hold bucho@corp.example", Judged(Policy(Own, keywords: Keywords(word)), $"x {subject} y"));
        Assert.Equal("hold bucho@corp.example", Judged(Policy(Own, keywords: Keywords(subject)), $"x {word} y"));
    }

    [Theory]
    [InlineData("カ", "ガ")]
    [InlineData("e", "é")]
    public void APPROVE_40_a_letter_with_a_mark_is_another_letter(string word, string subject) => Assert.Equal("send", Judged(Policy(Own, keywords: Keywords(word)), subject));

    [Property(MaxTest = 1000)]
    public bool APPROVE_40_folding_is_stable_and_never_throws(string? text) => TextFolding.Fold(TextFolding.Fold(text ?? "")) == TextFolding.Fold(text ?? "");

    [Theory]
    [InlineData("re:見積(書|依頼)", "見積依頼の件", true)]
    [InlineData("re:見積(書|依頼)", "見積の件", false)]
    [InlineData("re:^re: .*secret", "RE: Top Secret", true)]
    [InlineData("見積(書|依頼)", "見積依頼の件", false)]
    public void APPROVE_40_a_line_with_re_is_a_regular_expression_and_others_are_not(string word, string subject, bool held) =>
        Assert.Equal(held ? "hold bucho@corp.example" : "send", Judged(Policy(Own, keywords: Keywords(word)), subject));

    [Fact]
    public void APPROVE_40_no_regular_expression_takes_long()
    {
        var list = KeywordList.Parse("re:(a+)+$").List;
        Assert.Null(list.Find($"{new string('a', 200_000)}b"));
    }

    [Theory]
    [InlineData("re:(", 1)]
    [InlineData("ok\nre:(?<=a)b", 2)]
    public void APPROVE_40_an_expression_that_cannot_be_used_is_told(string text, int line) =>
        Assert.Contains(KeywordList.Parse(text).Errors, error => error.Line == line && error.Rule == "APPROVE-40");

    [Theory]
    [InlineData("")]
    [InlineData("\n' only a comment\n   \n")]
    public void APPROVE_40_a_list_without_a_word_counts_as_missing_and_catches_every_mail(string list) => Assert.Equal("hold bucho@corp.example", Judged(Policy(Own, keywords: Keywords(list)), "anything"));

    [Theory]
    [InlineData("shift_jis")]
    [InlineData("iso-2022-jp")]
    [InlineData("utf-8")]
    public void APPROVE_40_the_encoding_of_a_keyword_file_is_recognised(string encoding)
    {
        Assert.Equal(List, KeywordList.Decode(Of(encoding).GetBytes(List)));
        Assert.Equal(List, KeywordList.Decode([.. encoding == "utf-8" ? Encoding.UTF8.GetPreamble() : [], .. Of(encoding).GetBytes(List)]));
    }

    [Theory]
    [InlineData("iso-2022-jp", "B")]
    [InlineData("iso-2022-jp", "Q")]
    [InlineData("shift_jis", "B")]
    [InlineData("euc-jp", "B")]
    [InlineData("utf-8", "B")]
    [InlineData("utf-8", "Q")]
    public async Task APPROVE_40_encoded_words_of_all_Japanese_charsets_are_decoded(string charset, string encoded) =>
        Assert.Equal("見積書の件", await SubjectAsync(Word(charset, encoded, "見積書の件")));

    [Theory]
    [InlineData("x-sjis", "shift_jis")]
    [InlineData("Windows-31J", "shift_jis")]
    [InlineData("cp932", "shift_jis")]
    [InlineData("ISO-2022-JP-MS", "iso-2022-jp")]
    [InlineData("cp51932", "euc-jp")]
    [InlineData("UTF8", "utf-8")]
    [InlineData("iso-2022-jp*ja", "iso-2022-jp")]
    public async Task APPROVE_40_a_charset_has_many_names(string name, string charset) =>
        Assert.Equal("見積書", await SubjectAsync(Word(charset, "B", "見積書").Replace($"?{charset}?", $"?{name}?", StringComparison.Ordinal)));

    [Theory]
    [InlineData("iso-2022-jp")]
    [InlineData("shift_jis")]
    [InlineData("euc-jp")]
    [InlineData("utf-8")]
    public async Task APPROVE_40_raw_8_bit_and_raw_ISO_2022_JP_subjects_are_read(string charset) => Assert.Equal("見積書の件について", await SubjectAsync(Of(charset).GetBytes("見積書の件について")));

    [Fact]
    public async Task APPROVE_40_folded_subjects_are_unfolded_and_words_side_by_side_joined()
    {
        Assert.Equal("見積書", await SubjectAsync($"{Word("utf-8", "B", "見")}\r\n {Word("utf-8", "B", "積書")}"));
        Assert.Equal("top secret", await SubjectAsync("top\r\n\t secret"));
        // A multi-byte character cut in two by a mailer that counts octets.
        Assert.Equal("見積書", await SubjectAsync("=?utf-8?B?6KaL56k=?= =?utf-8?B?jeabuA==?="));
    }

    [Fact]
    public async Task APPROVE_13_a_subject_in_a_charset_nobody_knows_counts_as_a_hit()
    {
        var content = await InspectAsync("Subject: =?x-secret?B?6KaL56mN?=\n\nbody\n");
        Assert.Equal("hold bucho@corp.example", Said(Policy(Own, keywords: Keywords(List)).Judge(Customer, content)));
        Assert.Equal("hold bucho@corp.example", Said(Policy(Own, keywords: Keywords(List)).Judge(Customer, await InspectAsync("Subject: =?utf-7?B?6KaL56mN?=\n\nbody\n"))));
    }

    [Theory]
    [InlineData("=?utf-8?B?6KaL")]
    [InlineData("=?utf-8?B?****?=")]
    [InlineData("=?utf-8?X?abc?=")]
    [InlineData("=??=")]
    public async Task APPROVE_40_broken_words_are_left_as_they_stand(string subject) => Assert.NotNull(await SubjectAsync(subject));

    [Fact]
    public async Task APPROVE_40_a_second_subject_is_searched_too_and_none_at_all_does_not_match()
    {
        Assert.Contains("社外秘", (await InspectAsync(Encoding.UTF8.GetBytes("Subject: ordinary\r\nSubject: 社外秘\r\n\r\nx\r\n"))).Subject, StringComparison.Ordinal);
        Assert.Null((await InspectAsync("From: x@corp.example\n\nx\n")).Subject);
    }

    [Fact]
    public async Task APPROVE_13_a_header_line_that_is_none_does_not_hide_the_subject_behind_it()
    {
        var content = await InspectAsync(Encoding.UTF8.GetBytes("Received: from x\r\nno header at all\r\nSubject: 社外秘\r\nContent-Type: application/zip\r\n\r\nx\r\n"));
        Assert.Equal("hold bucho@corp.example", Said(Policy(Own, keywords: Keywords(List)).Judge(Customer, content)));
        Assert.Equal("hold bucho@corp.example", Said(Policy("*:2::bucho@corp.example").Judge(Customer, content)));
    }

    [Fact]
    public void APPROVE_40_a_text_is_searched_once_for_all_recipients()
    {
        var list = string.Join('\n', Enumerable.Range(1, 5000).Select(i => $"word number {i}"));
        var policy = Policy("*:1:file=keyword.txt&in=body:bucho@corp.example", keywords: Keywords(list));
        var evidence = Evidence(Plain with { Text = string.Concat(Enumerable.Repeat("ordinary word ", 70_000)) });
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 1000; i++)
            Assert.Equal("send", Said(policy.AtEndOfData(Mail(), new OutgoingRecipient(To($"r{i}@client.example")), evidence)));
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 20);
    }

    [Theory]
    [InlineData("text/plain; charset=iso-2022-jp", "iso-2022-jp", "社外秘です")]
    [InlineData("text/plain; charset=shift_jis", "shift_jis", "社外秘です")]
    [InlineData("text/plain", "shift_jis", "社外秘です")]
    [InlineData("text/html; charset=utf-8", "utf-8", "<html><b>社</b>外&#31192;です</html>")]
    public async Task APPROVE_41_bodies_are_searched_when_the_line_says_so(string type, string charset, string text)
    {
        var content = await InspectAsync([.. Encoding.ASCII.GetBytes($"Subject: x\r\nContent-Type: {type}\r\n\r\n"), .. Of(charset).GetBytes(text), .. "\r\n"u8]);
        const string everywhere = "*:1:file=keyword.txt&in=subject+body+name:bucho@corp.example";
        Assert.Equal("hold bucho@corp.example", Said(Policy(everywhere, keywords: Keywords(List)).Judge(Customer, content)));
        Assert.Equal("send", Said(Policy("*:1:file=keyword.txt:bucho@corp.example", keywords: Keywords(List)).Judge(Customer, content)));
        Assert.True(Policy(everywhere).SearchesBodies(Mail()));
        Assert.False(Policy(Own).SearchesBodies(Mail()));
    }

    [Fact]
    public async Task APPROVE_41_names_of_attachments_are_searched_when_the_line_says_so()
    {
        var content = await InspectAsync($"Subject: x\nContent-Type: application/pdf; name=\"{Word("iso-2022-jp", "B", "見積書.pdf")}\"\n\nx\n");
        Assert.Equal("見積書.pdf", Assert.Single(content.Attachments).Name);
        Assert.Equal("hold bucho@corp.example", Said(Policy("*:1:file=keyword.txt&in=name:bucho@corp.example", keywords: Keywords(List)).Judge(Customer, content)));
    }

    [Fact]
    public void APPROVE_42_a_list_is_found_by_the_base_name_of_its_path_first_with_the_account_then_domain_then_system()
    {
        var shelf = new KeywordShelf([
            (LevelKind.System, "", "keyword.txt", KeywordList.Parse("system").List),
            (LevelKind.Domain, "corp.example", "keyword.txt", KeywordList.Parse("domain").List),
            (LevelKind.Account, User2, "KEYWORD.TXT", KeywordList.Parse("account").List),
        ]);
        string? Found(PolicyLevel level) => shelf.Find(level, "Keyword.txt")?.Find("system domain account");
        Assert.Equal("account", Found(Level(LevelKind.Account, User2, "")));
        Assert.Equal("domain", Found(Level(LevelKind.Account, Bucho, "")));
        Assert.Equal("system", Found(Level(LevelKind.Account, "x@other.example", "")));
        Assert.Null(shelf.Find(Level(LevelKind.System, "", ""), "other.txt"));
    }
}
