using System.Collections.Immutable;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Notices;

/// <summary>What stands in the notice of a mail that its sender sends or discards himself (APPROVE-510, APPROVE-511).</summary>
internal sealed class DelayFields(CaseWords words)
{
    public void Fill(Dictionary<string, FieldContent> values, Notice.Delay notice)
    {
        var held = notice.Held;
        values["status"] = Line(words.Say("未送信", "not sent yet"));
        values["subject"] = Line(words.Subject(held));
        values["received"] = Line(words.Time(held.ReceivedAt));
        values["recipients"] = new FieldContent.Lines(CaseWords.Recipients(held));
        if (!held.Copies.IsEmpty)
            values["copies"] = new FieldContent.Lines([.. held.Copies.Select(copy => VisibleText.Line(copy.ToString()))]);
        values["leaves"] = Line(words.Leaves(held, notice.Confirms));
        values["send"] = new FieldContent.Action(SendLink(notice), notice.Url, Tone.Positive);
        values["discard"] = new FieldContent.Action(NoticeFieldValues.OwnCommand(held, "withdraw"), notice.Url, Tone.Negative);
        values["reason"] = new FieldContent.Lines(words.Reasons(held));
        values["reference"] = Line(words.Reference(held));
    }

    /// <summary>A confirmation is given on the page, where the recipients are in sight; by mail only where there is no page (APPROVE-511, APPROVE-505).</summary>
    private static string? SendLink(Notice.Delay notice) =>
        notice is { Confirms: true, Url: not null } ? null : NoticeFieldValues.OwnCommand(notice.Held, "sendnow");

    private static FieldContent.Lines Line(string text) => new(ImmutableArray.Create(text));
}
