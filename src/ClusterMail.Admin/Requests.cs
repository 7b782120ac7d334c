using ClusterMail.Protocol;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>Reading what every endpoint reads.</summary>
internal static class Requests
{
    /// <summary>Without control characters and cut, so that it can go into a log line.</summary>
    public static string Printable(string text, int longest) =>
        new(text.Where(c => !char.IsControl(c)).Take(longest).ToArray());

    /// <summary>False, with the answer, when a page size is out of its range.</summary>
    public static bool Limit(int? given, int otherwise, int most, out int limit, out IResult? refusal)
    {
        limit = given ?? otherwise;
        refusal = limit >= 1 && limit <= most ? null : Answers.Wrong($"limit must be from 1 to {most}.");
        return refusal is null;
    }

    /// <summary>False, with the answer, when this is no mail number.</summary>
    public static bool Number(string text, out MessageId id, out IResult? refusal)
    {
        refusal = MessageId.TryParse(text, out id) ? null : Answers.Wrong($"'{Printable(text, 40)}' is no mail number.", "MSGID-1", "Write it as logs show it: B0000000012.");
        return refusal is null;
    }
}
