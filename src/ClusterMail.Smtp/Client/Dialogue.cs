using System.Collections.Immutable;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Client;

/// <summary>
/// What was said in a session, kept as references while all goes well and put into words only when somebody will read them: at 5,000 mails a
/// second the text would cost more than the mails.
/// </summary>
internal sealed class Dialogue(RecordDialogue when, Func<bool>? watched = null)
{
    // A list of 1,000 recipients fits; a hostile peer's chatter does not go on for ever.
    private const int MaxLines = 4096;

    private readonly List<object> _lines = [];

    public void Clear() => _lines.Clear();

    /// <summary>A command, without CRLF. Anything secret is to be masked by the caller.</summary>
    public void Sent(string command) => Add(command);

    public void Sent(OutboundMail mail) => Add(mail);

    public void Sent(ForwardPath recipient) => Add(recipient);

    public void Sent(MailContent content) => Add(content);

    public void Received(Reply reply) => Add(reply);

    /// <summary>Something that happened, neither sent nor received: <c>-- TLSv1.3</c>.</summary>
    public void Note(string text) => Add(new Happening(text));

    public ImmutableArray<string> ToLines(bool failed)
    {
        if (when == RecordDialogue.Never || (when == RecordDialogue.Failures && !failed && watched?.Invoke() != true))
            return [];
        var text = ImmutableArray.CreateBuilder<string>(_lines.Count);
        foreach (var line in _lines)
            Write(line, text);
        return text.DrainToImmutable();
    }

    private void Add(object line)
    {
        if (when != RecordDialogue.Never && _lines.Count < MaxLines)
            _lines.Add(line);
    }

    private static void Write(object line, ImmutableArray<string>.Builder text)
    {
        switch (line)
        {
            case string command:
                text.Add($"-> {command}");
                break;
            case OutboundMail mail:
                text.Add($"-> MAIL FROM:{mail.ReversePath}");
                break;
            case ForwardPath recipient:
                text.Add($"-> RCPT TO:{recipient}");
                break;
            case MailContent content:
                text.Add($"-> ({content.Length} octets of content)");
                break;
            case Happening happening:
                text.Add($"-- {happening.Text}");
                break;
            case Reply reply:
                foreach (var part in Encoding.UTF8.GetString(reply.Wire.Span).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
                    text.Add($"<- {part}");
                break;
        }
    }

    private sealed record Happening(string Text);
}
