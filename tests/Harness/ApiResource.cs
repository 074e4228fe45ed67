using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// One resource of an <see cref="ApiServer"/>, as etcd and the watch cache have it: its objects, and their changes since some version.
/// </summary>
internal sealed class ApiResource(string name, Func<long> nextVersion)
{
    private readonly object _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<(long Version, string Line)> _log = [];
    private readonly List<Channel<string>> _watches = [];
    private long _oldest, _newest = nextVersion();

    /// <summary>An error that everybody gets instead of an answer; null: none.</summary>
    public (int Code, string Reason, string Message)? Refusal { get; set; }

    /// <summary>Answers wait for this task.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>
    /// Answers instead of the resource, byte by byte. It is told whether a watch is asked for, and with which token
    /// the next page of a list.
    /// </summary>
    public Func<Stream, bool, string?, Task>? Odd { get; set; }

    /// <summary>The most objects of a page, whatever was asked for; zero: as many as were asked for.</summary>
    public int PageLength { get; set; }

    /// <summary>How many pages are still served until all of them expire; null: they never expire.</summary>
    public int? PagesBeforeExpiry { get; set; }

    public int Watches
    {
        get
        {
            lock (_lock)
                return _watches.Count;
        }
    }

    /// <summary>Refuses a user whose role is not sufficient.</summary>
    public void Forbid(string user) => Refusal =
        (403, "Forbidden", $"{name} is forbidden: User \"{user}\" cannot list resource \"{name}\" in API group \"\" at the cluster scope");

    /// <summary>Adds or changes an object.</summary>
    public void Put(JsonObject changed)
    {
        lock (_lock)
        {
            string uid = changed["metadata"]!["uid"]!.GetValue<string>();
            JsonObject stored = (JsonObject)changed.DeepClone();
            bool isNew = !_objects.ContainsKey(uid);
            _objects[uid] = stored;
            Log(isNew ? "ADDED" : "MODIFIED", stored);
        }
    }

    public void Delete(JsonObject gone)
    {
        lock (_lock)
        {
            string uid = gone["metadata"]!["uid"]!.GetValue<string>();
            if (_objects.Remove(uid, out JsonObject? stored))
                Log("DELETED", stored);
        }
    }

    private void Log(string type, JsonObject subject)
    {
        _newest = nextVersion();
        subject["metadata"]!["resourceVersion"] = $"{_newest}";
        string line = $$"""{"type":"{{type}}","object":{{subject.ToJsonString()}}}""" + "\n";
        _log.Add((_newest, line));
        Send(line);
    }

    /// <summary>Sends a bookmark to all watches.</summary>
    public void Bookmark()
    {
        lock (_lock)
        {
            _newest = nextVersion();
            string meta = $$"""{"resourceVersion":"{{_newest}}","creationTimestamp":null}""";
            string rest = name == "pods"
                ? """ "kind":"Pod","spec":{"containers":null},"status":{} """ : """ "kind":"Any","spec":{},"status":{} """;
            Send($$"""{"type":"BOOKMARK","object":{"apiVersion":"v1","metadata":{{meta}},{{rest.Trim()}}} }""" + "\n");
        }
    }

    /// <summary>Forgets old versions.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _oldest = _newest = nextVersion();
            _log.Clear();
        }
    }

    /// <summary>Sends an error in all watches.</summary>
    public void SendError(int code, string reason, string message)
    {
        lock (_lock)
            Send($$"""{"type":"ERROR","object":{{ApiServer.Status(code, reason, message).TrimEnd()}}}""" + "\n");
    }

    /// <summary>Ends all watches, as a server does when their time is up.</summary>
    public void EndWatches()
    {
        lock (_lock)
        {
            _watches.ForEach(w => w.Writer.TryComplete());
            _watches.Clear();
        }
    }

    /// <summary>Cuts all watches off in the middle of the line for a change.</summary>
    public void PutAndCut(JsonObject changed)
    {
        lock (_lock)
        {
            List<Channel<string>> cut = [.. _watches];
            _watches.Clear();
            Put(changed);
            cut.ForEach(w => w.Writer.TryWrite(_log[^1].Line[..(_log[^1].Line.Length / 2)]));
        }
    }

    /// <summary>Forgets all watches: their connections are gone.</summary>
    public void Drop()
    {
        lock (_lock)
            _watches.Clear();
    }

    private void Send(string line) => _watches.ForEach(w => w.Writer.TryWrite(line));

    public Channel<string> Watch(long version)
    {
        lock (_lock)
        {
            var watch = Channel.CreateUnbounded<string>();
            if (version < _oldest)
            {
                string status = ApiServer.Status(410, "Expired", $"too old resource version: {version} ({_oldest})").TrimEnd();
                watch.Writer.TryWrite($$"""{"type":"ERROR","object":{{status}}}""" + "\n");
                watch.Writer.TryComplete();
                return watch;
            }
            foreach ((_, string line) in _log.Where(l => l.Version > version))
                watch.Writer.TryWrite(line);
            _watches.Add(watch);
            return watch;
        }
    }

    public (int Code, string Body) List(int limit, string? next)
    {
        lock (_lock)
        {
            if (next is not null && PagesBeforeExpiry is { } pages && (PagesBeforeExpiry = pages - 1) <= 0)
            {
                PagesBeforeExpiry = null;
                return (410, ApiServer.Status(410, "Expired",
                    "The provided continue parameter is too old to display a consistent list result."));
            }
            int length = PageLength > 0 ? PageLength : limit, skip = next is null ? 0 : int.Parse(next.Split('=')[1]);
            List<JsonObject> page = [.. _objects.Values.Skip(skip).Take(length).Select(o => (JsonObject)o.DeepClone())];
            page.ForEach(o => (o.Remove("kind"), o.Remove("apiVersion")).ToString());
            int rest = _objects.Count - skip - page.Count;
            string meta = rest > 0
                ? $$"""{"resourceVersion":"{{_newest}}","continue":"eyJ2+/={{skip + page.Count}}","remainingItemCount":{{rest}}}"""
                : $$"""{"resourceVersion":"{{_newest}}"}""";
            string items = string.Join(',', page.Select(o => o.ToJsonString()));
            return (200, $$"""{"kind":"List","apiVersion":"v1","metadata":{{meta}},"items":[{{items}}]}""" + "\n");
        }
    }
}
