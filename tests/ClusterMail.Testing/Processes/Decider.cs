using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace ClusterMail.Testing.Processes;

/// <summary>Somebody who decides about held mail, by the API or by a decision mail, and goes on to the next node until he has an answer.</summary>
public sealed class Decider(ApprovalFarm farm) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(10), MaxConnectionsPerServer = 64 })
    {
        Timeout = TimeSpan.FromSeconds(15),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", farm.Farm.Cluster.AdminToken) },
    };

    /// <param name="Verb">approve, reject, release, discard, withdraw.</param>
    /// <param name="As">In whose name; null for an administrator's.</param>
    /// <param name="Node">Where it is tried first.</param>
    public sealed record Act(string Verb, string? As, bool ByMail, int Node)
    {
        /// <summary>The state it leads to when it counts.</summary>
        public string Outcome => Verb switch { "approve" => "approved", "reject" => "rejected", "release" => "admin_released", "discard" => "admin_discarded", _ => "withdrawn" };
    }

    /// <param name="Counted">It decided; false: it was told that there was a decision before.</param>
    /// <param name="Tries">More than one: an answer was lost, or a node could not give one.</param>
    /// <param name="Fault">An answer nobody who may decide should get; null: none.</param>
    /// <param name="Took">Of the try that was answered.</param>
    public sealed record Answer(Act Act, bool Counted, int Tries, string? Fault, TimeSpan Took);

    public async Task<Answer> DecideAsync(HeldLoad.Held held, Act act)
    {
        var clock = Stopwatch.StartNew();
        for (var tries = 1; clock.Elapsed < Limit; tries++)
        {
            var node = farm.Farm.Nodes[(act.Node + tries - 1) % farm.Farm.Nodes.Count];
            var began = clock.Elapsed;
            var said = act.ByMail ? await ByMailAsync(held, act, node) : await ByApiAsync(held, act, node);
            if (said is not null)
                return new Answer(act, said == "", tries, said is "" or "before" ? null : said, clock.Elapsed - began);
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        return new Answer(act, false, 0, "no answer", clock.Elapsed);
    }

    /// <summary>Empty: it counted; <c>before</c>: somebody was faster; null: no answer, try elsewhere.</summary>
    private async Task<string?> ByApiAsync(HeldLoad.Held held, Act act, FarmNode node)
    {
        try
        {
            using var answer = await _http.PostAsJsonAsync(
                new Uri($"{node.Admin.TrimEnd('/')}/api/v1/approval/held/{held.Number}/{act.Verb}"), act.As is null ? (object)new { text = "race" } : new { @as = act.As });
            if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout)
                return null;
            var body = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode)
                return $"{(int)answer.StatusCode} {body}";
            var result = JsonDocument.Parse(body).RootElement.GetProperty("result").GetString();
            return result switch { "OK" => "", "LATE" or "DUPLICATE" => "before", _ => result };
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return null;
        }
    }

    private static async Task<string?> ByMailAsync(HeldLoad.Held held, Act act, FarmNode node)
    {
        try
        {
            using var client = await SmtpConversation.OpenAsync(node.Receiver);
            if (!client.Last.StartsWith("220", StringComparison.Ordinal))
                return null;
            await client.SayAsync("EHLO approver.test");
            var subject = DecisionSubject.Of(act.Verb == "approve" ? "approval" : "reject", held.Number, act.As!, ApprovalFarm.Approvers, held.Sha256, ApprovalFarm.TokenKey);
            var reply = await client.MailAsync(act.As!, [ApprovalFarm.Requester], $"From: {act.As}\r\nTo: {ApprovalFarm.Requester}\r\nSubject: {subject}\r\n\r\n");
            return reply.StartsWith("250", StringComparison.Ordinal) ? reply.Contains("no action taken", StringComparison.Ordinal) ? "before" : ""
                : reply.StartsWith('5') ? reply : null;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}
