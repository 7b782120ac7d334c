using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Tables;

/// <summary>Files of parts of the original that are not there yet, and files that have no counterpart: told line by line, so that nothing is thought to have been taken.</summary>
internal static class LaterFiles
{
    private static readonly Dictionary<string, (string Reason, string Rule)> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["mail.dat"] = ("comes with the content filter (メールフィルタ): keep the file", "FILT-1"),
        ["virus.dat"] = ("comes with the content filter (メールフィルタ): keep the file", "FILT-1"),
        ["passfilter.dat"] = ("comes with the content filter (チェック不要なIP): keep the file", "FILT-7"),
        ["ordb.dat"] = ("comes with DNSBL (ORDBによる制限): keep the file", "DNSBL-1"),
        ["passdb.dat"] = ("comes with DNSBL (問い合わせないIP): keep the file", "DNSBL-2"),
        ["pass3rd.dat"] = ("comes with the virus scan (チェック不要なIP): keep the file", "AV-4"),
        ["rejectsmtpip.dat"] = ("locks end by themselves; addresses never to lock go into lockout.exempt", "LOCK-1"),
        ["rejectpopip.dat"] = ("there is no POP3 service here", "LOCK-1"),
        ["ims.ctl"] = ("comes with automatic forward and reply (メール制御): keep the file; until then mail for this account stays here", "FWD-1"),
        ["permitfrom.txt"] = ("comes with automatic forward and reply (送信元で許可): keep the file", "FWD-1"),
        ["autorply.txt"] = ("comes with automatic forward and reply (応答内容): keep the file", "RPLY-8"),
        ["autoreply.txt"] = ("comes with automatic forward and reply (応答内容): keep the file", "RPLY-8"),
        ["noreply.txt"] = ("comes with automatic forward and reply (非応答): keep the file", "RPLY-2"),
        ["replied.txt"] = ("comes with automatic forward and reply (応答記録): keep the file", "RPLY-3"),
        ["uid"] = ("numbers of messages are given anew", "STORE-3"),
        ["size.ctl"] = ("the account's limit is taken from the file of accounts", "QUOTA-1"),
    };

    /// <summary>Folders of the work folder that hold nothing but its own housekeeping (QUEUE-1), logs, or what belongs to a later part.</summary>
    private static readonly Dictionary<string, (string Reason, string Rule)> ByFolder = new(StringComparer.OrdinalIgnoreCase)
    {
        ["lists"] = ("comes with mailing lists (メーリングリスト): keep the file", "ML-1"),
        ["mxcash"] = ("MX cache: looked up anew", "MXC-5"),
        ["exclusive"] = ("housekeeping of the original", "QUEUE-1"),
        ["cluster"] = ("housekeeping of the original", "QUEUE-1"),
        ["dead"] = ("housekeeping of the original", "QUEUE-1"),
        ["viruslog"] = ("quarantine: keep it for reading", "FILT-21"),
        ["acceptlog"] = ("log: keep it for reading", "LOG-10"),
        ["inlog"] = ("log: keep it for reading", "LOG-10"),
        ["receivelog"] = ("log: keep it for reading", "LOG-10"),
        ["outlog"] = ("log: keep it for reading", "LOG-10"),
        ["outlocallog"] = ("log: keep it for reading", "LOG-10"),
        ["senderlog"] = ("log: keep it for reading", "LOG-10"),
        ["faillog"] = ("log: keep it for reading", "LOG-10"),
    };

    /// <summary>By the file's name; null: not one of these.</summary>
    public static (string Reason, string Rule)? Named(SourceFile file) =>
        ByName.TryGetValue(file.Name, out var known) ? known
        : file.Ends(".smtp") ? ("count of failed logins from one address", "LOCK-2")
        : file.Ends(".lck") ? ("lock file of the original", "CLU-3")
        : null;

    /// <summary>By a folder above it, and whether its lines are to be told one by one.</summary>
    public static (string Reason, string Rule, bool LineByLine)? In(SourceFile file)
    {
        foreach (var folder in file.Folders)
            if (ByFolder.TryGetValue(folder, out var known))
                return (known.Reason, known.Rule, folder.Equals("lists", StringComparison.OrdinalIgnoreCase) && !IsMail(file));
        return null;
    }

    public static bool IsMail(SourceFile file) => file.Ends(".msg") || file.Ends(".rcp") || file.Ends(".rcx");

    public static void Report(FindingLog log, TextFile text, string reason, string rule)
    {
        foreach (var line in text.Lines)
            if (line.IsReadable)
                log.Ignored(text.Path, line.Number, line.Text, line.Text.Length == 0 ? "blank line" : reason, rule);
            else
                log.Fault(text.Path, line.Number, line.BadColumn, "", $"{line.Complaint}; {reason}", "IMP-7");
    }
}
