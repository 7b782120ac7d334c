using ClusterMail.Protocol;

namespace ClusterMail.Policy;

/// <summary>The refusals of the reply catalogue that policy gives (chapter 01 C).</summary>
internal static class PolicyReplies
{
    public static Reply InvalidSender { get; } = new(550, new EnhancedStatus(5, 1, 7), "Please, mail from a valid IP or Domain address.");
    public static Reply NoRelay { get; } = new(550, new EnhancedStatus(5, 1, 1), "Please mail to a valid e-mail address.");
    public static Reply AuthenticationRequired { get; } = new(530, new EnhancedStatus(5, 7, 0), "Authentication required");
    public static Reply TooLarge { get; } = new(552, new EnhancedStatus(5, 3, 4), "Message size exceeds limit.");

    public static Reply UserUnknown(Mailbox mailbox) => new(550, new EnhancedStatus(5, 1, 1), $"<{mailbox}>... User unknown.");
}
