using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using MimeKit;

namespace ClusterMail.Queue.Cluster;

/// <summary>A short mail from the cluster to a person: plain text, and the null reverse-path, because nobody is to be told when it cannot be delivered.</summary>
internal static class PlainMail
{
    public static NewMail Write(MessageId id, NodeView view, Mailbox to, string subject, string text)
    {
        using var message = new MimeMessage();
        message.From.Add(new MailboxAddress("ClusterMail", $"postmaster@{view.HostName}"));
        message.To.Add(new MailboxAddress("", to.ToString()));
        message.Subject = subject;
        message.MessageId = id.At(view.HostName);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new TextPart("plain") { Text = text };
        message.Prepare(EncodingConstraint.SevenBit);
        using var content = new MemoryStream();
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        message.WriteTo(format, content);
        return new NewMail
        {
            Id = id,
            ReversePath = "",
            Content = new MemoryContent(content.ToArray()),
            Recipients = [new NewRecipient(0, to.ToString(), view.Router.Decide(ReversePath.Null, to).Destination, Owned: false) { Notify = Notify.Never }],
        };
    }
}
