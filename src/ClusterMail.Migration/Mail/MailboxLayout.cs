using ClusterMail.Accounts;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Mail;

/// <summary>
/// Where mailboxes lie (DOM-6): below a folder <c>inbox</c> the folder of the domain, then that of the user (mode 2), or the user's at once (mode 1, 共通ボックス). The folder of a
/// domain may have another name than the domain.
/// </summary>
/// <param name="folders">Folder of a domain, in lower case, to the domain; those of the domains' own names too.</param>
/// <param name="isAccount">Whether an account of this name and domain is imported.</param>
/// <param name="order">Operated domains; in mode 1 the first that has the account gets the mailbox, and where there is only one, that one.</param>
internal sealed class MailboxLayout(IReadOnlyDictionary<string, string> folders, Func<string, string, bool> isAccount, IReadOnlyList<string> order)
{
    private static readonly string[] Roots = ["inbox", "mailbox", "mailboxes"];

    /// <summary>Null: the file is in no mailbox folder at all.</summary>
    public MailboxPlace? Of(SourceFile file)
    {
        var root = RootOf(file);
        if (root < 0)
            return null;
        var below = file.Folders.Skip(root + 1).ToArray();
        if (below.Length == 0)
            return new MailboxPlace(null, "", "");
        if (folders.TryGetValue(below[0].ToLowerInvariant(), out var domain))
            return below.Length == 1 ? new MailboxPlace(null, "", "") : new MailboxPlace(domain, below[1], Folder(below[2..]));
        return new MailboxPlace(order.FirstOrDefault(name => isAccount(below[0], name)) ?? (order.Count == 1 ? order[0] : null), below[0], Folder(below[1..])) { IsCommon = true };
    }

    /// <summary>The outermost folder of that name: a user's own inbox of IMAP lies deeper.</summary>
    public static int RootOf(SourceFile file)
    {
        for (var i = 0; i < file.Folders.Count; i++)
            if (Roots.Contains(file.Folders[i], StringComparer.OrdinalIgnoreCase))
                return i;
        return -1;
    }

    // The user's folder itself is where POP3 finds mail, "inbox" in it where IMAP does: both are INBOX here.
    private static string Folder(string[] names) =>
        names.Length == 0 || (names.Length == 1 && names[0].Equals("inbox", StringComparison.OrdinalIgnoreCase)) ? "INBOX" : string.Join('/', names);
}

/// <param name="Domain">Null: none of the import; the folder belongs to nobody.</param>
/// <param name="User">Empty: the file lies above the users' folders.</param>
/// <param name="Folder">INBOX, or the name of an IMAP folder with <c>/</c> between its levels.</param>
internal sealed record MailboxPlace(string? Domain, string User, string Folder)
{
    /// <summary>Mode 1: the folder does not say the domain.</summary>
    public bool IsCommon { get; init; }
    public string Address => $"{User}@{Domain}";
    public string Key => AccountIndex.Key(User, Domain ?? "");
}
