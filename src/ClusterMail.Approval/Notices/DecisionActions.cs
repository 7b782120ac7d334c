using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Notices;

/// <summary>The fields to decide with: links of both kinds, and the texts to copy where links do not work (APPROVE-113, APPROVE-114, APPROVE-123).</summary>
internal sealed class DecisionActions(CaseWords words, NoticeOptions options)
{
    public void Fill(Dictionary<string, FieldContent> values, HeldCase held, DecisionTexts? texts, string? webUrl)
    {
        values["approve"] = new FieldContent.Action(Link(held, texts?.Approve), texts is null ? webUrl : null, Tone.Positive);
        values["reject"] = new FieldContent.Action(Link(held, texts?.Reject), texts is null ? webUrl : null, Tone.Negative);
        if (webUrl is not null)
            values["page"] = new FieldContent.Action(null, webUrl, Tone.Neutral);
        if (texts is not null)
            values["copy"] = Copy(held, texts);
        else
            values["copy"] = new FieldContent.Lines(words.Say("承認ページで決定してください。", "Please decide on the approval page."));
    }

    private string? Link(HeldCase held, DecisionText? text) => text is null
        ? null
        : DecisionLink.For(options.Rules.DecisionAddress(held.Requester), text, new PreparedBody(held.Mail.Date, held.Mail.From, held.Mail.Subject), options.MailtoCharset);

    private FieldContent.Copy Copy(HeldCase held, DecisionTexts texts) => new(
    [
        (new Phrase("次の宛先へ送信:", "Send a mail to"), options.Rules.DecisionAddress(held.Requester).ToString()),
        (new Phrase("承認する場合はこの件名のメールを送信:", "to approve, with this subject:"), texts.For(Verb.Approve).Subject),
        (new Phrase("却下する場合はこの件名のメールを送信 (理由は本文に):", "to reject, with this subject (and the reason as text):"), texts.For(Verb.Reject).Subject),
    ]);
}

/// <summary>The fields of one entry of a waiting list (APPROVE-216).</summary>
internal sealed class EntryFields(CaseWords words, NoticeOptions options)
{
    public System.Collections.Immutable.ImmutableArray<NoticeField> Of(WaitingEntry entry)
    {
        var held = entry.Held;
        var actions = new Dictionary<string, FieldContent>();
        new DecisionActions(words, options).Fill(actions, held, entry.Texts, entry.WebUrl);
        return
        [
            Field("reference", "管理番号", "Reference", held.Hold.ToString()),
            Field("received", "受付日時 / 経過", "Received / waiting for", words.Time(held.ReceivedAt), words.Duration(entry.WaitingFor)),
            Field("requester", "依頼者", "Requester", CaseWords.Requester(held)),
            Field("recipients", "送信先アドレス", "Recipients", [.. Recipients(held)]),
            Field("subject", "件名", "Subject", words.Subject(held)),
            Field("size", "サイズ / 添付", "Size / attachments", CaseWords.Size(held.Mail.Size), string.Join(", ", words.Attachments(held))),
            Field("deadline", "期限", "Deadline", words.Deadline(held)),
            .. held.SenderNote.Length > 0 ? new[] { Field("sender_note", "依頼者からの連絡", "From the requester", VisibleText.Lines(held.SenderNote).Split('\n')) } : [],
            Field("own", "本人/代理", "Own / proxy", entry.ProxyOf is { } principal ? words.Say($"{principal} の代理", $"as proxy of {principal}") : words.Say("本人", "own")),
            new NoticeField("approve", new Phrase("[承認]", "[Approve]"), actions["approve"]),
            new NoticeField("reject", new Phrase("[却下]", "[Reject]"), actions["reject"]),
            .. actions.TryGetValue("page", out var page) ? new[] { new NoticeField("page", new Phrase("承認ページ", "Approval page"), page) } : [],
        ];
    }

    private IEnumerable<string> Recipients(HeldCase held)
    {
        foreach (var recipient in held.Recipients.Take(WaitingEntry.RecipientLimit))
            yield return CaseWords.Recipient(held, recipient);
        if (held.Recipients.Length - WaitingEntry.RecipientLimit is > 0 and var rest)
            yield return words.Say($"他 {rest} 件", $"and {rest} more");
    }

    private static NoticeField Field(string name, string japanese, string english, params string[] lines) =>
        new(name, new Phrase(japanese, english), new FieldContent.Lines([.. lines.Select(line => VisibleText.Line(line))]));
}
