using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>The refusals of the reply catalogue that policy gives (chapter 01 C).</summary>
internal static class PolicyReplies
{
    public static Reply InvalidSender { get; } = new(550, new EnhancedStatus(5, 1, 7), "Please, mail from a valid IP or Domain address.");
    public static Reply NoRelay { get; } = new(550, new EnhancedStatus(5, 1, 1), "Please mail to a valid e-mail address.");
    public static Reply AuthenticationRequired { get; } = new(530, new EnhancedStatus(5, 7, 0), "Authentication required");
    public static Reply NeedEhloBeforeAuth { get; } = new(503, new EnhancedStatus(5, 0, 0), "Need EHLO before AUTH");
    public static Reply NeedAuthBeforeMail { get; } = new(503, new EnhancedStatus(5, 0, 0), "Need AUTH before MAIL");
    public static Reply SenderMismatch { get; } = new(550, new EnhancedStatus(5, 7, 1), "Sender address does not match the authenticated user.");
    public static Reply MailboxFull { get; } = new(450, new EnhancedStatus(4, 2, 2), "Sorry. e-mail address box is full.");
    public static Reply Trouble { get; } = new(451, new EnhancedStatus(4, 3, 0), "Requested action aborted: error in processing.");
    public static Reply TooLarge { get; } = new(552, new EnhancedStatus(5, 3, 4), "Message size exceeds limit.");

    public static Reply SenderOutOfHours(string sender) => new(550, new EnhancedStatus(5, 7, 1), $"<{sender}>... Out of service hours.");

    public static Reply RecipientOutOfHours(Mailbox recipient) => new(450, new EnhancedStatus(4, 7, 1), $"<{recipient}>... Out of service hours.");

    public static Reply UserUnknown(Mailbox mailbox) => new(550, new EnhancedStatus(5, 1, 1), $"<{mailbox}>... User unknown.");
}
