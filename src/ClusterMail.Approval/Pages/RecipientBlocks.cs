using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Pages;

/// <summary>Who gets a mail, in blocks an approver takes in at a glance: inside and there already, inside and waiting, outside and waiting; domains large (APPROVE-503).</summary>
internal static class RecipientBlocks
{
    public static IEnumerable<Html> Of(HeldCase held, CaseWords words)
    {
        var (inside, outside) = (held.Recipients.Where(held.IsInside), held.Recipients.Where(recipient => !held.IsInside(recipient)));
        yield return Block(held, words, "out", words.Say("送信先アドレス (社外・承認待ち)", "Recipients outside, waiting"), outside);
        yield return Block(held, words, "in", words.Say("送信先アドレス (社内・承認待ち)", "Recipients inside, waiting"), inside);
        yield return Block(held, words, "done", words.Say("送信済み (社内)", "Recipients inside, delivered already"), held.AlreadySent.Where(held.IsInside));
        yield return Block(held, words, "done", words.Say("送信済み (社外)", "Recipients outside, sent already"), held.AlreadySent.Where(recipient => !held.IsInside(recipient)));
        yield return Block(held, words, "in", words.Say("写しの送付先", "A copy goes to"), held.Copies);
    }

    private static Html Block(HeldCase held, CaseWords words, string name, string title, IEnumerable<Mailbox> recipients)
    {
        var items = recipients.Select(recipient => Item(held, words, recipient)).ToList();
        return items.Count == 0 ? Html.Empty : Html.Of($"""<dt>{title}</dt><dd class="to {name}"><ul>{Html.Join(items)}</ul></dd>""");
    }

    // The domain by itself and large; then the whole address in one piece, for whoever copies it or has it read out.
    private static Html Item(HeldCase held, CaseWords words, Mailbox recipient) => Html.Of($"""
        <li><b class="domain" aria-hidden="true">{VisibleText.Line(recipient.Domain)}</b> {VisibleText.Line(recipient.ToString())}{Html.When(held.IsBcc(recipient) && !held.Copies.Contains(recipient), Html.Trusted(" <span class=\"bcc\">(Bcc)</span>"))}{Alike(held, words, recipient)}</li>
        """);

    private static Html Alike(HeldCase held, CaseWords words, Mailbox recipient) => held.LookAlikeOf(recipient) is { } model
        ? Html.Of($""" <span class="alike">{words.Say($"{model} と 1 文字違い", $"one character from {model}")}</span>""")
        : Html.Empty;
}
