namespace ClusterMail.Approval.Content;

/// <summary>Looks at a content once, from the first octet to the last, with bounded memory and work whatever it holds.</summary>
public static class ContentInspector
{
    /// <summary>Parts of one mail; more make it unreadable. Ordinary mails have some ten.</summary>
    public const int MaxParts = 5000;

    /// <summary>Parts within parts; deeper makes it unreadable.</summary>
    public const int MaxDepth = 50;

    /// <summary>Octets of all text parts together, 4 MiB; more make it unreadable, because a keyword or an encoded file could stand behind them.</summary>
    public const int MaxTextOctets = 4 * 1024 * 1024;

    /// <param name="content">Header and body, as stored. Left open.</param>
    /// <param name="length">Octets, for <c>size&gt;</c>.</param>
    /// <param name="bodies">Whether text bodies are wanted (<see cref="Policies.ApprovalPolicy.SearchesBodies"/>).</param>
    public static async Task<InspectedContent> InspectAsync(Stream content, long length, AttachmentTest test, bool bodies, CancellationToken cancel)
    {
        var reader = new PartReader(content);
        string? unreadable = null;
        try
        {
            await reader.ReadMessageAsync(cancel).ConfigureAwait(false);
        }
        catch (UnreadableContentException trouble)
        {
            unreadable = trouble.Message;
        }
        catch (FormatException)
        {
            unreadable = "no mail: it has no header";
        }
        return new Findings(reader.Top, reader.Parts, test, bodies).Read(length, unreadable ?? reader.Unreadable);
    }
}

/// <summary>A limit was reached. Stops the reading; what was read so far is kept.</summary>
internal sealed class UnreadableContentException(string message) : Exception(message);
