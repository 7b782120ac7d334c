using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>The checks of a decision, in the order of APPROVE-150. The last one, the commit, is the database's.</summary>
public static class DecisionCheck
{
    /// <param name="hold">Null: no such held mail.</param>
    /// <param name="isLocked">Any lock of APPROVE-86 applies: on the HoldId, the client's address or the claimed approver.</param>
    /// <returns>The decider as the record names him and what is to be tried, or why not.</returns>
    public static DecisionVerdict Judge(DecisionAttempt attempt, DecidableHold? hold, TokenKeyRing keys, DecisionRules rules, bool isLocked)
    {
        var (failure, decider) = Prove(attempt, hold, keys, rules);
        // A lock covers wrong attempts as well as right ones, or it would tell them apart and guessing could go on (EX-APPR-10, last line).
        if (isLocked)
            return new DecisionVerdict(ResultCode.Locked, decider);
        return failure is { } code ? new DecisionVerdict(code, decider) : State(hold!, attempt.Text.Verb, decider);
    }

    /// <summary>On the web page: the link or login has named the person; steps 6 and 9 to 11 are the same (APPROVE-164).</summary>
    /// <param name="person">Main address of who is logged in, or to whom the link belongs.</param>
    /// <param name="isLocked">A lock on the address or the person; one on the HoldId does not stop an authenticated web page (APPROVE-86).</param>
    public static DecisionVerdict JudgeWeb(Verb verb, Mailbox person, DecidableHold? hold, bool isLocked)
    {
        var failure = hold is null ? ResultCode.UnknownId : Person(person, hold);
        if (isLocked)
            return new DecisionVerdict(ResultCode.Locked, person);
        return failure is { } code ? new DecisionVerdict(code, person) : State(hold!, verb, person);
    }

    private static (ResultCode? Failure, Mailbox? Decider) Prove(DecisionAttempt attempt, DecidableHold? hold, TokenKeyRing keys, DecisionRules rules)
    {
        if (!attempt.Path.MayDecide(rules.AuthDemand, attempt.IsAuthOffered) || attempt.EnvelopeSender is not { } sender)
            return (ResultCode.WrongPath, null);                                                     // step 2
        if (hold is null)
            return (ResultCode.UnknownId, null);                                                     // step 3
        if (!IsToRequester(attempt, hold, rules))
            return (ResultCode.WrongTo, null);                                                       // step 4
        if (!ApproverText.TryDecode(attempt.Text.Approvers, out var list) || !hold.IssuedLists.Contains(ApproverText.Key(list)))
            return (ResultCode.BadToken, null);                                                      // step 5
        // Logged in, another address of the same account is as good (APPROVE-151, APPROVE-155); without AUTH it must be the very address.
        var person = attempt.Authenticated is not null ? attempt.SenderAccount ?? sender : sender;
        if (Decider(person, hold) is not { } decider)
            return (ResultCode.NotApprover, null);                                                   // step 6
        if (attempt.Authenticated is { } account && !account.SameAs(person))
            return (ResultCode.NotApprover, null);                                                   // step 7
        if (Signature(attempt, hold, decider, ApproverText.Key(list), keys, rules) is { } failure)
            return (failure, decider);                                                               // step 8
        return (decider.SameAs(hold.Requester) ? ResultCode.SelfApproval : null, decider);           // step 9
    }

    /// <summary>APPROVE-143: the requester's address, and at most a copy to the approver himself.</summary>
    private static bool IsToRequester(DecisionAttempt attempt, DecidableHold hold, DecisionRules rules)
    {
        var address = rules.DecisionAddress(hold.Requester);
        return attempt.Recipients.Any(address.SameAs)
            && attempt.Recipients.All(recipient => recipient.SameAs(address) || recipient.SameAs(attempt.EnvelopeSender!));
    }

    private static ResultCode? Signature(DecisionAttempt attempt, DecidableHold hold, Mailbox decider, string listKey, TokenKeyRing keys, DecisionRules rules)
    {
        var text = attempt.Text;
        if (text.IsLegacy)
        {
            // The list of an old text is all its proof: it must name him, and he must have logged in (APPROVE-138).
            var isEmbedded = listKey.Split(',').Contains(decider.ToString().ToLowerInvariant());
            return rules.AcceptsLegacy && attempt.Authenticated is not null && isEmbedded ? null : ResultCode.LegacyTokenOff;
        }
        var claim = new DecisionClaim(text.Verb, text.Hold, decider, listKey, hold.ContentSha256);
        return keys.Find(text.KeyId) is { } key && claim.IsSignedBy(key, text.Signature!) ? null : ResultCode.BadToken;
    }

    private static ResultCode? Person(Mailbox person, DecidableHold hold)
    {
        if (Decider(person, hold) is null)
            return ResultCode.NotApprover;
        return person.SameAs(hold.Requester) ? ResultCode.SelfApproval : null;
    }

    private static Mailbox? Decider(Mailbox person, DecidableHold hold) => hold.Deciders.FirstOrDefault(person.SameAs);

    private static DecisionVerdict State(DecidableHold hold, Verb verb, Mailbox? decider) => hold.Outcome switch
    {
        null => new DecisionVerdict(null, decider),
        { } outcome => new DecisionVerdict(outcome == verb ? ResultCode.Duplicate : ResultCode.Late, decider),
    };
}
