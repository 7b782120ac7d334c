using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Smtp.Client;

namespace ClusterMail.Smtp.Tests.Client;

/// <summary>Postfix's smtp-sink as the host: somebody else's reading of the same documents.</summary>
public class RealPeerTests
{
    [Fact]
    public async Task Mails_over_reused_sessions_arrive_at_smtp_sink_whole_and_once_each()
    {
        const int Sessions = 4;
        const int MailsEach = 50;
        var folder = Directory.CreateTempSubdirectory("clustermail-sink-").FullName;
        using var sink = await StartAsync(folder);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Sessions).Select(s => SendAsync(sink.Port, s, MailsEach)));
            var arrived = Directory.GetFiles(folder).Select(f => File.ReadAllText(f, Encoding.Latin1)).ToList();
            var numbers = arrived.Select(t => t.Split("X-Number: ")[1].Split('\n')[0].Trim()).Order().ToList();
            Assert.Equal(Enumerable.Range(0, Sessions).SelectMany(s => Enumerable.Range(0, MailsEach).Select(m => $"{s}-{m}")).Order(), numbers);
            Assert.All(arrived, t => Assert.Contains("\n.dot at the start", t.Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal));
        }
        finally
        {
            sink.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task SendAsync(int port, int session, int mails)
    {
        var opened = await HostConnection.OpenAsync(new HostTarget("sink", IPAddress.Loopback, port), Outbound.Options, default);
        Assert.True(opened.Connection is not null, string.Join('\n', opened.Dialogue));
        await using var connection = opened.Connection;
        for (var i = 0; i < mails; i++)
        {
            var result = await connection.SendAsync(Outbound.Mail($"X-Number: {session}-{i}\r\n\r\nbody\r\n.dot at the start\r\n", "a@example.org"), default);
            Assert.True(result.Answers.Single().Delivered, result.Answers.Single().Reply.ToString());
        }
        Assert.Equal(mails, connection.MailsSent);
    }

    private static async Task<Sink> StartAsync(string folder)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var process = Process.Start("/usr/sbin/smtp-sink", ["-u", Environment.UserName, "-d", Path.Combine(folder, "%M."), $"127.0.0.1:{port}", "100"]);
            for (var i = 0; i < 500 && !process.HasExited; i++)
            {
                try
                {
                    using var client = new TcpClient();
                    await client.ConnectAsync(IPAddress.Loopback, port);
                    return new Sink(process, port);
                }
                catch (SocketException)
                {
                    await Task.Delay(10);
                }
            }
            process.Dispose();
        }
        throw new InvalidOperationException("smtp-sink does not start");
    }

    private sealed record Sink(Process Process, int Port) : IDisposable
    {
        public void Dispose()
        {
            if (!Process.HasExited)
                Process.Kill();
            Process.WaitForExit();
        }
    }
}
