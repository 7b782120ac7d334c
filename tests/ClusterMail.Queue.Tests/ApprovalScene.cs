using System.Net;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Schedule;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;

namespace ClusterMail.Queue.Tests;

/// <summary>One node on a real database with the people of the worked examples (chapter 23, section 6): mail goes in as a session hands it over.</summary>
internal sealed class ApprovalScene : IAsyncDisposable
{
    /// <summary>The 77 octets of APPROVE-135.</summary>
    public const string Content = "From: user2@corp.example\r\nTo: okyaku@client.example\r\nSubject: test\r\n\r\nhello\r\n";

    /// <summary>EX-APPR-1.</summary>
    public const string ThreeApprovers = "*@corp.example:0\n*:1::bucho@corp.example,shonin_b@corp.example,shonin_a@corp.example";
    private static readonly string[] People = ["user1", "user2", "kacho", "bucho", "bucho2", "shonin_a", "shonin_b", "jomu", "kanri"];

    private bool _forgotten;

    public required QueueScene Queue { get; init; }
    public NumberBlocks Numbers => Queue.Numbers;
    public HoldStore Holds => new(Queue.Database.Source);
    public HoldReader Reader => new(Queue.Database.Source);
    public HoldJobs Jobs => new(Queue.Database.Source);
    public AuditStore Audit => new(Queue.Database.Source);
    public HoldDesk Desk { get; private set; } = null!;
    public HoldWorker Worker { get; private set; } = null!;
    private MailPolicy Policy { get; set; } = null!;
    private MailAcceptor Acceptor { get; set; } = null!;
    private AcceptJournal Journal { get; set; } = null!;

    public static async Task<ApprovalScene> StartAsync(string policy = ThreeApprovers, params (string Name, string Value)[] settings)
    {
        var queue = await QueueScene.StartAsync([
            ("approval.enabled", "true"), ("domain.table", "corp.example local"), ("net.host_name", "corp.example"), ("auth.methods", "PLAIN"),
            ("receive.pipelining", "true"), ("approval.notice_language", "ja"), .. settings]);
        var scene = new ApprovalScene { Queue = queue };
        foreach (var person in People)
            await queue.AddAccountAsync($"{person}@corp.example");
        // The key of APPROVE-135.
        await queue.Database.ExecuteAsync("INSERT INTO approval_key (id, number, key) VALUES ('k1', 1, $1)", Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        // The clock ran when the template was made, which may be a while ago.
        await queue.Database.ExecuteAsync("UPDATE approval_clock SET ran_at = now()");
        await scene.SetPolicyAsync("user2", policy);
        await scene.ReloadAsync();
        scene.Assemble();
        return scene;
    }

    /// <summary>Stands for the directory outside that is asked for superiors. Default: it names nobody.</summary>
    public OutsideSuperior Superiors { get; set; } = (_, _) => Task.FromResult<Mailbox?>(null);

    private HeldSpace Space => new(Reader.KeptAsync, () => Queue.Settings.Current.Settings.Integer("approval.hold_limit"), TimeProvider.System);

    private void Assemble()
    {
        var lists = () => _forgotten ? ApprovalLists.Empty : Queue.Approval.Current;
        Desk = MakeDesk("n1");
        var door = new ApprovalDoor(
            new HoldPlanner(Numbers, null, "n1", Space, new Partners(new PartnerReader(Queue.Database.Source), TimeProvider.System), TimeProvider.System, (requester, cancel) => Superiors(requester, cancel)), new DecisionDesk(Desk, Desk, Reader, Holds, Jobs, lists, TimeProvider.System), Commands(), new ReleasedAgain(Reader, Holds, lists, "n1"), () => Worker.Wake(), NullLogger<ApprovalDoor>.Instance);
        Policy = new MailPolicy(Queue.Settings, approval: lists);
        Journal = new AcceptJournal(Queue.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);
        Acceptor = new MailAcceptor(Journal, Numbers, Queue.Lease, Queue.Window, new BlockedDestinations(), (from, to) => Queue.Settings.Current.Router.Decide(from, to), _ => { }, () => Queue.Settings.Current.Copies, door);
        Worker = MakeWorker("n1");
    }

    /// <summary>As a node that has not read groups, proxies and keys yet.</summary>
    public void ForgetLists() => _forgotten = true;

    /// <summary>The desk of another node: its own memory, the same database.</summary>
    public HoldDesk MakeDesk(string node) =>
        new(Holds, Reader, Numbers, node, new HoldRules(() => Queue.Approval.Current, () => true, TimeProvider.System), () => { }, NullLogger<HoldDesk>.Instance);

    /// <summary>What looks for approvers who are gone, as the singleton has it.</summary>
    public MissingApprovers Missing(string node) => new(new ApproverStore(Queue.Database.Source), Reader, MakeDesk(node), () =>
        new ClusterMail.Approval.Holds.ApproverResolver(Queue.Settings.Current.Policy.Directory, Queue.Approval.Current.Register, Queue.Settings.Current.Policy.Approval.Options, DateTimeOffset.UtcNow));

    public HoldWorker MakeWorker(string node) => new(new HoldWorkerParts
    {
        Node = node,
        Jobs = Jobs,
        Reader = Reader,
        Holds = Holds,
        Audit = Audit,
        Events = new EventStore(Queue.Database.Source),
        Lease = Queue.Lease,
        Release = new ReleaseWork(Reader, Numbers, () => Queue.Approval.Current, () => Queue.Settings.Current),
        Notice = Notices().MakeAsync,
        Queued = () => { },
    }, NullLogger<HoldWorker>.Instance);

    /// <summary>Lines of the approval log, as whoever formats them gives them.</summary>
    public List<(DateTimeOffset At, string Line)> History { get; } = [];

    private NoticeWork Notices()
    {
        var lists = () => Queue.Approval.Current;
        var view = () => Queue.Settings.Current;
        var (cases, pages) = (new HeldCases(Reader, view), new PageLinks(new LinkStore(Queue.Database.Source), view));
        var waiting = new WaitingLists(Reader, Holds, cases, pages, lists, view, TimeProvider.System);
        return new NoticeWork(Reader, cases, waiting, new CommandAnswers(Reader, waiting, pages, (_, _, _) => History.ToAsyncEnumerable(), lists, view, TimeProvider.System), pages, Numbers, lists, view, TimeProvider.System);
    }

    private CommandDesk Commands() => new(new CommandParts
    {
        Node = "n1",
        Acts = Desk,
        Holds = Holds,
        Jobs = Jobs,
        Proxies = new ProxyDesk(new ApprovalStore(Queue.Database.Source), () => Queue.Approval.Current, TimeProvider.System),
        Done = () => Worker.Wake(),
        Time = TimeProvider.System,
    });

    /// <summary>A command: a mail to oneself.</summary>
    public Task<Reply> CommandAsync(string person, string subject, string? to = null, string? auth = null, string client = "192.0.2.80") =>
        SendAsync(person, [to ?? person], $"From: {person}\r\nTo: {to ?? person}\r\nSubject: {subject}\r\n\r\n", auth, client);

    /// <summary>The answer to the newest command of its kind, once the outbox is done.</summary>
    public async Task<MimeMessage> AnswerAsync(string kind, string to)
    {
        await WorkAsync();
        var number = await Queue.Database.ScalarAsync<long>("SELECT mail_id FROM hold_job WHERE starts_with(kind, $1) AND addressee = $2 AND mail_id IS NOT NULL ORDER BY id DESC LIMIT 1", kind, to);
        return await MimeMessage.LoadAsync(new MemoryStream(await Queue.Database.ScalarAsync<byte[]>("SELECT content FROM mail WHERE id = $1", number)));
    }

    /// <summary>The audit's records about no held mail, in their order.</summary>
    public async Task<IReadOnlyList<string>> RecordsAsync()
    {
        // While another chains, a call of ours does nothing.
        await Testing.Processes.Until.TrueAsync(async () =>
        {
            await Audit.ChainAsync(default);
            return (await Audit.WaitingAsync(default)).Entries == 0;
        }, QueueScene.Patience, "every record in the chain");
        var found = new List<string>();
        await foreach (var row in Audit.AllAsync(0, default))
            found.Add(row.Record);
        return found;
    }

    public async Task SetPolicyAsync(string account, string policy)
    {
        await Queue.Database.ExecuteAsync("UPDATE account SET destinations = $2, changed = next_directory_version() WHERE name = $1", account, policy);
        await Queue.Directory.FollowAsync(await Queue.Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
    }

    public async Task SetSuperiorAsync(string account, string superior)
    {
        await Queue.Database.ExecuteAsync("UPDATE account SET superior = $2, changed = next_directory_version() WHERE name = $1", account, superior);
        await Queue.Directory.FollowAsync(await Queue.Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
    }

    public async Task SuspendAsync(string account)
    {
        await Queue.Database.ExecuteAsync("UPDATE account SET suspended = true, changed = next_directory_version() WHERE name = $1", account);
        await Queue.Directory.FollowAsync(await Queue.Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
    }

    public async Task ReloadAsync()
    {
        await Queue.Database.ExecuteAsync("SELECT next_approval_version()");
        await Queue.Approval.FollowAsync(await Queue.Database.ScalarAsync<long>("SELECT version FROM approval_version"), default);
    }

    /// <summary>A whole transaction of somebody who has logged in; the reply to its last step.</summary>
    public Task<Reply> SendAsync(string from, string to, string? content = null) => SendAsync(from, [to], content ?? Content);

    /// <param name="auth">Null: as <paramref name="from"/>; empty: without AUTH.</param>
    /// <param name="client">Address of the client.</param>
    public async Task<Reply> SendAsync(string from, string[] to, string content, string? auth = null, string client = "192.0.2.75", bool stopAtRefusal = false)
    {
        var transaction = (MailTransaction)Policy.BeginTransaction();
        var connection = new ClientConnection
        {
            Remote = new IPEndPoint(IPAddress.Parse(client), 1025),
            Local = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 587),
            Purpose = ListenerPurpose.Relay,
            SessionId = "s",
            Helo = $"[{client}]",
            AuthenticatedAs = auth is "" ? null : auth ?? from,
        };
        var envelope = new Envelope(new ReversePath(from.Length == 0 ? null : Mailbox.FromStored(from)));
        if ((await transaction.MailAsync(connection, envelope, blank: false, default)).Refusal is { } refused)
            return refused;
        foreach (var recipient in to)
        {
            var path = new ForwardPath(Mailbox.FromStored(recipient)) { Notify = Notify.Failure, OriginalRecipient = "rfc822;" + recipient };
            if ((await transaction.RecipientAsync(connection, envelope, path, default)).Refusal is not { } no)
                envelope = envelope.With(path);
            else if (stopAtRefusal || to.Length == 1)
                return no;
        }
        if (transaction.Data(connection, envelope).Refusal is { } data)
            return data;
        var octets = Encoding.UTF8.GetBytes(content);
        return await Acceptor.AcceptAsync(
            new ReceivedMail(Queue.Number(), transaction.Merge(envelope), new MemoryContent(octets), default, connection) { Transaction = transaction, Given = envelope }, default);
    }

    /// <summary>Sends a mail of user2 that is held; its group.</summary>
    public async Task<HoldRow> HoldAsync(string to = "okyaku@client.example", string? content = null)
    {
        Assert.Equal(250, (await SendAsync("user2@corp.example", to, content)).Code);
        return (await NewestAsync())!;
    }

    public async Task<HoldRow?> NewestAsync() => await Reader.FindAsync(await Queue.Database.ScalarAsync<long>("SELECT coalesce(max(id), 0) FROM hold WHERE NOT free"), default);

    public async Task<HoldRow> AgainAsync(HoldRow row) => (await Reader.FindAsync(row.Id, default))!;

    /// <summary>Sends the mail a decision link prepares, as that approver's client would.</summary>
    public Task<Reply> DecideAsync(string approver, string subject, string to = "user2@corp.example", string? auth = null, string body = "", string client = "192.0.2.80") =>
        SendAsync(approver, [to], $"From: {approver}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}\r\n", auth, client);

    /// <summary>The decision text an approver was sent, out of his request.</summary>
    public async Task<string> TextAsync(HoldRow hold, string approver, string verb)
    {
        await WorkAsync();
        var request = Assert.Single(await MailsAsync($"{new MessageId(hold.Id)}-A0001", approver));
        var line = request.TextBody!.Split('\n').Select(l => l.Trim()).First(l => l.StartsWith($"{verb}_{new MessageId(hold.Id)}@", StringComparison.Ordinal));
        return line;
    }

    /// <summary>Has the outbox done once, as the worker would.</summary>
    public async Task WorkAsync()
    {
        Worker.Start();
        await Testing.Processes.Until.TrueAsync(async () => await Queue.CountAsync("hold_job WHERE done_at IS NULL AND due_at <= now() + interval '40 seconds'") == 0, QueueScene.Patience, "the outbox is done");
    }

    /// <summary>Mails of a printed name in the queue, to this recipient.</summary>
    public async Task<IReadOnlyList<MimeMessage>> MailsAsync(string name, string recipient)
    {
        var found = new List<MimeMessage>();
        await using var command = Queue.Database.Source.CreateCommand("SELECT m.content FROM mail m JOIN recipient r ON r.mail_id = m.id WHERE m.name = $1 AND r.forward_path = $2 ORDER BY m.id");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = name });
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = recipient });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            found.Add(await MimeMessage.LoadAsync(new MemoryStream(reader.GetFieldValue<byte[]>(0))));
        return found;
    }

    /// <summary>MAIL FROM and RCPT TO of all mails of a printed name, in their order.</summary>
    public async Task<IReadOnlyList<string>> EnvelopesAsync(string name)
    {
        var found = new List<string>();
        await using var command = Queue.Database.Source.CreateCommand("SELECT m.reverse_path || ' -> ' || r.forward_path FROM mail m JOIN recipient r ON r.mail_id = m.id WHERE m.name = $1 ORDER BY 1");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = name });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            found.Add(reader.GetString(0));
        return found;
    }

    /// <summary>Result codes and types of the audit of a group, in their order.</summary>
    public async Task<IReadOnlyList<string>> AuditedAsync(HoldRow hold) => [.. (await Audit.OfAsync([hold.Id], default)).Select(row =>
    {
        using var json = System.Text.Json.JsonDocument.Parse(row.Record);
        var root = json.RootElement;
        return root.TryGetProperty("result", out var result) ? $"{root.GetProperty("type").GetString()} {result.GetString()}" : root.GetProperty("type").GetString()!;
    })];

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Journal.DisposeAsync();
        await Queue.DisposeAsync();
    }
}
