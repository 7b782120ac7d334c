using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// A real browser without a window, with a profile of its own, steered by its DevTools protocol. It reaches this machine only: every name but those that are
/// mapped is unknown to it.
/// </summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _profile = Directory.CreateTempSubdirectory("clustermail-chromium").FullName;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _waiting = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private Process _process = null!;
    private Task _reading = Task.CompletedTask;
    private string _session = "";
    private volatile TaskCompletionSource _loaded = new();
    private int _number;

    /// <summary>Addresses the browser asked for since the last page, the page itself among them; <c>data:</c> and <c>about:</c> are none.</summary>
    public IReadOnlyList<string> Requests => [.. _requests.Where(url => url.StartsWith("http", StringComparison.Ordinal) || url.StartsWith("ws", StringComparison.Ordinal) || url.StartsWith("ftp", StringComparison.Ordinal))];

    /// <param name="mapped">Name and <c>address:port</c> it leads to.</param>
    public static async Task<Chromium> StartAsync(string language, params (string Name, string Address)[] mapped)
    {
        var browser = new Chromium();
        try
        {
            await browser.OpenAsync(language, mapped);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    private async Task OpenAsync(string language, (string Name, string Address)[] mapped)
    {
        var rules = string.Join(", ", [.. mapped.Select(one => $"MAP {one.Name} {one.Address}"), "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"]);
        _process = Process.Start(new ProcessStartInfo("chromium", [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-extensions", "--hide-scrollbars", $"--host-resolver-rules={rules}", $"--user-data-dir={_profile}", $"--accept-lang={language}", "--remote-debugging-port=0", "about:blank"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["HOME"] = _profile },
        })!;
        _ = _process.StandardOutput.ReadToEndAsync(_stop.Token);
        await _socket.ConnectAsync(await EndPointAsync(), _stop.Token);
        _reading = Task.Run(ReadAsync);
        var target = (await AskAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!.GetValue<string>();
        _session = (await AskAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.GetValue<string>();
        foreach (var domain in (string[])["Page", "Network", "Runtime"])
            await AskAsync($"{domain}.enable");
        // Frames of another origin are targets of their own: what they ask for counts as well.
        await AskAsync("Target.setAutoAttach", new JsonObject { ["autoAttach"] = true, ["waitForDebuggerOnStart"] = false, ["flatten"] = true });
    }

    private async Task<Uri> EndPointAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(Patience);
        const string Mark = "DevTools listening on ";
        while (await _process.StandardError.ReadLineAsync(limit.Token) is { } line)
            if (line.StartsWith(Mark, StringComparison.Ordinal))
            {
                _ = _process.StandardError.ReadToEndAsync(_stop.Token);
                return new Uri(line[Mark.Length..]);
            }
        throw new InvalidOperationException("chromium ended without a word.");
    }

    /// <summary>Shows a page in a window of this size and waits until it is loaded.</summary>
    public async Task ShowAsync(Uri page, int width, int height, bool isPhone)
    {
        await AskAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = isPhone ? 2 : 1, ["mobile"] = isPhone });
        _requests.Clear();
        _loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AskAsync("Page.navigate", new JsonObject { ["url"] = page.ToString() });
        await _loaded.Task.WaitAsync(Patience);
    }

    /// <summary>What an expression says in the page; the page's own policy does not bind it.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var answer = await AskAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true });
        return answer["exceptionDetails"] is { } wrong ? throw new InvalidOperationException(wrong.ToJsonString()) : answer["result"]!["value"];
    }

    /// <summary>PNG of what is in the window.</summary>
    public async Task<byte[]> ScreenshotAsync(bool isWhole = false) =>
        Convert.FromBase64String((await AskAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = isWhole }))["data"]!.GetValue<string>());

    private async Task<JsonNode> AskAsync(string method, JsonObject? parameters = null)
    {
        var number = Interlocked.Increment(ref _number);
        var question = new JsonObject { ["id"] = number, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session.Length > 0)
            question["sessionId"] = _session;
        var answer = _waiting[number] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(question), WebSocketMessageType.Text, true, _stop.Token);
        return await answer.Task.WaitAsync(Patience);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 16];
        using var message = new MemoryStream();
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var part = await _socket.ReceiveAsync(buffer, _stop.Token);
                message.Write(buffer.AsSpan(0, part.Count));
                if (!part.EndOfMessage)
                    continue;
                Heard(JsonNode.Parse(message.ToArray())!);
                message.SetLength(0);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or WebSocketException)
        {
            foreach (var waiting in _waiting.Values)
                waiting.TrySetException(ended);
        }
    }

    private void Heard(JsonNode message)
    {
        if (message["id"]?.GetValue<int>() is { } number && _waiting.TryRemove(number, out var answer))
        {
            if (message["error"] is { } error)
                answer.TrySetException(new InvalidOperationException(error.ToJsonString()));
            else
                answer.TrySetResult(message["result"]!);
        }
        else if (message["method"]?.GetValue<string>() is { } what)
        {
            if (what == "Network.requestWillBeSent")
                _requests.Enqueue(message["params"]!["request"]!["url"]!.GetValue<string>());
            else if (what == "Page.loadEventFired")
                _loaded.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        if (_process is not null)
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        _stop.Dispose();
        // Its children write a last word now and then.
        for (var attempt = 0; attempt < 20 && Directory.Exists(_profile); attempt++)
            try
            {
                Directory.Delete(_profile, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
    }
}
