using System.Net;
using MimeKit;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// The mail server a company has already: a real Postfix with maildirs for one domain, which relays to the outside for the farm's machine and for nobody else.
/// </summary>
public sealed class ExistingServer : IAsyncDisposable
{
    /// <summary>Whom it lets relay beside 127.0.0.1: a client that could go past approval.</summary>
    public const string Careless = "127.0.0.2";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly IReadOnlyList<string> _settings;
    private readonly string _mailboxes;
    private readonly IPEndPoint _outside;
    private Postfix _postfix;

    private ExistingServer(Postfix postfix, IPEndPoint outside, string mailboxes, IReadOnlyList<string> settings) =>
        (_postfix, _outside, _mailboxes, _settings, EndPoint) = (postfix, outside, mailboxes, settings, postfix.EndPoint);

    public IPEndPoint EndPoint { get; }

    public string Log => _postfix.Log();

    /// <param name="outside">Where mail for other domains goes.</param>
    /// <param name="names">Local parts; other addresses of the domain do not exist.</param>
    public static async Task<ExistingServer> StartAsync(string domain, IPEndPoint outside, params IReadOnlyList<string> names)
    {
        var mailboxes = Directory.CreateTempSubdirectory("clustermail-maildirs-").FullName;
        Unix.LetThrough(mailboxes);
        await Tool.MustAsync(Limit, "chown", "nobody", mailboxes);
        string[] settings =
        [
            "mynetworks = 127.0.0.1/32 " + Careless + "/32", "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination",
            $"virtual_mailbox_domains = {domain}", $"virtual_mailbox_base = {mailboxes}", $"virtual_mailbox_maps = inline:{{ {string.Join(", ", names.Select(name => $"{name}@{domain}={name}/"))} }}",
            "virtual_uid_maps = static:65534", "virtual_gid_maps = static:65534", "virtual_mailbox_limit = 0", "smtpd_client_connection_rate_limit = 0", "smtpd_client_connection_count_limit = 0",
        ];
        return new ExistingServer(await Postfix.StartAsync(outside, null, settings), outside, mailboxes, settings);
    }

    public Task StopAsync() => _postfix.DisposeAsync().AsTask();

    /// <summary>On the same port, with the same mailboxes.</summary>
    public async Task RestartAsync() => _postfix = await Postfix.StartAtAsync(EndPoint, _outside, _settings);

    /// <summary>All messages of a maildir.</summary>
    public IReadOnlyList<MimeMessage> Mailbox(string name)
    {
        var folder = Path.Combine(_mailboxes, name, "new");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => MimeMessage.Load(file))] : [];
    }

    public async Task<MimeMessage> ArrivedAsync(string name, Func<MimeMessage, bool> which, string what)
    {
        MimeMessage? found = null;
        await Until.TrueAsync(() => (found = Mailbox(name).FirstOrDefault(which)) is not null, Patience, () => $"{what} in the mailbox of {name} ({string.Join(" | ", Mailbox(name).Select(mail => mail.Subject))})\n{Log}");
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        await _postfix.DisposeAsync();
        await Tool.RunAsync(Limit, "rm", "-rf", "--", _mailboxes);
    }
}
