using System.Text;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;
using MimeKit;

namespace ClusterMail.Approval.Tests;

/// <summary>The mails under <c>samples</c>, as Outlook, Thunderbird, Becky! and an iPhone write them.</summary>
internal static class Sample
{
    public static byte[] Octets(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", name));

    public static MailContent Content(string name) => new MemoryContent(Octets(name));

    public static MailView View(string name) => MailReader.Read(new MemoryStream(Octets(name)));

    public static MailView View(byte[] octets) => MailReader.Read(new MemoryStream(octets));

    public static MailView ViewOf(string text) => View(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")));

    public static MimeMessage Message(string name) => MimeMessage.Load(new MemoryStream(Octets(name)));

    /// <summary>The value of Subject: as it stands in the mail, folded and encoded.</summary>
    public static byte[] RawSubject(string name) => Message(name).Headers.First(header => header.Id == HeaderId.Subject).RawValue;

    public static Mailbox Box(string address) => Mailbox.FromStored(address);
}
