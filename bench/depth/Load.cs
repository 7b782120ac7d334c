using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Depth;

/// <summary>Clients that stay connected and note how long each 250 took.</summary>
internal static class Load
{
    private const int Sessions = 20;
    private static readonly string Content = $"From: a@bench.test\r\nSubject: depth\r\n\r\n{string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", 14))}.\r\n";

    /// <param name="recipient">Of the mail with this number, from 1.</param>
    /// <returns>Milliseconds from the final dot to its 250, one for each mail.</returns>
    public static async Task<IReadOnlyCollection<double>> SendAsync(IPEndPoint server, int mails, Func<int, string> recipient)
    {
        var times = new ConcurrentBag<double>();
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => Task.Run(async () =>
        {
            using var client = await SmtpConversation.OpenAsync(server);
            await client.SayAsync("EHLO bench.test");
            while (Interlocked.Increment(ref taken) is var number && number <= mails)
                times.Add(await SendOneAsync(client, recipient(number)));
        })));
        return times;
    }

    private static async Task<double> SendOneAsync(SmtpConversation client, string recipient)
    {
        await client.SendAsync($"MAIL FROM:<a@bench.test>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n");
        for (var reply = 0; reply < 3; reply++)
            await client.ReadAsync();
        if (!client.Last.StartsWith('3'))
            throw new InvalidOperationException($"The node refused mail to {recipient}: {client.Last}");
        var clock = Stopwatch.GetTimestamp();
        await client.SendAsync(Content);
        if (!(await client.ReadAsync()).StartsWith("250", StringComparison.Ordinal))
            throw new InvalidOperationException($"The node did not take mail to {recipient}: {client.Last}");
        return Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
    }
}
