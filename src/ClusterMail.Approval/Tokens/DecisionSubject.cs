using System.Text;
using ClusterMail.Approval.Viewing;
using MimeKit;
using MimeKit.Utils;

namespace ClusterMail.Approval.Tokens;

/// <summary>What a subject makes of a submitted mail (APPROVE-140). The check runs before any policy of the sender (APPROVE-141).</summary>
public abstract record DecisionSubject
{
    private static readonly Ordinary Other = new();

    private DecisionSubject() { }

    /// <summary>Ordinary mail, as far as decisions are concerned.</summary>
    public sealed record Ordinary : DecisionSubject;

    /// <summary>A decision mail: caught whatever comes of it, never delivered and never relayed (APPROVE-142).</summary>
    public sealed record Decision(DecisionText Text) : DecisionSubject;

    /// <summary>Something stands in front, but a complete signed text is in it: refused (<c>550 5.7.1</c>, <c>BAD_TOKEN</c>), as delivery would give the text away.</summary>
    public sealed record Disclosing : DecisionSubject;

    /// <param name="rawSubject">Value of the Subject: header as octets, still folded and encoded; empty without one.</param>
    /// <param name="isOurs">A mail of one of our accounts. A stranger's mail with something in front is no concern of ours.</param>
    public static DecisionSubject Recognise(ReadOnlySpan<byte> rawSubject, bool isOurs)
    {
        // Every mail comes by here: most have no character that each decision has, and are not decoded.
        if (rawSubject.IndexOf((byte)'_') < 0 && rawSubject.IndexOf("=?"u8) < 0)
            return Other;
        var subject = Decode(rawSubject);
        if (!subject.Contains('_', StringComparison.Ordinal))
            return Other;
        if (DecisionText.Parse(subject) is { } text)
            return new Decision(text);
        return isOurs && DecisionText.IsDisclosedBy(subject) ? new Disclosing() : Other;
    }

    /// <summary>Unfolded, RFC 2047 decoded and trimmed.</summary>
    public static string Decode(ReadOnlySpan<byte> rawSubject)
    {
        // Longer than any decision in base64 encoded words: no decision, and not worth decoding.
        if (rawSubject.Length > 8 * DecisionText.LengthLimit)
            return "";
        Charsets.Ready();
        var octets = rawSubject.ToArray();
        var decoded = Rfc2047.DecodeText(new ParserOptions { CharsetEncoding = Encoding.UTF8 }, octets);
        return Header.Unfold(decoded).Trim();
    }
}
