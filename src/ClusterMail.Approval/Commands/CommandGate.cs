using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Commands;

/// <summary>A submitted mail whose subject has command form, and who brought it.</summary>
public sealed record CommandMail
{
    public required SubmissionPath Path { get; init; }

    /// <summary>The node offers AUTH to this client's network (APPROVE-152).</summary>
    public bool IsAuthOffered { get; init; }

    /// <summary>Null for <c>MAIL FROM:&lt;&gt;</c>.</summary>
    public required Mailbox? EnvelopeSender { get; init; }

    /// <summary>Main address of the sender's account, aliases resolved; null when it is none of ours.</summary>
    public required Mailbox? SenderAccount { get; init; }

    /// <summary>Main address of the account that logged in; null without AUTH.</summary>
    public Mailbox? Authenticated { get; init; }
    public required ImmutableArray<Mailbox> Recipients { get; init; }

    /// <summary>Main address of the account behind the only recipient, aliases resolved and the sub-domain's label taken off; null when it is none of ours.</summary>
    public required Mailbox? RecipientAccount { get; init; }
}

/// <summary>Whether a mail with command form is one (APPROVE-203).</summary>
public static class CommandGate
{
    /// <param name="Asker">Main address of whoever gives the command; null: ordinary mail, delivered normally.</param>
    /// <param name="Code">For the audit where it is ordinary mail after all.</param>
    public readonly record struct Passage(Mailbox? Asker, ResultCode Code);

    public static Passage Judge(CommandMail mail, DecisionRules rules)
    {
        if (!mail.Path.MayDecide(rules.AuthDemand, mail.IsAuthOffered) || mail.SenderAccount is not { } account)
            return new Passage(null, ResultCode.WrongPath);
        if (mail.Authenticated is { } login && !login.SameAs(account))
            return new Passage(null, ResultCode.NotAllowed);
        return IsToHimself(mail, account, rules) ? new Passage(account, ResultCode.Ok) : new Passage(null, ResultCode.WrongTo);
    }

    /// <summary>
    /// Behind an internal server the mail to his normal address never reaches us; the sub-domain is the only way (APPROVE-202). Injected by hand it does
    /// nothing here either.
    /// </summary>
    private static bool IsToHimself(CommandMail mail, Mailbox account, DecisionRules rules)
    {
        if (mail.Recipients is not [var recipient] || mail.RecipientAccount is not { } to || !to.SameAs(account))
            return false;
        return mail.Path != SubmissionPath.InternalServer || rules.SubDomainLabel.Length == 0
            || recipient.Domain.StartsWith($"{rules.SubDomainLabel}.", StringComparison.OrdinalIgnoreCase);
    }
}
