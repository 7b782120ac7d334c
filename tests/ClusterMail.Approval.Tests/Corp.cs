using System.Text;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tests;

/// <summary>The house of the worked examples (chapter 23): corp.example with user1, user2, bucho, kacho, shonin_a, shonin_b, jomu and kanri.</summary>
internal static class Corp
{
    public const string User2 = "user2@corp.example";
    public const string Bucho = "bucho@corp.example";
    public const string Kacho = "kacho@corp.example";
    public const string Customer = "okyaku@client.example";

    public static DateTimeOffset Now { get; } = new(2026, 11, 24, 10, 15, 2, TimeSpan.FromHours(9));

    public static ApprovalOptions On { get; } = ApprovalOptions.Default with { Enabled = true };

    private static readonly string[] Names = ["user1", "user2", "bucho", "kacho", "shonin_a", "shonin_b", "jomu", "kanri"];

    public static Mailbox To(string address) => Mailbox.FromStored(address);

    public static Account Account(string address) => Directory().Account(To(address))!;

    /// <summary>With the alias eigyo@ for bucho@, and gaibu@ that leads to a customer; yasumi@ is suspended.</summary>
    public static MailDirectory Directory(params Account[] instead)
    {
        var (accounts, aliases) = (new AccountIndex(), new AliasIndex());
        for (var i = 0; i < Names.Length; i++)
            accounts.Put(new Account { Id = i + 1, Address = To($"{Names[i]}@corp.example") });
        accounts.Put(new Account { Id = 99, Address = To("yasumi@corp.example"), Suspended = true });
        foreach (var account in instead)
            accounts.Put(account);
        aliases.Put(new Alias(To("eigyo@corp.example"), To(Bucho), AliasMode.ByDomain));
        aliases.Put(new Alias(To("gaibu@corp.example"), To(Customer), AliasMode.ByDomain));
        aliases.Put(new Alias(To("second@corp.example"), To(User2), AliasMode.ByDomain));
        return new MailDirectory(OperatedDomains.Parse("corp.example local\nbranch.example relay").Domains, accounts, aliases);
    }

    /// <summary>user2's own table; null: none.</summary>
    public static ApprovalPolicy Policy(string? own, string system = "", string domain = "", ApprovalOptions? options = null, KeywordShelf? keywords = null)
    {
        var accounts = own is null ? [] : new Dictionary<long, PolicyLevel> { [2] = Level(LevelKind.Account, User2, own) };
        var domains = domain.Length == 0 ? [] : new Dictionary<string, PolicyLevel> { ["corp.example"] = Level(LevelKind.Domain, "corp.example", domain) };
        return new ApprovalPolicy(options ?? On, new PolicyBook(Level(LevelKind.System, "", system), domains, accounts, keywords ?? KeywordShelf.Empty));
    }

    public static PolicyLevel Level(LevelKind kind, string owner, string text, long version = 3) => new(kind, owner, version, ApprovalTable.Parse(text).Table);

    public static OutgoingMail Mail(string from = User2, bool ours = true) => new(new ReversePath(To(from)), [Requester.Of(Account(from))], ours);

    public static ContentEvidence Evidence(InspectedContent? content = null, int outside = 1) => new(content ?? Plain, outside);

    /// <summary>A mail of text alone.</summary>
    public static InspectedContent Plain { get; } = new() { Length = 1000, Subject = "test" };

    public static InspectedContent WithAttachment(string name) => Plain with { Attachments = [new AttachedPart(name, "application/octet-stream", 10)] };

    public static Judgement Judge(this ApprovalPolicy policy, string recipient, InspectedContent? content = null) =>
        policy.AtEndOfData(Mail(), new OutgoingRecipient(To(recipient)), Evidence(content));

    /// <summary><c>send</c>, <c>refuse</c>, <c>open</c>, <c>trouble</c>, or <c>hold</c> with the approvers of its lines.</summary>
    public static string Said(Judgement judgement) => judgement switch
    {
        Judgement.Hold hold => $"hold {string.Join(" > ", hold.Catches.Select(one => one.Line.Approvers))}",
        _ => judgement.GetType().Name.ToLowerInvariant(),
    };

    public static async Task<InspectedContent> InspectAsync(string mail, AttachmentTest test = AttachmentTest.Mime, bool bodies = true) =>
        await InspectAsync(Encoding.Latin1.GetBytes(mail.ReplaceLineEndings("\r\n")), test, bodies);

    public static async Task<InspectedContent> InspectAsync(byte[] mail, AttachmentTest test = AttachmentTest.Mime, bool bodies = true) =>
        await ContentInspector.InspectAsync(new MemoryStream(mail), mail.Length, test, bodies, TestContext.Current.CancellationToken);

    public static ApproverResolver Resolver(ApprovalOptions? options = null, ApproverRegister? register = null, params Account[] instead) =>
        new(Directory(instead), register ?? ApproverRegister.Empty, options ?? On, Now);

    public static ApproverRegister Proxies(params (string Principal, string Proxy)[] proxies) =>
        new([], [], proxies.Select(pair => new ProxyAssignment(To(pair.Principal), To(pair.Proxy))));

    public static KeywordShelf Keywords(string list, string owner = User2) => new([(LevelKind.Account, owner, "keyword.txt", KeywordList.Parse(list).List)]);
}
