using System.CommandLine;
using System.Text;
using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Maildir;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>account mailbox</c> and <c>account export-mailbox</c>.</summary>
internal sealed class MailboxCommands(Verbs verbs)
{
    /// <summary>No head of a message is longer.</summary>
    private const int LongestHead = 8192;

    public Verb Mailbox()
    {
        var address = Address();
        return verbs.Reading(
            new Verb("mailbox", "What an account's mailbox holds: folders, messages, usage.", "clustermail account mailbox taro@example.jp") { address },
            parsed => Routes.Fill(Routes.AccountMailbox, parsed.GetRequiredValue(address)), AdminJson.Default.MailboxStatus, Show);
    }

    public Verb Export()
    {
        var address = Address();
        var maildir = new Option<string>("--maildir") { Description = "Folder to make; a Maildir with its subfolders.", HelpName = "DIR", Required = true };
        return verbs.Acting(
            new Verb("export-mailbox", "Copy an account's mailbox into a Maildir.", "clustermail account export-mailbox taro@example.jp --maildir ./taro") { address, maildir },
            async (client, parsed, cancel) =>
            {
                var writer = new MaildirWriter(Path.GetFullPath(parsed.GetRequiredValue(maildir)));
                var count = 0L;
                await client.ReadAsync(
                    Routes.Fill(Routes.AccountMessages, parsed.GetRequiredValue(address)), async body => count = await CopyAsync(body, writer, cancel), cancel);
                new Screen().Line(Words.Of($"{count} messages written to {parsed.GetRequiredValue(maildir)}"));
            });
    }

    private static async Task<long> CopyAsync(Stream body, MaildirWriter writer, CancellationToken cancel)
    {
        var buffered = new BufferedStream(body, 65536);
        var count = 0L;
        while (await HeadAsync(buffered, cancel) is { } head)
        {
            await writer.WriteAsync(head, buffered, cancel);
            count++;
        }
        return count;
    }

    private static async Task<ExportedMessage?> HeadAsync(BufferedStream body, CancellationToken cancel)
    {
        var line = new List<byte>(256);
        var one = new byte[1];
        while (await body.ReadAsync(one, cancel) == 1 && one[0] != '\n')
        {
            line.Add(one[0]);
            if (line.Count > LongestHead)
                throw new CommandFailure($"the node's answer was not understood: is this clustermail of the same version as the node?");
        }
        return line.Count == 0 ? null : JsonSerializer.Deserialize(Encoding.UTF8.GetString([.. line]), AdminJson.Default.ExportedMessage);
    }

    private static void Show(Screen screen, MailboxStatus box)
    {
        screen.Line(box.Kept == "here"
            ? Words.Of($"{box.Address}: {box.Messages} messages, {box.Octets} octets of {(box.Limit > 0 ? box.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture) : Words.Of($"unlimited"))}")
            : Words.Of($"{box.Address}: new mail goes to {box.Kept}; here are {box.Messages} messages, {box.Octets} octets"));
        if (box.Folders.Count == 0)
            return;
        var sheet = new Sheet(new("Folder", Flexible: true), new("Messages"), new("Octets"), new("Next UID"));
        foreach (var folder in box.Folders)
            sheet.Add(folder.Name, $"{folder.Messages}", $"{folder.Octets}", $"{folder.UidNext}");
        sheet.Print(screen);
    }

    private static Argument<string> Address() => new("ADDRESS") { Description = "The account, for example taro@example.jp." };
}
