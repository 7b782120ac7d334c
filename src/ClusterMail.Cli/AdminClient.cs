using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli;

/// <summary>
/// Talks to the admin API of one node of several. A node that does not answer, or that cannot answer now (503), is passed over for the next one;
/// a request that changes something is sent once only, to a node that has just shown that it lives.
/// </summary>
public sealed class AdminClient : IDisposable
{
    /// <summary>A living node on the same continent answers a connection well within it.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2);

    /// <summary>Reading: how long one node may take while there are others to ask. A paused one takes connections but never answers.</summary>
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ChangeLimit = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyList<Uri> _nodes;
    private readonly HttpClient _http;

    public AdminClient(IReadOnlyList<Uri> nodes, string? token)
    {
        _nodes = nodes;
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectLimit, UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } person)
            Introduce(person);
        else
            Introduce(Environment.UserName);
    }

    /// <exception cref="CommandFailure">Refused by the node, or no node answered.</exception>
    public async Task<Answer<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var answer = await ReadAsync(path, HttpCompletionOption.ResponseContentRead, cancel);
        return await UnderstandAsync(answer, type, cancel);
    }

    /// <summary>Copies a text as it comes, however long: logs.</summary>
    public async Task CopyAsync(string path, Stream output, CancellationToken cancel)
    {
        using var answer = await ReadAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        await answer.Content.CopyToAsync(output, cancel);
    }

    /// <summary>Gives an answer to <paramref name="take"/> as it comes, however long.</summary>
    public async Task ReadAsync(string path, Func<Stream, Task> take, CancellationToken cancel)
    {
        using var answer = await ReadAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        await take(body);
    }

    /// <summary>Lines as they come, until the node ends or the caller is interrupted.</summary>
    public async IAsyncEnumerable<string> LinesAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        using var answer = await ReadAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
        while (await lines.ReadLineAsync(cancel) is { } line)
            yield return line;
    }

    /// <summary>Asks for a change, with a body.</summary>
    public async Task<Answer<TAnswer>> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> type, CancellationToken cancel)
    {
        using var content = JsonContent.Create(body, bodyType);
        return await ChangeAsync(method, path, content, type, cancel);
    }

    /// <summary>Asks for a change that the path says already.</summary>
    public Task<Answer<TAnswer>> SendAsync<TAnswer>(HttpMethod method, string path, JsonTypeInfo<TAnswer> type, CancellationToken cancel) =>
        ChangeAsync(method, path, null, type, cancel);

    /// <summary>Asks for a change, with octets.</summary>
    public async Task<Answer<TAnswer>> SendAsync<TAnswer>(HttpMethod method, string path, ReadOnlyMemory<byte> body, JsonTypeInfo<TAnswer> type, CancellationToken cancel)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await ChangeAsync(method, path, content, type, cancel);
    }

    /// <summary>Asks for a change, with octets that are read as they are sent.</summary>
    public async Task<Answer<TAnswer>> SendAsync<TAnswer>(HttpMethod method, string path, Stream body, JsonTypeInfo<TAnswer> type, CancellationToken cancel)
    {
        const long slowest = 1024 * 1024;
        var limit = ChangeLimit + TimeSpan.FromSeconds(body.Length / slowest);
        using var content = new StreamContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await ChangeAsync(method, path, content, type, cancel, limit);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> ReadAsync(string path, HttpCompletionOption completion, CancellationToken cancel)
    {
        var trouble = "";
        foreach (var node in _nodes)
        {
            var last = node == _nodes[^1];
            try
            {
                using var bound = Bound(last ? ChangeLimit : ReadLimit, cancel);
                var answer = await _http.GetAsync(new Uri(node, path), completion, bound.Token);
                if (answer.IsSuccessStatusCode)
                    return answer;
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || last)
                    throw await RefusalAsync(answer, cancel);
                answer.Dispose();
            }
            catch (Exception e) when (IsSilence(e, cancel))
            {
                trouble += $"{(trouble.Length > 0 ? ", " : "")}{node.Authority}: {Reason(e)}";
            }
        }

        throw NoNode(trouble);
    }

    private async Task<Answer<T>> ChangeAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancel, TimeSpan? limit = null)
    {
        var node = await FindLivingAsync(cancel);
        using var request = new HttpRequestMessage(method, new Uri(node, path)) { Content = content };
        try
        {
            using var bound = Bound(limit ?? ChangeLimit, cancel);
            using var answer = await _http.SendAsync(request, bound.Token);
            return answer.IsSuccessStatusCode ? await UnderstandAsync(answer, type, cancel) : throw await RefusalAsync(answer, cancel);
        }
        catch (Exception e) when (IsSilence(e, cancel))
        {
            throw new CommandFailure($"{node.Authority} took the request but did not answer ({Reason(e)}): look whether it was done before you repeat it");
        }
    }

    private async Task<Uri> FindLivingAsync(CancellationToken cancel)
    {
        if (_nodes.Count == 0)
            throw NoNode("");
        var trouble = "";
        foreach (var node in _nodes)
        {
            try
            {
                using var bound = Bound(ProbeLimit, cancel);
                using var answer = await _http.GetAsync(new Uri(node, Routes.Live), bound.Token);
                return node;
            }
            catch (Exception e) when (IsSilence(e, cancel))
            {
                trouble += $"{(trouble.Length > 0 ? ", " : "")}{node.Authority}: {Reason(e)}";
            }
        }

        throw NoNode(trouble);
    }

    private static async Task<Answer<T>> UnderstandAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        var raw = await answer.Content.ReadAsByteArrayAsync(cancel);
        try
        {
            return new Answer<T>(JsonSerializer.Deserialize(raw, type) ?? throw new JsonException("it is empty"), raw);
        }
        catch (JsonException e)
        {
            throw new CommandFailure($"the answer of {answer.RequestMessage?.RequestUri} was not understood ({e.Message}): is this clustermail of the same version as the node?");
        }
    }

    private static async Task<CommandFailure> RefusalAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using (answer)
        {
            Problem? problem = null;
            try
            {
                problem = JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(cancel), AdminJson.Default.Problem);
            }
            catch (JsonException)
            {
                // What stands between us and the node answers in its own words.
            }

            // A refused login says what was wrong with it; any other 401 is about the token.
            if (answer.StatusCode == HttpStatusCode.Unauthorized && problem?.Rule is null)
                return new CommandFailure($"the token was not accepted, or the session has ended: log in with 'clustermail login', or give the right token with --token, --token-file or CLUSTERMAIL_TOKEN");
            return new CommandFailure($"{(problem is null ? Bare(answer) : Refusal.Text(problem))}");
        }
    }

    private static string Bare(HttpResponseMessage answer) => $"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode} {answer.ReasonPhrase}";

    private static CommandFailure NoNode(string trouble) =>
        new(Exit.NoNode, $"no node answered ({trouble}): is the cluster up? Try 'clustermail up', or name a node with --url");

    private static bool IsSilence(Exception e, CancellationToken cancel) =>
        !cancel.IsCancellationRequested && e is HttpRequestException or OperationCanceledException or IOException;

    private static string Reason(Exception e) => e is OperationCanceledException ? "no answer in time" : (e.InnerException ?? e).Message;

    private static CancellationTokenSource Bound(TimeSpan limit, CancellationToken cancel)
    {
        var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(limit);
        return bound;
    }

    private void Introduce(string person)
    {
        const int limit = 64;
        var name = new string([.. person.Where(char.IsAsciiLetterOrDigit).Take(limit)]);
        if (name.Length > 0)
            _http.DefaultRequestHeaders.Add(Routes.UserHeader, name);
    }
}

/// <summary>What a node answered: understood, and as it came for <c>--json</c>.</summary>
public sealed record Answer<T>(T Value, ReadOnlyMemory<byte> Raw);
