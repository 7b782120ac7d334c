using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Approval.Pages;

/// <summary>How the pages look, on a telephone and on a desk; and the headers that keep a browser from doing anything else with them.</summary>
public static class PageStyle
{
    /// <summary>Whole and inside the page: nothing is fetched.</summary>
    internal const string Sheet = """
        :root{--ink:#16202e;--soft:#5b6776;--line:#dde2e9;--paper:#fff;--ground:#f2f4f7;--brand:#17365d;--link:#1d4fa3;--good:#15803d;--bad:#b42318;--warn:#92500b;--warnbg:#fff6e5;--field:#f7f8fa;color-scheme:light dark}
        @media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#333d4b;--paper:#1b222d;--ground:#12171f;--brand:#0d1f36;--link:#8ab4f8;--good:#1f9d4d;--bad:#d9483b;--warn:#f0b45a;--warnbg:#33280f;--field:#232c39}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.65 "Hiragino Sans","Hiragino Kaku Gothic ProN","Yu Gothic UI","Noto Sans JP","Noto Sans CJK JP","Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        a{color:var(--link)}
        .bar{background:var(--brand);color:#fff}
        .bar div{max-width:1180px;margin:0 auto;padding:12px 20px;display:flex;align-items:center;gap:12px}
        .bar b{font-size:15px;letter-spacing:.02em;flex:1;white-space:nowrap}
        .bar b::before{content:"";display:inline-block;width:10px;height:10px;border-radius:50%;background:#5fd08a;margin-right:10px;vertical-align:1px}
        .bar a,.bar span{color:#d3deec;font-size:13px;text-decoration:none;white-space:nowrap}.bar span{overflow:hidden;text-overflow:ellipsis}
        .bar a:hover{text-decoration:underline}
        .menu{background:var(--paper);border-bottom:1px solid var(--line)}
        .menu div{max-width:1180px;margin:0 auto;padding:0 12px;display:flex;flex-wrap:wrap}
        .menu a{padding:11px 10px 9px;font-size:14px;text-decoration:none;color:var(--soft);border-bottom:3px solid transparent;white-space:nowrap}
        .menu a[aria-current]{color:var(--ink);font-weight:600;border-bottom-color:var(--link)}
        main{max-width:1180px;margin:0 auto;padding:22px 20px 96px}
        main.one{max-width:720px}
        h1{font-size:23px;line-height:1.4;margin:8px 0 4px;overflow-wrap:anywhere}
        h1+.card,h1+.note{margin-top:16px}
        h2{font-size:15px;margin:0 0 12px}
        .back{font-size:14px;margin:0 0 12px}
        .meta{color:var(--soft);font-size:14px;margin:0 0 18px;overflow-wrap:anywhere}
        .grid{display:grid;grid-template-columns:minmax(0,1fr) 372px;gap:20px;align-items:start}
        .card{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:20px;margin:0 0 16px}
        .side{position:sticky;top:16px}
        .tag{display:inline-block;border-radius:999px;padding:2px 12px;font-size:13px;font-weight:600;border:1px solid currentColor}
        .tag.wait{color:var(--warn)}.tag.good{color:var(--good)}.tag.bad{color:var(--bad)}
        dl{margin:0;display:grid;grid-template-columns:9em minmax(0,1fr);gap:8px 14px;font-size:14px}
        dt{color:var(--soft)}
        dd{margin:0;overflow-wrap:anywhere}
        dd ul,.plain{list-style:none;margin:0;padding:0}
        .bcc,.alike{color:var(--bad);font-weight:600}
        .to .domain{font-size:1.2em}.to.done{color:var(--soft)}
        .note{background:var(--warnbg);border:1px solid var(--warn);border-radius:10px;padding:12px 16px;margin:0 0 16px;font-size:14px}
        .note ul{margin:4px 0 0;padding-left:20px}
        .note.bad{border-color:var(--bad)}
        .tabs>input{position:absolute;opacity:0;width:1px;height:1px}
        .tabs>label{display:inline-block;padding:8px 16px;font-size:14px;cursor:pointer;border-bottom:3px solid transparent;color:var(--soft)}
        .tabs>input:checked+label{color:var(--ink);font-weight:600;border-bottom-color:var(--link)}
        .tabs>input:focus-visible+label{outline:2px solid var(--link);outline-offset:-2px;border-radius:6px}
        .pane{display:none;border-top:1px solid var(--line);margin-top:-1px;padding-top:14px}
        #v1:checked~.p1,#v2:checked~.p2,#v3:checked~.p3{display:block}
        pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;font-size:15px}
        pre.raw{font:13px/1.6 Consolas,Menlo,"Noto Sans Mono CJK JP",monospace}
        iframe{display:block;width:100%;height:62vh;min-height:340px;max-height:760px;border:1px solid var(--line);border-radius:8px;background:#fff}
        .small{font-size:13px;color:var(--soft);margin:8px 0 0;overflow-wrap:anywhere}
        .files{width:100%;border-collapse:collapse;font-size:14px}
        .files td{padding:8px 0;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
        .files tr:first-child td{border-top:0}
        .files td+td{text-align:right;white-space:nowrap;padding-left:12px;color:var(--soft)}
        code{font:12px/1.5 Consolas,Menlo,monospace;color:var(--soft);overflow-wrap:anywhere}
        textarea,input[type=text],input[type=password],input[type=email],input[type=date],input[type=datetime-local]{min-width:0;width:100%;font:inherit;font-size:16px;color:inherit;background:var(--field);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
        textarea{min-height:96px;resize:vertical}
        label.field{display:block;font-size:14px;margin:0 0 6px}
        .small+label.field{margin-top:12px}
        button,.button{display:block;width:100%;min-height:48px;font:inherit;font-weight:600;border-radius:9px;border:1px solid transparent;padding:10px 16px;margin:12px 0 0;cursor:pointer;text-align:center;text-decoration:none}
        button.good{background:var(--good);color:#fff}
        button.bad{background:transparent;color:var(--bad);border-color:var(--bad)}
        button.plainb,.button{background:var(--field);color:var(--ink);border-color:var(--line)}
        button:hover{filter:brightness(1.08)}
        button:focus-visible,a:focus-visible,textarea:focus-visible,input:focus-visible{outline:3px solid var(--link);outline-offset:2px}
        .row{display:flex;gap:14px;align-items:flex-start}
        .row>input{width:22px;height:22px;margin:4px 0 0;flex:none}
        .row>div{flex:1;min-width:0}
        .subject{font-weight:600;font-size:16px;overflow-wrap:anywhere}
        .big{font-size:44px;line-height:1;margin:4px 0 12px}
        .go{display:none}
        button.good+button.bad{margin-top:36px}
        .two{display:flex;gap:40px;flex-wrap:wrap}.two p{flex:1;min-width:130px;margin:0}.two>.button{flex:1}.two button{flex:1}.two button.good+button.bad{margin-top:12px}
        summary{cursor:pointer;min-height:44px;padding:10px 0;font-size:14px}
        .codes{font:16px/1.9 Consolas,Menlo,monospace;overflow-wrap:anywhere}
        footer{color:var(--soft);font-size:12px;text-align:center;padding:0 20px 28px}
        footer button{display:inline-block;width:auto;min-height:44px;font-size:13px;font-weight:400;padding:6px 20px;margin:0 0 12px}
        @media (max-width:860px){.grid{grid-template-columns:minmax(0,1fr)}.side{position:static}main{padding:14px 14px 24px}footer{padding-bottom:96px}.card{padding:16px;border-radius:10px}h1{font-size:20px}dl{grid-template-columns:minmax(0,1fr);gap:2px}dd{margin:0 0 10px}iframe{height:56vh}
        .go{display:block;position:fixed;left:0;right:0;bottom:0;padding:10px 14px;background:var(--paper);border-top:1px solid var(--line)}.go a{margin:0}}
        @media print{.go,form,.bar a,.menu{display:none}}
        """;

    /// <summary>Inside the frame that shows a mail's HTML: black on white whatever the reader prefers, as the recipient's program will.</summary>
    internal const string FrameSheet =
        "html{color-scheme:light}body{margin:12px;background:#fff;color:#111;font:15px/1.6 \"Hiragino Sans\",\"Yu Gothic UI\",\"Noto Sans JP\",\"Noto Sans CJK JP\",\"Segoe UI\",Arial,sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}a{color:#1d4fa3;text-decoration:underline}";

    /// <summary>
    /// Nothing is fetched, no script runs, forms go to this site only, nobody frames the page. Styles are the two sheets above by their hash; the attributes
    /// left in a sanitised mail are allowed, elements are not.
    /// </summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'unsafe-inline'; style-src-elem 'sha256-{Hash(Sheet)}' 'sha256-{Hash(FrameSheet)}'; style-src-attr 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Every page is sent with these. The link in the address bar is a secret: no referrer, no cache, no index.</summary>
    public static IReadOnlyDictionary<string, string> Headers { get; } = new Dictionary<string, string>
    {
        ["Content-Type"] = "text/html; charset=utf-8",
        ["Content-Security-Policy"] = ContentSecurityPolicy,
        ["Cache-Control"] = "no-store",
        ["Referrer-Policy"] = "no-referrer",
        ["X-Content-Type-Options"] = "nosniff",
        ["X-Frame-Options"] = "DENY",
        ["X-Robots-Tag"] = "noindex, nofollow",
        ["Cross-Origin-Opener-Policy"] = "same-origin",
        ["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()",
    };

    private static string Hash(string sheet) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(sheet)));
}
