using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Relay;

/// <summary>How long clients wait for the 250 after the final dot: <c>smtp-source</c> does not say, so a second, smaller run measures it.</summary>
internal static class Latency
{
    /// <returns>Milliseconds, sorted.</returns>
    public static async Task<IReadOnlyList<double>> MeasureAsync(IPEndPoint server, int sessions, int mails, int size)
    {
        var times = new ConcurrentBag<double>();
        var left = mails;
        var content = $"From: a@bench.test\r\nSubject: latency\r\n\r\n{string.Concat(Enumerable.Repeat(new string('x', 70) + "\r\n", size / 72))}.\r\n";
        await Task.WhenAll(Enumerable.Range(0, sessions).Select(session => Task.Run(async () =>
        {
            using var client = await SmtpConversation.OpenAsync(server);
            await client.SayAsync("EHLO bench.test");
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"MAIL FROM:<a@bench.test>\r\nRCPT TO:<l{session}@sink.test>\r\nDATA\r\n"));
                for (var reply = 0; reply < 3; reply++)
                    await client.ReadAsync();
                if (!client.Last.StartsWith('3'))
                    throw new InvalidOperationException($"{server} refused: {client.Last}");
                var clock = Stopwatch.GetTimestamp();
                await client.SendAsync(content);
                await client.ReadAsync();
                times.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            }
        })));
        return [.. times.Order()];
    }
}
