using System.Text.RegularExpressions;
using ClusterMail.Approval.Holds;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// The subject of a decision mail, read but not believed (APPROVE-130, APPROVE-133): <c>approval_B0000500101@P.K.M</c>, or without <c>.K.M</c> the old form.
/// </summary>
/// <param name="Approvers">P as it came, white space removed.</param>
/// <param name="KeyId">K; null in the old form, empty where what follows P is neither form.</param>
/// <param name="Signature">M; null in the old form.</param>
public sealed partial record DecisionText(Verb Verb, HoldId Hold, string Approvers, string? KeyId, string? Signature)
{
    /// <summary>Longest subject that is looked at. Characters.</summary>
    public const int LengthLimit = ApproverText.LengthLimit + 256;

    public bool IsLegacy => Signature is null;

    /// <summary>The whole text for a subject or link. Whoever reads it can decide: it goes to the approver and nowhere else.</summary>
    public string Subject => IsLegacy ? $"{Verb.Word()}_{Hold}@{Approvers}" : $"{Verb.Word()}_{Hold}@{Approvers}.{KeyId}.{Signature}";

    /// <summary>What logs and displays show: never the signature (APPROVE-139, APPROVE-307).</summary>
    public string ForLog => $"{Hold}@{Approvers}";

    public override string ToString() => ForLog;

    /// <summary>Null: not a decision. Whether what stands after <c>@</c> is genuine is not asked here (APPROVE-140).</summary>
    public static DecisionText? Parse(string? subject)
    {
        var trimmed = (subject ?? "").Trim();
        if (trimmed.Length > LengthLimit || Form().Match(trimmed) is not { Success: true } match
            || !VerbWords.TryParse(match.Groups["verb"].Value, out var verb) || !HoldId.TryParseExact(match.Groups["hold"].Value.ToUpperInvariant(), out var hold))
            return null;
        // Clients fold long subjects, and some put the fold into the middle of the text.
        var rest = string.Concat(match.Groups["rest"].Value.Where(c => !char.IsWhiteSpace(c)));
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return new DecisionText(verb, hold, rest, null, null);
        var signed = Signed().Match(rest, dot);
        return new DecisionText(verb, hold, rest[..dot], signed.Groups["key"].Value, signed.Success ? signed.Groups["mac"].Value : rest[(dot + 1)..]);
    }

    /// <summary>True when a complete signed text stands anywhere in the subject: delivering such a mail would give the text away (APPROVE-140).</summary>
    public static bool IsDisclosedBy(string? subject) =>
        subject is not null && Complete().IsMatch(subject.Length <= 4 * LengthLimit ? subject : subject[..(4 * LengthLimit)]);

    [GeneratedRegex(@"\A(?<verb>approval|reject)_(?<hold>B[0-9]{10,19})@(?<rest>.*\S.*)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Form();

    [GeneratedRegex(@"\G\.(?<key>[A-Za-z0-9]{1,4})\.(?<mac>[A-Za-z0-9_-]{22})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Signed();

    [GeneratedRegex(@"(approval|reject)_B[0-9]{10,19}@[A-Za-z0-9+/=\s]+\.\s*[A-Za-z0-9]{1,4}\s*\.(\s*[A-Za-z0-9_-]){22}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Complete();
}
