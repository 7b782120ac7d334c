using ClusterMail.Accounts;
using ClusterMail.Migration.Mail;
using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Registry;
using ClusterMail.Migration.Source;
using ClusterMail.Migration.Tables;
using ClusterMail.Migration.Users;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;

namespace ClusterMail.Migration;

/// <summary>
/// Reads a tree of the original, and says what it would change and what becomes of each of its lines (ADMIN-52). Nothing is dropped silently: a file is of a kind known here, and
/// each of its lines has a finding; or it has one as a whole.
/// </summary>
public sealed class EpostPlanner
{
    private readonly EpostOptions _options;
    private readonly FindingLog _log = new();
    private readonly SettingsDraft _draft;
    private readonly RegistryReader _registry;
    private readonly DomainPlan _domains;
    private readonly List<PlannedAccount> _accounts = [];
    private readonly List<PlannedAlias> _aliases = [];
    private readonly bool _recoverable;

    private EpostPlanner(EpostOptions options)
    {
        _options = options;
        _draft = new SettingsDraft(options.Profile, _log);
        _registry = new RegistryReader(_draft, _log, options.Profile);
        _domains = new DomainPlan(options);
        _recoverable = Effective().Switch("compat.auth.recoverable_store");
    }

    public static EpostPlan Plan(SourceTree tree, EpostOptions options) => new EpostPlanner(options).Plan(tree.Files);

    private EpostPlan Plan(IReadOnlyList<SourceFile> files)
    {
        var rest = Registry(files);
        var accountFiles = AccountFiles(ref rest);
        Domains(accountFiles);
        Accounts(accountFiles);
        var keys = _accounts.Select(account => account.Key).ToHashSet(StringComparer.Ordinal);
        var layout = new MailboxLayout(Folders(), (name, domain) => keys.Contains(AccountIndex.Key(name, domain)), _domains.Names);
        var tables = new TableReader(_log, RelaySwitches.From(Effective()));
        var server = new ServerFiles(_log, _draft, tables);
        var boxes = new MailboxReader(_log, _options, tables, _accounts, _recoverable);
        var queue = new QueueTree(_log, _options.Encoding);
        var common = false;
        var seenAliases = new Dictionary<string, Alias>(StringComparer.Ordinal);
        var unknown = new List<(SourceFile File, MailboxPlace? Place)>();
        foreach (var file in rest)
        {
            var place = layout.Of(file);
            common |= place is { IsCommon: true, Domain: not null };
            if (!(place is not null ? Mailbox(file, place, boxes) : OfServer(file, server, queue, seenAliases)))
                unknown.Add((file, place));
        }
        boxes.AddKeywords(server.Destinations);
        var keywords = new KeywordFiles(_log);
        foreach (var (file, place) in unknown)
            if (boxes.Keywords.Contains(file.Name) && file.Length <= SourceFile.LargestText)
                keywords.Read(TextFile.Read(file, _options.Encoding), place?.Address);
            else
                Unknown(file, boxes.Named, queue);
        var aliases = new AliasFile(_log).Judge(_aliases, mailbox => keys.Contains(AccountIndex.Key(mailbox.LocalPart, mailbox.Domain)));
        Senders(boxes);
        _domains.Draft(_draft, _log, common);
        return Plan(boxes, keywords.Lists, aliases, queue.Pairs());
    }

    private EpostPlan Plan(MailboxReader boxes, IReadOnlyList<PlannedKeywords> keywords, IReadOnlyList<PlannedAlias> aliases, IReadOnlyList<QueuePair> queue) => new()
    {
        Log = _log,
        Settings = _draft.Values,
        SettingFindings = _draft.Findings,
        Domains = _domains.Names,
        Accounts = _accounts,
        Aliases = aliases,
        Tables = boxes.Tables,
        Keywords = keywords,
        Mailboxes = boxes.Messages,
        Queue = queue,
        LastNumber = _registry.LastNumber,
        Differences = ProfileDifference.Of(Overlaid()),
    };

    /// <summary>Settings backups and the <c>reg</c> folder first: what they say decides how the rest is read.</summary>
    private List<SourceFile> Registry(IReadOnlyList<SourceFile> files)
    {
        var rest = new List<SourceFile>();
        foreach (var file in files)
        {
            var inFolder = file.Folders.Contains("reg", StringComparer.OrdinalIgnoreCase) && MailboxLayout.RootOf(file) < 0;
            if (file.Length > SourceFile.LargestText || LaterFiles.Named(file) is not null || !(file.Ends(".reg") || file.Is("msg.id") || inFolder))
                rest.Add(file);
            else if (TextFile.Read(file, _options.Encoding) is var text && file.Ends(".reg") && RegistryFile.IsOne(text))
                _registry.Read(text);
            else if (file.Is("msg.id"))
                _registry.Read(text, "LastMsgId", "");
            else if (inFolder)
                _registry.Read(text, file.Name.EndsWith(".1", StringComparison.Ordinal) || file.Name.EndsWith(".2", StringComparison.Ordinal) ? file.Stem : file.Name, file.Folders[^1]);
            else
                rest.Add(file);
        }
        _registry.Finish();
        return rest;
    }

    private List<TextFile> AccountFiles(ref List<SourceFile> files)
    {
        var (found, rest) = (new List<TextFile>(), new List<SourceFile>());
        foreach (var file in files)
        {
            var may = file.Length is > 0 and <= SourceFile.LargestText && (file.Ends(".idx") || file.Ends(".txt") || file.Ends(".tsv") || file.Ends(".csv"))
                && MailboxLayout.RootOf(file) < 0 && LaterFiles.Named(file) is null && LaterFiles.In(file) is null && !AliasFile.IsOne(file);
            if (may && TextFile.Read(file, _options.Encoding) is var text && AccountsFile.IsOne(text))
                found.Add(text);
            else
                rest.Add(file);
        }
        files = rest;
        return found;
    }

    private void Domains(List<TextFile> accountFiles)
    {
        foreach (var (domain, _) in _options.Domains)
            _domains.Add(domain, -1, _log);
        foreach (var (domain, finding) in _registry.Domains)
            _domains.Add(domain, finding, _log);
        foreach (var file in accountFiles)
            if (AccountsFile.DomainOf(file.File) is { } named)
                _domains.Add(named, Told(file, named), _log);
            else
                foreach (var domain in AccountsFile.DomainsIn(file))
                    _domains.Add(domain, Told(file, domain), _log);
    }

    private int Told(TextFile file, string domain) => _log.Imported(file.Path, 0, domain, "operated domain (運用ドメイン) of these accounts", "DOM-1");

    private void Accounts(List<TextFile> files)
    {
        var (reader, names, seen) = (new AccountsFile(_log, _recoverable), _domains.Names.ToHashSet(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var file in files)
            _accounts.AddRange(reader.Read(file, names, seen));
    }

    private Dictionary<string, string> Folders()
    {
        var folders = _domains.Names.ToDictionary(name => name, name => name, StringComparer.Ordinal);
        foreach (var (domain, folder) in _options.Domains)
            folders[folder.ToLowerInvariant()] = DomainName.Normalize(domain);
        return folders;
    }

    private bool Mailbox(SourceFile file, MailboxPlace place, MailboxReader boxes)
    {
        if (LaterFiles.Named(file) is { } later && !file.Is("ims.ctl"))
        {
            Later(file, later.Reason, later.Rule, lineByLine: true);
            return true;
        }
        return boxes.Read(file, place);
    }

    private bool OfServer(SourceFile file, ServerFiles server, QueueTree queue, Dictionary<string, Alias> seenAliases)
    {
        if (LaterFiles.Named(file) is { } named)
            Later(file, named.Reason, named.Rule, lineByLine: true);
        else if (LaterFiles.In(file) is { } folder)
            Later(file, folder.Reason, folder.Rule, folder.LineByLine);
        else if (QueueTree.IsWorkFile(file))
            _log.Ignored(file.Path, 0, "", "work file of a delivery that was running; the pair itself is taken", "QUEUE-2");
        else if (file.Ends(".msg"))
            queue.AddMessage(file);
        else if (file.Length > SourceFile.LargestText)
            return false;
        else if (QueueTree.IsEnvelope(file))
            queue.AddEnvelope(file);
        else if (ServerFiles.IsOne(file))
            server.Read(TextFile.Read(file, _options.Encoding));
        else if (AliasFile.IsOne(file))
            _aliases.AddRange(new AliasFile(_log).Read(TextFile.Read(file, _options.Encoding), seenAliases));
        else if (file.Ends(".idx"))
            _log.Fault(file.Path, 0, 0, "", "is the account database itself: export its accounts (アカウントのエクスポート) and put the text here", "IMP-1");
        else
            return false;
        return true;
    }

    private void Unknown(SourceFile file, ISet<string> named, QueueTree queue)
    {
        if (named.Contains(file.Name))
            Later(file, "named by a control file; comes with automatic forward: keep the file", "FWD-1", lineByLine: true);
        else if (file.Length > SourceFile.LargestText)
            _log.Fault(file.Path, 0, 0, "", $"unrecognised, and larger than {SourceFile.LargestText} octets: nothing of it was taken", "CONF-60");
        else if (file.Folders.Contains("domains", StringComparer.OrdinalIgnoreCase) && queue.TryAddRecord(TextFile.Read(file, _options.Encoding)))
            return;
        else
            _log.Ignored(file.Path, 0, "", "unrecognised: nothing of it was taken", "CONF-60");
    }

    private void Later(SourceFile file, string reason, string rule, bool lineByLine)
    {
        if (lineByLine && file.Length is > 0 and <= SourceFile.LargestText)
            LaterFiles.Report(_log, TextFile.Read(file, _options.Encoding), reason, rule);
        else
            _log.Ignored(file.Path, 0, "", reason, rule);
    }

    private void Senders(MailboxReader boxes)
    {
        if (boxes.RequiredSenders.Count == 0)
            return;
        var senders = Effective().List("auth.required_senders").Union(boxes.RequiredSenders.Select(sender => sender.Sender), StringComparer.OrdinalIgnoreCase);
        _draft.Put("auth.required_senders", string.Join('\n', senders), boxes.RequiredSenders.Select(sender => sender.Finding));
    }

    private Dictionary<string, string> Overlaid()
    {
        var values = new Dictionary<string, string>(_options.Current, StringComparer.Ordinal);
        foreach (var (name, value) in _draft.Values)
            values[name] = value;
        return values;
    }

    /// <summary>The settings as they would be by what is drafted so far.</summary>
    private SettingSet Effective() => new(0, Overlaid());
}
