using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// A real Dovecot of the test's own that takes mail over LMTP into Maildirs: own configuration, folder and port, apart from any Dovecot of the machine. Needs root,
/// as Dovecot does.
/// </summary>
public sealed class Dovecot : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly string _folder;
    private Daemon? _daemon;

    private Dovecot(string folder, IPEndPoint endPoint) => (_folder, EndPoint) = (folder, endPoint);

    public IPEndPoint EndPoint { get; }

    /// <param name="users">Who has a mailbox there; others are refused.</param>
    public static async Task<Dovecot> StartAsync(params IReadOnlyList<string> users)
    {
        var dovecot = await PrepareAsync(users);
        await dovecot.ResumeAsync();
        return dovecot;
    }

    /// <summary>All ready, but not running: nobody answers at <see cref="EndPoint"/>.</summary>
    public static async Task<Dovecot> PrepareAsync(params IReadOnlyList<string> users)
    {
        if (!Unix.IsRoot)
            throw new InvalidOperationException("Dovecot can only be started by root: run the tests as root.");
        var folder = Directory.CreateTempSubdirectory("clustermail-dovecot-").FullName;
        Unix.LetThrough(folder);
        var dovecot = new Dovecot(folder, new IPEndPoint(IPAddress.Loopback, Ports.Block(1)));
        await dovecot.WriteAsync(users);
        return dovecot;
    }

    public async Task ResumeAsync()
    {
        _daemon = Daemon.Start("dovecot", "-F", "-c", Path.Combine(_folder, "dovecot.conf"));
        try
        {
            await Until.TrueAsync(AnswersAsync, TimeSpan.FromSeconds(20), "Dovecot answering");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"Dovecot did not start: {_daemon.Output}\n{Log()}", e);
        }
    }

    public async Task PauseAsync()
    {
        if (_daemon is { } running)
            await running.DisposeAsync();
        _daemon = null;
    }

    /// <summary>The messages of a user, oldest first.</summary>
    public IReadOnlyList<byte[]> Messages(string user)
    {
        var fresh = Path.Combine(_folder, "mail", user, "new");
        return Directory.Exists(fresh) ? [.. Directory.GetFiles(fresh).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)] : [];
    }

    /// <summary>Runs <c>doveadm fetch</c> on a copy of a Maildir: another program's reading of what we wrote. Dovecot refuses to read mail as root.</summary>
    /// <param name="fields">For example <c>mailbox flags</c>.</param>
    /// <returns>A line for each message, fields separated by tabs.</returns>
    public async Task<IReadOnlyList<string>> ReadMaildirAsync(string maildir, string fields)
    {
        var copy = Path.Combine(_folder, "mail", "copy");
        await Tool.MustAsync(Limit, "cp", "-a", "--", maildir, copy);
        await Tool.MustAsync(Limit, "chown", "-R", "nobody:nogroup", copy);
        var text = await Tool.MustAsync(Limit, "env", "USER=nobody", $"HOME={_folder}/mail", "TZ=UTC", "doveadm", "-c", Path.Combine(_folder, "dovecot.conf"),
            "-o", $"mail_location=maildir:{copy}", "-o", "mail_uid=65534", "-o", "mail_gid=65534", "-f", "tab", "fetch", fields, "all");
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
    }

    public string Log()
    {
        var file = Path.Combine(_folder, "log");
        return File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(60)) : "no log";
    }

    public async ValueTask DisposeAsync()
    {
        await PauseAsync();
        await Tool.RunAsync(Limit, "rm", "-rf", "--", _folder);
    }

    private async Task WriteAsync(IReadOnlyList<string> users)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "mail"));
        await Tool.MustAsync(Limit, "chown", "nobody:nogroup", Path.Combine(_folder, "mail"));
        await File.WriteAllLinesAsync(Path.Combine(_folder, "users"), users.Select(user => $"{user}:{{PLAIN}}x:65534:65534::{_folder}/mail/{user}::"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "dovecot.conf"), $$"""
            protocols = lmtp
            base_dir = {{_folder}}/run
            state_dir = {{_folder}}/state
            log_path = {{_folder}}/log
            instance_name = clustermail-test
            ssl = no
            mail_location = maildir:{{_folder}}/mail/%u
            first_valid_uid = 0
            passdb {
              driver = passwd-file
              args = {{_folder}}/users
            }
            userdb {
              driver = passwd-file
              args = {{_folder}}/users
            }
            service lmtp {
              inet_listener lmtp {
                address = {{EndPoint.Address}}
                port = {{EndPoint.Port.ToString(CultureInfo.InvariantCulture)}}
              }
            }

            """);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var conversation = await SmtpConversation.OpenAsync(EndPoint);
            return conversation.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
