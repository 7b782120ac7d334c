using System.Collections.Immutable;
using ClusterMail.Accounts;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// What would have become of past mails under a draft (APPROVE-520): the draft in the place of the policy it is to replace, all other levels as they are now, the envelope alone.
/// What hangs on a content is counted as that, because contents are not kept. Counts, and nothing of any mail.
/// </summary>
public sealed class PolicyWhatIf
{
    /// <summary>Approvers counted by name; those beyond are one number.</summary>
    private const int MostApprovers = 10_000;

    private readonly ApprovalPolicy _policy;
    private readonly MailDirectory _directory;
    private readonly ApproverResolver _resolver;
    private readonly Dictionary<string, long> _approvers = new(StringComparer.OrdinalIgnoreCase);

    public PolicyWhatIf(PolicyLevel draft, NodeView view, ApprovalLists lists, DateTimeOffset now)
    {
        _directory = view.Policy.Directory;
        var options = view.Policy.Approval.Options with { Enabled = true };
        _policy = new ApprovalPolicy(options, lists.With(draft, view.Policy.Approval.Book.System, _directory));
        _resolver = new ApproverResolver(_directory, lists.Register, options, now);
    }

    /// <summary>Of senders who have an account here; each mail is in one of the next four.</summary>
    public long Mails { get; private set; }
    public long Sent { get; private set; }
    public long Held { get; private set; }
    public long Refused { get; private set; }
    public long DependsOnContent { get; private set; }

    /// <summary>By address, how many mails would be asked about.</summary>
    public IReadOnlyDictionary<string, long> Approvers => _approvers;

    public void Add(PastEnvelope envelope)
    {
        var sender = Mailbox.FromStored(envelope.ReversePath);
        var path = new ReversePath(sender);
        var mail = new OutgoingMail(path, Requesters.AtMail(null, path, _directory.Resolve(sender)), IsOurs: true);
        if (mail.Requesters.IsEmpty)
            return;
        Mails++;
        ImmutableArray<Mailbox> barred = [.. mail.Requesters.Select(requester => requester.Address)];
        var (worst, asked) = (0, new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        foreach (var recipient in envelope.Recipients)
            worst = Math.Max(worst, Judge(_policy.AtRcpt(mail, PolicyTrial.Offered(Mailbox.FromStored(recipient), _directory)), barred, asked));
        switch (worst)
        {
            case 0: Sent++; break;
            case 1: DependsOnContent++; break;
            case 2: Held++; break;
            default: Refused++; break;
        }
        foreach (var approver in asked.Where(approver => _approvers.Count < MostApprovers || _approvers.ContainsKey(approver)))
            _approvers[approver] = _approvers.GetValueOrDefault(approver) + 1;
    }

    /// <summary>0 sent, 1 open until the content is there, 2 held, 3 refused.</summary>
    private int Judge(Judgement judgement, ImmutableArray<Mailbox> barred, HashSet<string> asked)
    {
        if (judgement is not Judgement.Hold hold)
            return judgement switch { Judgement.Send => 0, Judgement.Open => 1, _ => 3 };
        switch (_resolver.Resolve(hold.Catches, barred))
        {
            case ResolvedApprovers.Asked { Stages: var stages }:
                asked.UnionWith(stages.SelectMany(stage => stage.Approvers).Select(approver => approver.Address.ToString()));
                return 2;
            case ResolvedApprovers.ReleasedAtOnce:
                return 0;
            default:
                return 3;
        }
    }
}
