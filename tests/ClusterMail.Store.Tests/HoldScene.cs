using System.Security.Cryptography;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Store.Tests;

/// <summary>A database with one node in force and mails held in it.</summary>
internal sealed class HoldScene : IAsyncDisposable
{
    public static readonly byte[] Content = "From: user2@corp.example\r\nTo: okyaku@client.example\r\nSubject: test\r\n\r\nhello\r\n"u8.ToArray();

    public required Scene Scene { get; init; }
    public ContentSeal? Seal { get; init; }
    public HoldStore Holds => new(Scene.Database.Source);
    public HoldReader Reader => new(Scene.Database.Source);
    public HoldJobs Jobs => new(Scene.Database.Source);
    public AuditStore Audit => new(Scene.Database.Source);
    public ApprovalStore Approval => new(Scene.Database.Source);

    public static async Task<HoldScene> StartAsync(ContentSeal? seal = null) => new() { Scene = await Scene.StartAsync(), Seal = seal };

    public Task<long> NumberAsync() => Scene.Queue.AllotNumbersAsync(1, default);

    /// <summary>A submission of user2 to okyaku, held for three approvers of whom one is enough.</summary>
    public async Task<NewMail> MailAsync(byte[]? content = null, Func<NewHeldMail, NewHeldMail>? change = null)
    {
        var number = await NumberAsync();
        var octets = content ?? Content;
        var held = new NewHeldMail
        {
            Sender = "user2@corp.example",
            Sha256 = SHA256.HashData(octets),
            Subject = "test",
            MessageId = "<1@corp.example>",
            Recipients = ["okyaku@client.example"],
            Seal = Seal,
            Holds = [Hold(number, 0, "okyaku@client.example")],
            Audit = [new AuditLine(number, $"{{\"type\":\"HELD\",\"hold\":\"{new MessageId(number)}\"}}")],
        };
        return Scene.Mail(number, owned: false) with { ReversePath = "user2@corp.example", Content = new MemoryContent(octets), Recipients = [], Held = change?.Invoke(held) ?? held };
    }

    public static NewHold Hold(long number, short ordinal, string recipient, params string[] approvers) => new()
    {
        Id = number,
        Requester = "user2@corp.example",
        Barred = ["user2@corp.example"],
        Recipients = [new HeldRecipient(ordinal, recipient, Notify.Failure, "rfc822;" + recipient, Bcc: false)],
        Approvers = [.. (approvers.Length > 0 ? approvers : ["bucho@corp.example", "shonin_b@corp.example", "shonin_a@corp.example"]).Select((a, i) => new HoldApprover(0, (short)i, a))],
        Places = ["account user2@corp.example v1 line 2"],
        Reasons = ["Destination"],
        RemindAfter = TimeSpan.FromHours(24),
        RemindEvery = TimeSpan.FromHours(24),
        ExpireAfter = TimeSpan.FromDays(7),
        Jobs = [new NewJob("hold-notice", "user2@corp.example")],
    };

    public async Task<HoldRow> HeldAsync(byte[]? content = null, Func<NewHeldMail, NewHeldMail>? change = null)
    {
        var mail = await MailAsync(content, change);
        await Scene.Queue.AcceptAsync(Scene.Epoch, [mail], default);
        return (await Reader.FindAsync(mail.Held!.Holds[0].Id, default))!;
    }

    /// <summary>A final decision on the group as it was read.</summary>
    public async Task<HoldChange> DecideAsync(HoldRow hold, HoldState to, string by) => new()
    {
        Hold = hold.Id,
        Version = hold.Version,
        To = to,
        Stage = hold.Stage,
        Vote = new HoldVote(hold.Stage, by, by, to == HoldState.Approved, default, "mail", ""),
        Decision = new HoldDecision { State = to, ResultId = await NumberAsync(), By = by, Channel = "mail", ClientAddress = "192.0.2.80", Auth = by, Node = "node1" },
        Jobs = [new NewJob(to == HoldState.Approved ? "approval-notice" : "rejection-notice", hold.Requester)],
        Audit = [new AuditLine(hold.Id, $"{{\"type\":\"{to.ToString().ToUpperInvariant()}\",\"hold\":\"{new MessageId(hold.Id)}\",\"approver\":\"{by}\"}}")],
    };

    /// <summary>The mail a release job puts into the queue, as a node makes it.</summary>
    public NewMail Released(HoldRow hold) => new()
    {
        Id = new MessageId(hold.Decision!.ResultId),
        Name = new MessageId(hold.Id).ToString(),
        ReversePath = hold.Mail.ReversePath,
        Content = new HeldContent(Scene.Database.Source, hold.Mail, Seal),
        Recipients = [.. hold.Recipients.Select(r => new NewRecipient(r.Ordinal, r.ForwardPath, "client.example", Owned: false) { Notify = r.Notify, OriginalRecipient = r.OriginalRecipient })],
    };

    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
