using ClusterMail.Approval.Notices;

namespace ClusterMail.Approval.Pages;

/// <summary>Pages that stand in the menu of who has logged in.</summary>
public enum PageName
{
    /// <summary>What waits for his decision.</summary>
    Waiting,

    /// <summary>What of his own mail is or was held.</summary>
    Sent,
    Proxy,

    /// <summary>What he has decided.</summary>
    History,

    /// <summary>One-time codes for his login.</summary>
    Code,

    /// <summary>The test box of policies, for administrators.</summary>
    Trial,
}

public static class PageNames
{
    public static string Path(this PageName page) => page switch
    {
        PageName.Waiting => "/list",
        PageName.Sent => "/mine",
        PageName.Proxy => "/proxy",
        PageName.History => "/history",
        PageName.Code => "/code",
        _ => "/trial",
    };

    internal static string Caption(this PageName page, CaseWords words) => page switch
    {
        PageName.Waiting => words.Say("承認待ち", "To approve"),
        PageName.Sent => words.Say("自分のメール", "My mail"),
        PageName.Proxy => words.Say("代理承認者", "Proxy"),
        PageName.History => words.Say("履歴", "History"),
        PageName.Code => words.Say("確認コード", "Codes"),
        _ => words.Say("判定テスト", "Test box"),
    };
}
