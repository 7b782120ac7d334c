using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Users;

/// <summary>IMS.CTL, メール制御 (05 E): what an account forwards and answers. Read so that each line can be told with its meaning; forward and reply themselves come later.</summary>
internal static class ControlFile
{
    private const string Keep = "comes with automatic forward and reply: keep the file";

    private static readonly Dictionary<string, (string Meaning, string Rule)> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["AutoForward/ForwardTo"] = ("target of the forward (転送先)", "FWD-2"),
        ["AutoForward/PermitFrom"] = ("whose mail is forwarded (送信元で許可)", "FWD-1"),
        ["AutoForward/ReportTo"] = ("where failures are told (不転送レポート先)", "FWD-4"),
        ["AutoForward/DeleteAttach"] = ("attachments removed", "FWD-6"),
        ["AutoForward/LimitSize"] = ("size limit of what is forwarded", "FWD-7"),
        ["AutoReply/ReplyFrom"] = ("who answers (応答者アドレス)", "RPLY-5"),
        ["AutoReply/ReplyTo"] = ("where the answer goes (応答先アドレス)", "RPLY-5"),
        ["AutoReply/EchoMessage"] = ("the mail is answered with itself", "RPLY-5"),
        ["AutoReply/DeleteHeader"] = ("its headers are left out", "RPLY-5"),
        ["AutoReply/RecordReplies"] = ("who was answered is recorded", "RPLY-3"),
        ["AutoReply/Subject"] = ("subject of the answer", "RPLY-5"),
        ["AutoReply/NoReplyAgain"] = ("each sender is answered once (同じアドレスには次回応答しない)", "RPLY-4"),
        ["Delivery/Discard"] = ("whether mail is kept in the mailbox (メールボックスに残す)", "FWD-8"),
    };

    /// <returns>Name of the file with the targets, where ForwardTo names one.</returns>
    public static string? Report(FindingLog log, TextFile text)
    {
        string? targets = null;
        var section = "";
        foreach (var line in text.Lines)
        {
            var words = line.Text.Trim();
            if (!line.IsReadable)
                log.Fault(text.Path, line.Number, line.BadColumn, "", line.Complaint, "IMP-7");
            else if (words.Length == 0 || words[0] == ';')
                log.Ignored(text.Path, line.Number, line.Text, "blank line or comment");
            else if (words.StartsWith('[') && words.EndsWith(']'))
                log.Ignored(text.Path, line.Number, line.Text, $"section {section = words[1..^1].Trim()}; {Keep}", "FWD-1");
            else if (words.IndexOf('=', StringComparison.Ordinal) is var sign && sign < 1)
                log.Fault(text.Path, line.Number, 1, line.Text, "must read: key = value", "FWD-1");
            else
                targets = Entry(log, text.Path, line, section, words[..sign].Trim(), words[(sign + 1)..].Trim()) ?? targets;
        }
        return targets;
    }

    private static string? Entry(FindingLog log, string file, TextLine line, string section, string key, string value)
    {
        if (!Known.TryGetValue($"{section}/{key}", out var known))
        {
            log.Ignored(file, line.Number, line.Text, $"no document says what {section}/{key} means (GAP-5): keep the file", "CONF-60");
            return null;
        }
        var kept = key.Equals("Discard", StringComparison.OrdinalIgnoreCase) || key.Equals("ForwardTo", StringComparison.OrdinalIgnoreCase) ? "; until then mail for this account is kept here and not forwarded" : "";
        log.Ignored(file, line.Number, line.Text, $"{known.Meaning}; {Keep}{kept}", known.Rule);
        // A path of the old machine: what counts is the name of the file, which lies beside this one or elsewhere in the tree.
        return key.Equals("ForwardTo", StringComparison.OrdinalIgnoreCase) && value.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
            ? value[(value.LastIndexOfAny(['\\', '/', ':']) + 1)..] : null;
    }
}
