using ClusterMail.Migration.Source;
using ClusterMail.Protocol;

namespace ClusterMail.Migration.Mail;

/// <summary>Finds the pairs of the queue (QUEUE-1): contents in <c>incoming</c> and <c>holding</c>, envelopes beside them and in <c>domains\DOMAIN</c>, with the same name.</summary>
internal sealed class QueueTree(FindingLog log, TextEncoding encoding)
{
    private readonly Dictionary<string, SourceFile> _messages = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SourceFile> _envelopes = [];
    private readonly List<(SourceFile File, RetryRecord Record)> _records = [];

    public static bool IsEnvelope(SourceFile file) => file.Ends(".rcp") || file.Ends(".rcx");

    /// <summary>Work files during a delivery (QUEUE-2): the pair itself is there too.</summary>
    public static bool IsWorkFile(SourceFile file) => file.Ends(".$cp") || file.Ends(".$ok") || file.Ends(".$ng");

    public void AddMessage(SourceFile file)
    {
        if (!_messages.TryAdd(file.Stem, file))
            log.Fault(file.Path, 0, 0, "", $"{_messages[file.Stem].Path} has the same name; this one is not taken", "QUEUE-7");
    }

    public void AddEnvelope(SourceFile file) => _envelopes.Add(file);

    /// <summary>A retry record of a domain (QUEUE-4), in a file of its own below <c>domains\DOMAIN</c>. False: it is none.</summary>
    public bool TryAddRecord(TextFile text)
    {
        if (!text.File.Folders.Contains("domains", StringComparer.OrdinalIgnoreCase) || !text.Lines.Any(line => RetryRecord.IsField(line.Text)))
            return false;
        var (record, faults) = RetryRecord.Read([.. text.Lines.Select(line => line.Text)]);
        _records.Add((text.File, record));
        foreach (var line in text.Lines)
            if (faults.TryGetValue(line.Number, out var fault))
                log.Fault(text.Path, line.Number, 1, line.Text, fault, "QUEUE-4");
            else
                log.Imported(text.Path, line.Number, line.Text, "retry record of the domain", "QUEUE-4");
        return true;
    }

    /// <summary>Pairs in the order of their numbers. Everything that has no other half is told.</summary>
    public IReadOnlyList<QueuePair> Pairs()
    {
        var pairs = new List<QueuePair>();
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in _envelopes)
            if (Pair(file) is { } pair)
            {
                used.Add(pair.Message.Stem);
                pairs.Add(pair);
            }
        foreach (var (stem, message) in _messages)
            if (used.Contains(stem))
                continue;
            else if (_envelopes.Find(envelope => envelope.Stem.Equals(stem, StringComparison.OrdinalIgnoreCase)) is { } envelope)
                log.Ignored(message.Path, 0, "", $"its envelope {envelope.Path} is not taken", "QUEUE-7");
            else
                log.Fault(message.Path, 0, 0, "", "no envelope (.RCP) has this name: nobody knows whom it is for; it may lie in a mailbox folder that is not named inbox", "QUEUE-2");
        return [.. pairs.OrderBy(pair => pair.Id, StringComparer.OrdinalIgnoreCase)];
    }

    private QueuePair? Pair(SourceFile file)
    {
        var text = TextFile.Read(file, encoding);
        if (text.Lines.FirstOrDefault(line => !line.IsReadable) is { } bad)
        {
            Told(text, bad.Number, bad.BadColumn, bad.Complaint, "IMP-7");
            return null;
        }
        var (content, fault) = EnvelopeFile.Read(string.Join('\n', text.Lines.Select(line => line.Text)));
        if (content is null)
        {
            Told(text, fault!.Line, 1, fault.Message, "QUEUE-3");
            return null;
        }
        if (!_messages.TryGetValue(file.Stem, out var message))
        {
            Told(text, 0, 0, "no content (.MSG) has this name", "QUEUE-2");
            return null;
        }
        if (IsHoldNotice(file.Stem))
        {
            Told(text, 0, 0, "notice of a mail held for approval: have it decided in the original before the change-over", "APPROVE-95");
            return null;
        }
        return new QueuePair(file.Stem, message, file, content, content.Retry ?? RecordFor(file, content)) { Lines = text.Lines };
    }

    private RetryRecord? RecordFor(SourceFile file, EnvelopeRecord content) => _records.Select(record => ((SourceFile, RetryRecord)?)record).FirstOrDefault(record =>
        record is var (where, what) && where.Folders.SequenceEqual(file.Folders, StringComparer.OrdinalIgnoreCase)
        && (what.Domain.Length == 0 || content.Recipients.All(recipient => recipient.EndsWith($"@{what.Domain}", StringComparison.OrdinalIgnoreCase))))?.Item2;

    private static bool IsHoldNotice(string stem) => stem.LastIndexOf("-S", StringComparison.OrdinalIgnoreCase) is var at and > 0 && stem[(at + 2)..] is { Length: 4 } digits && digits.All(char.IsAsciiDigit);

    /// <summary>Each line of an envelope that is not taken, the one at fault with the reason.</summary>
    private void Told(TextFile text, int line, int column, string reason, string rule)
    {
        if (line == 0)
            log.Fault(text.Path, 0, 0, "", reason, rule);
        foreach (var each in text.Lines)
            if (each.Number == line)
                log.Fault(text.Path, line, column, each.Text, reason, rule);
            else
                log.Ignored(text.Path, each.Number, each.Text, line == 0 ? reason : $"line {line} is wrong, so the envelope is not taken", rule);
    }
}
