using System.Net;
using System.Net.Sockets;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Relay.Parties;

/// <summary>What peers that are started by us have in common.</summary>
internal static class Peers
{
    /// <summary>Where <c>bench/relay/peers</c> has put it.</summary>
    /// <exception cref="InvalidOperationException">It is not there: what to run.</exception>
    public static string Folder(string peer)
    {
        var folder = Path.Combine(Tool.Root, "artifacts", "peers", peer);
        return Directory.Exists(folder) ? folder : throw new InvalidOperationException($"{folder} is missing: run bench/relay/peers {peer} first (bench/relay/run does).");
    }

    public static async Task<bool> AnswersAsync(IPEndPoint endPoint)
    {
        try
        {
            using var conversation = await SmtpConversation.OpenAsync(endPoint);
            return conversation.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
