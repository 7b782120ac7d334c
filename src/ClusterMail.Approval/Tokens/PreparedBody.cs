namespace ClusterMail.Approval.Tokens;

/// <summary>The lines a decision link puts into the body, so that the approver sees what he decides: Date, From and Subject of the held mail (APPROVE-121).</summary>
public sealed record PreparedBody(string Date, string From, string Subject)
{
    /// <summary>Where shortening a subject begins. Characters; nine in the link for each Japanese one.</summary>
    public const int SubjectLimit = 200;

    /// <summary>CRLF after each line, and an empty one below which a comment is written.</summary>
    public string Text(int subjectLimit) => $"Date: {OneLine(Date, 100)}\r\nFrom: {OneLine(From, 200)}\r\nSubject: {OneLine(Subject, subjectLimit)}\r\n\r\n";

    private static string OneLine(string text, int limit)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        if (line.Length <= limit)
            return line;
        // Never half of a surrogate pair.
        return line[..(limit > 0 && char.IsHighSurrogate(line[limit - 1]) ? limit - 1 : limit)];
    }
}
