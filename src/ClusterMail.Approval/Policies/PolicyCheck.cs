using System.Globalization;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Policies;

/// <summary>What a policy is checked against before it is saved or imported (APPROVE-25).</summary>
/// <param name="Level">Where the text shall stand; its table is not looked at.</param>
/// <param name="Above">Levels less specific than it, the nearest first.</param>
/// <param name="Sender">The account of an account's level; null: many send by it.</param>
public sealed record PolicyContext(
    PolicyLevel Level, IReadOnlyList<PolicyLevel> Above, Mailbox? Sender, MailDirectory Directory, ApproverRegister Register, KeywordShelf Keywords, ApprovalOptions Options, DateTimeOffset Now);

/// <summary>
/// The import check (APPROVE-25): what the grammar says, and then whether approvers, groups and lists exist and lines can be reached. A policy with errors may be
/// kept as a draft only; warnings do not stand in the way.
/// </summary>
public sealed class PolicyCheck
{
    private static readonly TimeSpan LongProxy = TimeSpan.FromDays(30);
    private readonly PolicyContext _context;
    private readonly ApprovalTable _table;
    private readonly List<SettingError> _errors;
    private readonly string _name;

    private PolicyCheck(PolicyContext context, ApprovalTable table, IEnumerable<SettingError> errors, string name) =>
        (_context, _table, _errors, _name) = (context, table, [.. errors], name);

    /// <param name="name">How errors call the text.</param>
    public static (ApprovalTable Table, IReadOnlyList<SettingError> Errors) Of(string text, PolicyContext context, string name = "sender.dat")
    {
        var (table, errors) = ApprovalTable.Parse(text, name);
        // Said below in more words, for all tables without a line for *.
        var check = new PolicyCheck(context, table, errors.Where(error => error is not { IsWarning: true, Rule: "DEST-5" }), name);
        check.Run();
        return (table, [.. check._errors.OrderBy(error => error.Line == 0 ? int.MaxValue : error.Line)]);
    }

    private void Run()
    {
        foreach (var line in _table.Rules)
        {
            Approvers(line);
            Keywords(line);
            Reachable(line);
            Exception(line);
            Silence(line);
        }
        if (!_table.Rules.IsEmpty && !_table.Rules.Any(line => line.Pattern.IsCatchAll))
            Warn(0, "APPROVE-30", $"no line for *: {Otherwise()}");
    }

    private void Approvers(ApprovalLine line)
    {
        foreach (var stage in line.Approvers.Stages)
        {
            foreach (var approver in stage.Approvers)
                Approver(line, approver);
            if (_context.Sender is { } sender && stage.Approvers is [ApproverList.Named only] && AccountOf(only.Address) is { } account && account.SameAs(sender))
                Fail(line, $"{only} is the only approver of a stage, and the sender himself: nobody approves his own mail (APPROVE-49)", only.ToString());
        }
        if (line.Options.Bcc is { } copy && !ApproverResolver.IsInside(_context.Directory, copy))
            Fail(line, "APPROVE-514", $"bcc={copy}: only an address inside gets a copy, and this is none of ours", copy.ToString());
        if (line.Options.Timing.EscalateTo is { } target && AccountOf(target) is null)
            Fail(line, $"to={target}: no such account", target.ToString());
    }

    private void Approver(ApprovalLine line, ApproverList.Approver approver)
    {
        switch (approver)
        {
            case ApproverList.Named named when AccountOf(named.Address) is not { } account:
                Fail(line, _context.Directory.Resolve(named.Address).Class == AddressClass.Outside
                    ? $"{named} lies outside our domains; approval.allow_external_approver allows that" : $"{named} is no account, or suspended", named.ToString());
                break;
            case ApproverList.Named named when AccountOf(named.Address) is { } account && _context.Register.ProxyOf(account, _context.Now) is { } proxy && (proxy.Until is not { } end || end - _context.Now > LongProxy):
                Warn(line.Number, "APPROVE-25", string.Create(CultureInfo.InvariantCulture,
                    $"{named} has the proxy {proxy.Proxy} {(proxy.Until is { } until ? $"until {until:yyyy-MM-dd}" : "until it is cleared")}, for more than 30 days"));
                break;
            case ApproverList.Group group when _context.Register.Group(group.Name) is var members && members.IsDefaultOrEmpty:
                Fail(line, $"there is no group {group}, or nobody is in it", group.ToString());
                break;
            case ApproverList.Group group when _context.Register.Group(group.Name).Length > ApproverList.MaxApprovers:
                Fail(line, $"group {group} has more than {ApproverList.MaxApprovers} members (APPROVE-48)", group.ToString());
                break;
            // What a directory outside says is known only when it is asked.
            case ApproverList.Superior when _context.Sender is { } sender && !_context.Directory.Domains.ByLdap(sender.Domain)
                && _context.Register.SuperiorOf(sender) is null && Superiors.Of(sender, _context.Directory) is null:
                Fail(line, $"no superior is named for {sender} (clustermail account set {sender} --manager ADDRESS)", "@manager");
                break;
        }
    }

    private void Keywords(ApprovalLine line)
    {
        foreach (var name in line.Condition.Terms.Select(term => term switch { Condition.KeywordFile file => file.Name, Condition.KeywordList list => list.Name, _ => null }).OfType<string>())
            if (_context.Keywords.Find(_context.Level, name) is not { IsEmpty: false })
                Fail(line, $"keyword list {name} is missing or empty; while it is, the line catches every mail (APPROVE-40)", name);
    }

    /// <summary>A line below one that always decides about the same destinations, and more.</summary>
    private void Reachable(ApprovalLine line)
    {
        if (_table.Rules.FirstOrDefault(earlier => earlier.Number < line.Number && !earlier.LooksAtContent && line.Pattern.IsCoveredBy(earlier.Pattern)) is { } first)
            Warn(line.Number, "APPROVE-25", $"can never be reached: line {first.Number}, {first.Pattern}, decides before");
    }

    private void Exception(ApprovalLine line)
    {
        if (line.Mode is not (ApprovalMode.Send or ApprovalMode.Delay) || _context.Level.Kind == LevelKind.System)
            return;
        foreach (var level in _context.Above)
            if (level.Table.Rules.FirstOrDefault(other => line.Pattern.IsCoveredBy(other.Pattern) || other.Pattern.IsCoveredBy(line.Pattern)) is { Mode: ApprovalMode.Always or ApprovalMode.Attachments } approval)
                Warn(line.Number, line.Mode == ApprovalMode.Delay ? "APPROVE-512" : "APPROVE-25", line.Mode == ApprovalMode.Delay
                    ? $"the delay is dropped where line {approval.Number} of {level} asks for approval: approval comes first"
                    : $"an exception: {line.Pattern} needs no approval here, though line {approval.Number} of {level} asks for it");
    }

    private void Silence(ApprovalLine line)
    {
        if (line.Options.Timing.OnExpire == ExpiryAction.Release && !_context.Options.ReleasesOnExpiry)
            Warn(line.Number, "APPROVE-60", "onexpire=release means reject until two administrators have set approval.release_on_expiry, one to asked and another to yes");
    }

    /// <summary>APPROVE-30, said in words.</summary>
    private string Otherwise() => _context.Options.NoMatch switch
    {
        NoMatch.Refuse => "all other destinations are refused",
        NoMatch.Send => "mail to all other destinations is sent at once",
        _ when _table.Sends || _table.Refuses => "all other destinations are refused; add *:0 for the rest, or *:1::approver",
        _ => "mail to all other destinations is sent at once, unless another level says something; *:0 at the end makes it explicit",
    };

    private Mailbox? AccountOf(Mailbox address) => _context.Directory.Resolve(address) switch
    {
        { Account: { } account } => account.Suspended ? null : account.Address,
        { Class: AddressClass.LocalExisting } found => found.Real,
        { Class: AddressClass.Outside } when _context.Options.AllowExternalApprover => address,
        _ => null,
    };

    private void Fail(ApprovalLine line, string message, string word) => Fail(line, "APPROVE-25", message, word);

    private void Fail(ApprovalLine line, string rule, string message, string word) =>
        _errors.Add(new SettingError(_name, line.Number, _table.Text[line.Number - 1].IndexOf(word, StringComparison.OrdinalIgnoreCase) + 1, rule, message));

    private void Warn(int line, string rule, string message) => _errors.Add(new SettingError(_name, line, 0, rule, message) { IsWarning = true });
}
