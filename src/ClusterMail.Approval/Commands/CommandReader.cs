using System.Globalization;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Approval.Commands;

/// <summary>Reads a command from a decoded subject (APPROVE-200, APPROVE-201).</summary>
public static class CommandReader
{
    /// <summary>Longest subject that can be a command. Characters: an address of 254 octets, and room.</summary>
    private const int LengthLimit = 400;

    private static readonly string[] Words = ["waitlist", "setproxyuser", "approvalgetlog", "withdraw", "sendnow"];

    /// <summary>Null: ordinary mail. With <c>Re:</c> or anything else in front it is no command.</summary>
    /// <param name="subject">Unfolded and RFC 2047 decoded.</param>
    public static ApprovalCommand? Read(string? subject)
    {
        var text = (subject ?? "").Trim();
        if (text.Length > LengthLimit)
            return null;
        var (word, rest) = Split(text);
        return word switch
        {
            "waitlist" => WaitingList(rest),
            "setproxyuser" => Proxy(rest),
            "approvalgetlog" => History(rest),
            "withdraw" => OfOwn("withdraw", rest, hold => new ApprovalCommand.Withdraw(hold)),
            "sendnow" => OfOwn("sendnow", rest, hold => new ApprovalCommand.SendNow(hold)),
            _ => null,
        };
    }

    /// <summary>The word in lower case and what follows the line; no line at the end is as good (APPROVE-201). Another word glued to it makes no command.</summary>
    private static (string? Word, string Tail) Split(string text)
    {
        var line = text.IndexOf('_', StringComparison.Ordinal);
        var word = (line < 0 ? text : text[..line]).ToLowerInvariant();
        return Words.Contains(word) ? (word, line < 0 ? "" : text[(line + 1)..].Trim()) : (null, "");
    }

    private static ApprovalCommand WaitingList(string rest)
    {
        if (rest.Length == 0 || rest.Equals("full", StringComparison.OrdinalIgnoreCase))
            return new ApprovalCommand.WaitingList(rest.Length > 0);
        return new ApprovalCommand.Unreadable("waitlist", 10, CommandFault.TrailingText);
    }

    private static ApprovalCommand Proxy(string rest)
    {
        const int Start = 14;
        if (rest.Length == 0)
            return new ApprovalCommand.ClearProxy();
        var (address, dates) = SplitDates(rest);
        if (ReadAddress(address) is not { } proxy)
            return new ApprovalCommand.Unreadable("setproxyuser", Start, CommandFault.Address);
        if (dates is null)
            return new ApprovalCommand.SetProxy(proxy, null);
        return ReadDays(dates, out var fault) is { } days
            ? new ApprovalCommand.SetProxy(proxy, days)
            : new ApprovalCommand.Unreadable("setproxyuser", Start + address.Length + 1, fault);
    }

    private static ApprovalCommand History(string rest)
    {
        if (rest.Length == 0)
            return new ApprovalCommand.History(null);
        return ReadDays(rest, out var fault) is { } days ? new ApprovalCommand.History(days) : new ApprovalCommand.Unreadable("approvalgetlog", 16, fault);
    }

    private static ApprovalCommand? OfOwn(string word, string rest, Func<HoldId, ApprovalCommand> command)
    {
        // The bare words are everyday subjects in English; only the link's form is a command.
        if (rest.Length == 0)
            return null;
        return HoldId.TryParseExact(rest.ToUpperInvariant(), out var hold)
            ? command(hold)
            : new ApprovalCommand.Unreadable(word, word.Length + 2, CommandFault.HoldId);
    }

    /// <summary>A local part may hold <c>_</c>, a domain may not: what follows a line behind the last <c>@</c> is dates.</summary>
    private static (string Address, string? Dates) SplitDates(string rest)
    {
        var line = rest.IndexOf('_', rest.LastIndexOf('@') + 1);
        return rest.Contains('@', StringComparison.Ordinal) && line >= 0 ? (rest[..line].TrimEnd(), rest[(line + 1)..].Trim()) : (rest, null);
    }

    private static Mailbox? ReadAddress(string text)
    {
        var bare = text is ['<', .., '>'] ? text[1..^1] : text;
        return PathGrammar.TryMailbox(bare, utf8: true, out var mailbox) && mailbox.Domain.Length > 0 ? mailbox : null;
    }

    /// <summary><c>yyyymmdd</c> or <c>yyyymmdd-yyyymmdd</c>.</summary>
    private static DayRange? ReadDays(string text, out CommandFault fault)
    {
        fault = CommandFault.Date;
        var parts = text.Split('-', 3);
        if (parts.Length > 2 || ReadDay(parts[0]) is not { } first || ReadDay(parts[^1]) is not { } last)
            return null;
        fault = CommandFault.DateOrder;
        return last < first ? null : new DayRange(first, last);
    }

    // 9999-12-31 has no day after it, and nobody is proxy until then.
    private static DateOnly? ReadDay(string text) =>
        DateOnly.TryParseExact(text.Trim(), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 1990 and <= 2999 ? day : null;
}
