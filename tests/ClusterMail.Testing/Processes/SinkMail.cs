using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ClusterMail.Testing.Processes;

/// <summary>A mail a <see cref="RecordingSink"/> has answered with 250.</summary>
public sealed record SinkMail
{
    /// <summary>The line as sent: <c>MAIL FROM:&lt;a@b&gt; BODY=8BITMIME</c>.</summary>
    public required string MailLine { get; init; }

    /// <summary>Only recipients that were answered 250.</summary>
    public required IReadOnlyList<string> RecipientLines { get; init; }

    /// <summary>Content after removing the dots of transparency; empty when the sink does not keep it.</summary>
    public required byte[] Content { get; init; }

    /// <summary>Octets of content.</summary>
    public required long Size { get; init; }

    /// <summary>Without angle brackets; empty when the content has none in its first 64 KiB.</summary>
    public required string MessageId { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Number of the connection it came over, from 1.</summary>
    public required int Connection { get; init; }

    public string ReversePath => Between(MailLine);
    public IReadOnlyList<string> ForwardPaths => [.. RecipientLines.Select(Between)];
    public string Text => Encoding.UTF8.GetString(Content);

    private static string Between(string line)
    {
        var start = line.IndexOf('<', StringComparison.Ordinal);
        var end = line.IndexOf('>', start + 1);
        return start < 0 || end < 0 ? "" : line[(start + 1)..end];
    }
}

/// <summary>What a script may do at a point of a dialogue. Null from a script: go on as a friendly server does.</summary>
/// <param name="Text">The reply without CRLF; null: none.</param>
/// <param name="Close">End the connection after it.</param>
public sealed record SinkAnswer(string? Text, bool Close = false)
{
    /// <summary>Wait for this before answering.</summary>
    public Task Before { get; init; } = Task.CompletedTask;

    public static SinkAnswer Drop { get; } = new(null, Close: true);

    [return: NotNullIfNotNull(nameof(text))]
    public static implicit operator SinkAnswer?(string? text) => text is null ? null : new(text);
}

/// <param name="Verb">CONNECT, EHLO, HELO, MAIL, RCPT, DATA, <c>.</c> (end of content), RSET, NOOP, QUIT.</param>
/// <param name="Line">The line as sent; empty at CONNECT; the Message-ID at <c>.</c>.</param>
/// <param name="Connection">Number of the connection, from 1.</param>
public sealed record SinkEvent(string Verb, string Line, int Connection);
