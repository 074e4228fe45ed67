using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// A real Chromium without a window, driven by its DevTools protocol. It collects what the console says, what the security policy of a
/// page refused, and which requests were made.
/// </summary>
public sealed class Chromium : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _profile = new();
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _complaints = [];
    private readonly Dictionary<string, string> _requests = [];
    private readonly HashSet<string> _seen = [];
    private string? _session, _target;
    private int _lastId;

    public Chromium()
    {
        // Its sandbox refuses to run as root. A profile of its own leaves nothing behind
        _process = Process.Start(new ProcessStartInfo("chromium",
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run", "--disable-extensions",
            "--hide-scrollbars", "--disable-background-networking", $"--user-data-dir={_profile.Path}", "about:blank",
        ])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        const string announcement = "DevTools listening on ";
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith(announcement, StringComparison.Ordinal) == true)
                address.TrySetResult(line.Data[announcement.Length..]);
        };
        _process.BeginErrorReadLine();
        if (!address.Task.Wait(s_patience))
            throw new TimeoutException("chromium does not start");
        using var patience = new CancellationTokenSource(s_patience);
        _socket.ConnectAsync(new Uri(address.Task.Result), patience.Token).Wait();
    }

    /// <summary>Begins anew, in a tab of its own.</summary>
    public void OpenTab()
    {
        _session = null;
        if (_target is not null)
            Send("Target.closeTarget", new() { ["targetId"] = _target });
        _target = Send("Target.createTarget", new() { ["url"] = "about:blank" })["targetId"]!.GetValue<string>();
        _session = Send("Target.attachToTarget", new() { ["targetId"] = _target, ["flatten"] = true })["sessionId"]!.GetValue<string>();
        foreach (string domain in new[] { "Page", "Runtime", "Log", "Network" })
            Send($"{domain}.enable");
        Send("Page.addScriptToEvaluateOnNewDocument", new()
        {
            ["source"] = "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))",
        });
        Resize(1280, 1000);
        _complaints.Clear();
        _requests.Clear();
    }

    /// <summary>What the console, the log and the security policy complained about, and what was thrown.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>The addresses of all requests that the policy of the page let through.</summary>
    public IReadOnlyCollection<string> Requests => _requests.Values;

    /// <summary>Opens a file, and waits until it is loaded.</summary>
    public void Open(string file)
    {
        _seen.Clear();
        Send("Page.navigate", new() { ["url"] = new Uri(file).AbsoluteUri });
        while (!_seen.Contains("Page.loadEventFired"))
            Receive();
    }

    public void Resize(int width, int height) => Send("Emulation.setDeviceMetricsOverride",
        new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });

    /// <summary>Makes the page believe that its user wants it dark, or light; on a screen, or on paper.</summary>
    public void Prefer(string scheme, string media = "screen") => Send("Emulation.setEmulatedMedia", new()
    {
        ["media"] = media,
        ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
    });

    /// <summary>Forbids the scripts of pages that are opened from now on.</summary>
    public void ForbidScripts() => Send("Emulation.setScriptExecutionDisabled", new() { ["value"] = true });

    /// <summary>The value of an expression in the page.</summary>
    public JsonNode? Value(string expression)
    {
        JsonObject result = Send("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true });
        return result["exceptionDetails"] is { } thrown
            ? throw new InvalidOperationException($"{expression}: {thrown.ToJsonString()}") : result["result"]!["value"];
    }

    /// <summary>The value of an expression that is a text.</summary>
    public string Text(string expression) => Value(expression)!.GetValue<string>();

    /// <summary>The value of an expression that is a number.</summary>
    public int Number(string expression) => Value(expression)!.GetValue<int>();

    /// <summary>The texts of all elements that a selector finds.</summary>
    public string[] Texts(string selector) =>
        [.. Value($"[...document.querySelectorAll({JsonSerializer.Serialize(selector)})].map(e => e.textContent)")!.AsArray()
            .Select(t => t!.GetValue<string>())];

    /// <summary>Clicks, with the mouse, into the middle of an element, or for a line at a point that lies on it.</summary>
    /// <param name="element">An expression for the element.</param>
    public void Click(string element)
    {
        JsonNode at = Value($$"""
            (() => {
              const e = {{element}};
              e.scrollIntoView({ block: 'center', behavior: 'instant' });
              const line = e.querySelector('.hit');
              if (line) {
                for (let part = .5; part < .95; part += .05) {
                  const p = line.getPointAtLength(part * line.getTotalLength()).matrixTransform(line.getScreenCTM());
                  if (e.contains(document.elementFromPoint(p.x, p.y))) return { x: p.x, y: p.y };
                }
              }
              const box = e.getBoundingClientRect();
              return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
            })()
            """)!;
        foreach (string type in new[] { "mousePressed", "mouseReleased" })
        {
            Send("Input.dispatchMouseEvent", new()
            {
                ["type"] = type, ["x"] = at["x"]!.GetValue<double>(), ["y"] = at["y"]!.GetValue<double>(), ["button"] = "left",
                ["clickCount"] = 1,
            });
        }
    }

    /// <summary>Presses a key: Tab, Enter, Escape.</summary>
    public void Press(string key)
    {
        int code = key switch
        {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            _ => throw new ArgumentOutOfRangeException(nameof(key)),
        };
        var down = new JsonObject { ["type"] = "keyDown", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
        if (key == "Enter")
            down["text"] = "\r";
        Send("Input.dispatchKeyEvent", down);
        Send("Input.dispatchKeyEvent", new() { ["type"] = "keyUp", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code });
    }

    /// <summary>Types text into what has the focus.</summary>
    public void Type(string text) => Send("Input.insertText", new() { ["text"] = text });

    /// <summary>A picture of what is seen, as PNG.</summary>
    public byte[] Picture() => Convert.FromBase64String(Send("Page.captureScreenshot")["data"]!.GetValue<string>());

    /// <summary>The page as it is printed, as PDF.</summary>
    public byte[] Print() => Convert.FromBase64String(Send("Page.printToPDF")["data"]!.GetValue<string>());

    private JsonObject Send(string method, JsonObject? parameters = null)
    {
        int id = ++_lastId;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null)
            message["sessionId"] = _session;
        using var patience = new CancellationTokenSource(s_patience);
        _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, patience.Token).Wait();
        while (true)
        {
            JsonObject answer = Receive();
            if (answer["id"]?.GetValue<int>() != id)
                continue;
            return answer["error"] is { } error
                ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : answer["result"]!.AsObject();
        }
    }

    /// <summary>The next message; what it says of the page is noted.</summary>
    private JsonObject Receive()
    {
        using var patience = new CancellationTokenSource(s_patience);
        var text = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = _socket.ReceiveAsync(buffer, patience.Token).GetAwaiter().GetResult();
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        JsonObject message = JsonNode.Parse(text.ToArray())!.AsObject();
        string method = message["method"]?.GetValue<string>() ?? "";
        _seen.Add(method);
        JsonNode? about = message["params"];
        if (method is "Runtime.exceptionThrown" or "Log.entryAdded" or "Runtime.consoleAPICalled" or "Page.javascriptDialogOpening")
            _complaints.Add(about!.ToJsonString());
        else if (method == "Network.requestWillBeSent")
            _requests[about!["requestId"]!.GetValue<string>()] = about["request"]!["url"]!.GetValue<string>();
        else if (method == "Network.loadingFailed" && about!["blockedReason"]?.GetValue<string>() == "csp")
            _requests.Remove(about["requestId"]!.GetValue<string>());
        return message;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        try
        {
            _profile.Dispose();
        }
        catch (IOException)
        {
            // one of its processes still writes into the profile
        }
    }
}
