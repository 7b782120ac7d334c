using System.Text;

namespace ClusterMail.Testing;

/// <summary>
/// What an administrator copies from a machine of the original: settings backup, tables, exports, mailboxes and queue, with the faults such files have. Two domains, example.jp and
/// example.com; everything that is wrong is wrong on purpose.
/// </summary>
public static class EpostTree
{
    /// <summary>Passwords that stand in the tree, and must stand nowhere else.</summary>
    public static IReadOnlyList<string> Secrets { get; } = ["Secret123", "Geheim456", "himitsu99", "GwPassword7", "inlineSecret", "abc_short"];

    /// <summary>The message of taro that lies in his POP3 folder and, as a copy, in his IMAP folder.</summary>
    public static byte[] Hello { get; } = Message("Fri, 14 Nov 2025 10:00:00 +0900", "Hello", "こんにちは\r\n");

    /// <summary>One he has read.</summary>
    public static byte[] Seen { get; } = Message("Thu, 13 Nov 2025 09:30:00 +0900", "Seen", "read\r\n");

    /// <summary>One with octets that are no text in any encoding.</summary>
    public static byte[] Sent { get; } = [.. Message("Wed, 12 Nov 2025 08:00:00 +0900", "Sent", ""), 0x81, 0xFF, 0x00, 0x0D, 0x0A];

    /// <summary>When the mails of the queue were taken: an hour ago, or their periods would be over (RETRY-3).</summary>
    public static DateTimeOffset Queued { get; } = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds());

    /// <summary>A mail that waits, tried three times.</summary>
    public static byte[] Waiting { get; } = Message(Date(Queued), "Waiting", "wait\r\n");

    public static byte[] Message(string date, string subject, string body) => Encoding.UTF8.GetBytes(
        $"Received: from out.example.net (unverified [203.0.113.7]) by mx.example.jp (EPSTRS) with ESMTP id <B0000000101@mx.example.jp>;\r\n\t{date}\r\nReturn-Path: <a@example.net>\r\nSubject: {subject}\r\n\r\n{body}");

    private static string Date(DateTimeOffset at) => at.ToString("ddd, d MMM yyyy HH:mm:ss +0000", System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="japanese">Text files in Shift_JIS and the backup of an old Windows, else UTF-8 and UTF-16.</param>
    public static void Write(string folder, bool japanese)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var text = japanese ? Encoding.GetEncoding(932) : new UTF8Encoding(false);
        void Text(string path, params string[] lines) => Octets(folder, path, text.GetBytes(string.Concat(lines.Select(line => line + "\r\n"))));

        Octets(folder, "backup/epst-ms.reg", japanese ? text.GetBytes(Backup("REGEDIT4", Ansi)) : [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Backup("Windows Registry Editor Version 5.00", Wide))]);
        Text("ms/effect.dat", "' 中継の制限", "#<> default", "#blank false", "192.168.0.*\tfalse", "192.168.1.0/28 default", "partner@example.net true", "", "*.*.*.* norelay");
        Text("ms/gateway.dat", "' ゲートウェイ", "*.branch.example,192.0.2.50,465*", "example.org,gw2.example.jp,25,LOGIN,user,inlineSecret", "broken", "example.net,127.0.0.1,9");
        Text("ms/sender.dat", "' 送信先制限", "*@example.jp:0", "*@rival.example,-1", @"*:1:file=C:\mail\社外秘.txt:bucho@example.jp", "*@odd.example:7::x@example.jp", "*,0");
        Text("ms/usetime.dat", "0,9:00-18:00");
        Text("ms/header.dat", "Received: from $HELO by $HOST");
        Text("ms/hiddensmtpip.dat", "192.168.0.101", "somewhere");
        Text("ms/mail.dat", "Virus:spam", "Subject: 未承諾広告", "Level:100", "VirusEnd:");
        Text("ms/ordb.dat", "' DNSBL", "relays.ordb.org");
        Text("ms/passdb.dat", "192.168.*.*");
        Text("ms/passfilter.dat", "192.168.*.*");
        Text("ms/pass3rd.dat", "192.168.*.*");
        Text("ms/社外秘.txt", "社外秘", "見積");
        Text("ms/rejectsmtpip.dat", "203.0.113.9\t133977517517477385\tiplock");
        Octets(folder, "ms/setup.doc", [0xD0, 0xCF, 0x11, 0xE0, 0x00, 0x01]);
        Accounts(Text);
        Mailboxes(folder, Text);
        Queue(folder, Text);
    }

    private static void Accounts(Action<string, string[]> text)
    {
        text("accounts/example.jp.txt",
        [
            "taro\tSecret123\t山田太郎\texample.jp\tHome\t1\t1\t0",
            "hanako\tabc_short\t山田花子\texample.jp\t\t0\t0\t1000000\t1\t0",
            "jiro\t*****\t鈴木次郎\tother.example\t\t1\t0\t0",
            "saburo\tSecret123\tonly four columns",
            "taro\tSecret123\t山田太郎\texample.jp\tHome\t1\t1\t0",
            "shiro\tSecret123\t佐藤四郎\texample.jp\t\t2\t0\t0",
        ]);
        text("accounts/example.com.idx", ["info\t*\t案内\texample.com\t\t1\t0\t0"]);
        text("accounts/aliases.txt",
        [
            "office@example.jp\ttaro@example.jp",
            "*@old.example.jp -> *@example.jp,1",
            "info\ttaro@example.jp",
            "ring1@example.jp\tring2@example.jp",
            "ring2@example.jp\tring1@example.jp",
            "office@example.jp\thanako@example.jp",
        ]);
    }

    private static void Mailboxes(string folder, Action<string, string[]> text)
    {
        const string taro = "mail/inbox/example.jp/taro";
        Octets(folder, $"{taro}/B0000000101.MSG", Hello);
        Octets(folder, $"{taro}/inbox/0000000001-100000.MSG", Seen);
        Octets(folder, $"{taro}/inbox/0000000002-000000.MSG", Hello);
        Octets(folder, $"{taro}/Sent/0000000001-000000.MSG", Sent);
        text($"{taro}/inbox/uid", ["3"]);
        text($"{taro}/apop.dat", ["Secret123"]);
        text($"{taro}/IMS.CTL", ["[AutoForward]", @"ForwardTo = file:\\sv\mail\転送.txt", "[Delivery]", "Discard = Yes", "[New]", "Odd = 1"]);
        text($"{taro}/転送.txt", ["x@example.net"]);
        text($"{taro}/PERMITFROM.TXT", ["*@example.net"]);
        text($"{taro}/autoreply.txt", ["不在です"]);
        text($"{taro}/effect.dat", ["*@partner.example default", "* norelay", "* false"]);
        text($"{taro}/sender.dat", ["*@example.net", "*@b.example,-1"]);
        text($"{taro}/usetime.dat", ["mon 1 09:00 18:00", "tue 1 09:00 18:00"]);
        text("mail/inbox/example.jp/jiro/apop.dat", ["Geheim456"]);
        text("mail/inbox/example.jp/postmaster/apop.dat", ["himitsu99"]);
        Octets(folder, "mail/inbox/example.jp/hanako/$offsmtp", []);
        Octets(folder, "mail/inbox/nobody/B0000000150.MSG", Hello);
    }

    private static void Queue(string folder, Action<string, string[]> text)
    {
        Octets(folder, "mail/incoming/B0000000201.MSG", Message(Date(Queued), "New", "new\r\n"));
        text("mail/incoming/B0000000201.RCP", ["Message-ID: <B0000000201@mx.example.jp>", "Return-path: taro@example.jp", "Recipient: y@example.net", "Recipient: z@example.net"]);
        Octets(folder, "mail/holding/B0000000202.MSG", Waiting);
        text("mail/domains/example.net/B0000000202.RCX",
        [
            "Message-ID: <B0000000202@mx.example.jp>", "Return-path: ", "Recipient: w@example.net",
            "Domain-name: example.net", "Last-tried: [24/Nov/2025:22:30:00]", "Try-number: 3", "Err-code: 451 Requested action aborted: error in processing. (code=2/3)",
        ]);
        text("mail/incoming/B0000000203.RCP", ["Message-ID: <B0000000203@mx.example.jp>", "Return-path: a@example.jp", "Recipient: b@example.net"]);
        Octets(folder, "mail/incoming/B0000000204.MSG", Hello);
        text("mail/incoming/B0000000204.RCP", ["Return-path: a@example.jp", "Recipent: b@example.net"]);
        Octets(folder, "mail/incoming/B0000000205.MSG", Hello);
        Octets(folder, "mail/incoming/B0000000201.$CP", []);
        Octets(folder, "mail/incoming/B0000000206-S0001.MSG", Hello);
        text("mail/incoming/B0000000206-S0001.RCP", ["Return-path: ", "Recipient: bucho@example.jp"]);
        text("mail/lists/dev/member.txt", ["# 開発", "taro@example.jp"]);
        text("mail/inlog/SV01/140609.log", ["<B0000000097@mx.example.jp> [09/Jun/2014:10:00:00] 192.168.0.1 pc a@example.jp b@example.jp"]);
        text("mail/reg/LastMsgId.1", ["300"]);
        text("mail/reg/MailApproval.1", ["1"]);
    }

    private static string Backup(string heading, Func<string, string> list) => string.Join("\r\n",
    [
        heading, "",
        @"[HKEY_LOCAL_MACHINE\SOFTWARE\EPOST\IMS]",
        "\"GatewayName\"=\"gw.example.jp\"",
        "\"Postmaster\"=\"admin@example.jp\"",
        $"\"DomainNamesAreLocal\"=hex(7):{list("example.jp\0example.com\0\0")}",
        "\"MailInMaxSize\"=dword:00a00000",
        "\"MailSpoolDir\"=\"D:\\\\mail\"",
        "\"SystemPassword\"=\"himitsu99\"",
        "\"Colour\"=\"青\"", "",
        @"[HKEY_LOCAL_MACHINE\SOFTWARE\EPOST\IMS\EPSTRS]",
        "\"Accept limit\"=dword:00000000",
        "\"Received\"=dword:0000001e",
        "\"FROM Addr Sec Level\"=dword:00000002",
        "\"IPLockOut\"=dword:00000064",
        "\"LogicalIP\"=\"192.168.0.103\"", "",
        @"[HKEY_LOCAL_MACHINE\SOFTWARE\EPOST\IMS\EPSTDS]",
        "\"Resending refusal\"=dword:00000000",
        "\"Resending interval\"=dword:0000012c",
        "\"Resending abnormal\"=dword:0000ffff",
        "\"MX Chash live time\"=dword:000d2f00",
        "\"ESMTP\"=dword:00000001",
        "\"ID\"=\"relayuser\"",
        "\"PASS\"=\"GwPassword7\"",
        "\"Received\"=dword:00000005",
        "this is no value", "",
    ]);

    private static string Wide(string text) => Hexadecimal(Encoding.Unicode.GetBytes(text));

    private static string Ansi(string text) => Hexadecimal(Encoding.ASCII.GetBytes(text));

    // As Windows breaks it: after some octets a backslash, then two blanks.
    private static string Hexadecimal(byte[] octets) =>
        string.Join(",\\\r\n  ", octets.Chunk(10).Select(line => string.Join(',', line.Select(octet => octet.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)))));

    private static void Octets(string folder, string path, byte[] octets)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, octets);
    }
}
