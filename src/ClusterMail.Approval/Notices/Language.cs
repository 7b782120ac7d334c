namespace ClusterMail.Approval.Notices;

/// <summary>A language people read.</summary>
public enum Language
{
    Japanese,
    English,
}

/// <summary>In which languages a mail is written (APPROVE-101). The numbers are stored in the database: never change them.</summary>
public enum NoticeLanguage : byte
{
    Japanese = 0,
    English = 1,

    /// <summary>Japanese first, then English, in one mail.</summary>
    Both = 2,
}

public static class Languages
{
    public static IEnumerable<Language> Each(this NoticeLanguage language) => language switch
    {
        NoticeLanguage.Japanese => [Language.Japanese],
        NoticeLanguage.English => [Language.English],
        _ => [Language.Japanese, Language.English],
    };

    /// <summary><c>ja</c>, <c>en</c>, <c>both</c>, as accounts and <c>approval.notice_language</c> write it. The account's word counts, then the setting's.</summary>
    public static NoticeLanguage Choose(string? account, string? setting) => Parse(account) ?? Parse(setting) ?? NoticeLanguage.Japanese;

    public static string Tag(this Language language) => language == Language.Japanese ? "ja" : "en";

    private static NoticeLanguage? Parse(string? word) => word?.Trim().ToLowerInvariant() switch
    {
        "ja" => NoticeLanguage.Japanese,
        "en" => NoticeLanguage.English,
        "both" => NoticeLanguage.Both,
        _ => null,
    };
}

/// <summary>One sentence or label in both languages (APPROVE-100).</summary>
public readonly record struct Phrase(string Japanese, string English)
{
    public string In(Language language) => language == Language.Japanese ? Japanese : English;
}
