using System.Collections.Immutable;
using ClusterMail.Approval.Notices;

namespace ClusterMail.Approval.Pages;

/// <summary>What surrounds each page: title bar, language, footer.</summary>
public sealed record PageFrame
{
    public required Language Language { get; init; }
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Path of this page without query; the other language is one click away.</summary>
    public required string Path { get; init; }

    /// <summary>Who is logged in; empty: nobody.</summary>
    public string Person { get; init; } = "";

    /// <summary>Path of the waiting list; null: none.</summary>
    public string? ListPath { get; init; }

    /// <summary>What he can go to; empty: nobody is logged in.</summary>
    public ImmutableArray<PageName> Menu { get; init; } = [];

    internal CaseWords Words => new(Language, Zone);

    internal string Wrap(string title, Html body, bool isNarrow = false)
    {
        var words = Words;
        var other = Language == Language.Japanese ? Language.English : Language.Japanese;
        var page = Html.Of($"""
            <!DOCTYPE html>
            <html lang="{Language.Tag()}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>{title}</title><style>{Html.Trusted(PageStyle.Sheet)}</style></head>
            <body>
            <header class="bar"><div><b>{words.Say("メール承認", "Mail approval")}</b>{PersonMark(words)}<a href="{Path}?lang={other.Tag()}" hreflang="{other.Tag()}">{(other == Language.English ? "English" : "日本語")}</a></div></header>
            {Navigation(words)}<main{Html.When(isNarrow, Html.Trusted(" class=\"one\""))}>
            {body}
            </main>
            <footer>{Logout(words)}ClusterMail</footer>
            </body>
            </html>

            """);
        return page.ToString();
    }

    private Html Navigation(CaseWords words) => Menu.IsDefaultOrEmpty ? Html.Empty : Html.Of($"""
        <nav class="menu" aria-label="{words.Say("メニュー", "Menu")}"><div>{Html.Join(Menu.Select(page => Item(page, words)))}</div></nav>

        """);

    private Html Item(PageName page, CaseWords words) =>
        Html.Of($"""<a href="{page.Path()}?lang={Language.Tag()}"{Html.When(page.Path() == Path, Html.Trusted(" aria-current=\"page\""))}>{page.Caption(words)}</a>""");

    private Html Logout(CaseWords words) => Person.Length == 0 ? Html.Empty : Html.Of($"""<form method="post" action="/logout"><button class="plainb">{words.Say("ログアウト", "Log out")}</button></form>""");

    private Html PersonMark(CaseWords words) => Person.Length == 0 ? Html.Empty : Html.Of($"""<span title="{words.Say("ログイン中", "Logged in")}">{Person}</span>""");
}
