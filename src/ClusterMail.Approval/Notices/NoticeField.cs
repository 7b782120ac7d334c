using System.Collections.Immutable;

namespace ClusterMail.Approval.Notices;

/// <summary>One labelled part of a mail's text.</summary>
/// <param name="Name">In templates: <c>recipients</c>.</param>
public sealed record NoticeField(string Name, Phrase Label, FieldContent Content);

/// <summary>What stands in a field.</summary>
public abstract record FieldContent
{
    private FieldContent() { }

    /// <summary>One thing a line.</summary>
    public sealed record Lines(ImmutableArray<string> Texts) : FieldContent
    {
        public Lines(string text) : this([text]) { }
    }

    /// <summary>Something to click: a decision, or a page.</summary>
    /// <param name="Mailto">Null: only the page.</param>
    /// <param name="Url">Null: only by mail.</param>
    public sealed record Action(string? Mailto, string? Url, Tone Tone) : FieldContent;

    /// <summary>Text to copy by hand where links do not work (APPROVE-123): each on a line of its own.</summary>
    public sealed record Copy(ImmutableArray<(Phrase Caption, string Text)> Items) : FieldContent;

    /// <summary>The beginning of the held mail's text, as it stands.</summary>
    public sealed record Excerpt(string Text) : FieldContent;

    /// <summary>Entries of a list, each with its own fields.</summary>
    public sealed record Entries(ImmutableArray<ImmutableArray<NoticeField>> Items) : FieldContent;
}

public enum Tone
{
    Positive,
    Negative,
    Neutral,
}
