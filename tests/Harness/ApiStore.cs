using System.Text.Json.Nodes;
using System.Web;
using YamlDotNet.RepresentationModel;

namespace TcpTracer.Tests.Harness;

/// <summary>Objects of an <see cref="ApiServer"/> by their paths, as etcd has them; and what RBAC allows.</summary>
internal sealed class ApiStore
{
    private const string Reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    private readonly object _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<string> _changes = [];
    private int _uids;

    /// <summary>Whether RBAC allows something: verb, resource with its subresource, namespace.</summary>
    public Func<string, string, string, bool> Allows { get; set; } = (_, _, _) => true;

    /// <summary>Plays a controller: called after each change, with the method and the path.</summary>
    public Action<string, string> Changed { get; set; } = (_, _) => { };

    /// <summary>All changes so far: the method and the path with its query.</summary>
    public string[] Changes
    {
        get
        {
            lock (_lock)
                return [.. _changes];
        }
    }

    public JsonObject? Find(string path)
    {
        lock (_lock)
            return _objects.GetValueOrDefault(path)?.DeepClone().AsObject();
    }

    public string[] Paths(string start)
    {
        lock (_lock)
            return [.. _objects.Keys.Where(p => p.StartsWith(start, StringComparison.Ordinal))];
    }

    public void Put(string path, JsonObject value)
    {
        lock (_lock)
            _objects[path] = value.DeepClone().AsObject();
    }

    public void Delete(string path)
    {
        lock (_lock)
            _objects.Remove(path);
    }

    public (int Code, string Body) Answer(ApiRequest request)
    {
        string path = request.Uri.AbsolutePath;
        if (path == Reviews)
            return Review(JsonNode.Parse(request.Body)!);
        if (request.Method == "GET")
            return Get(path, HttpUtility.ParseQueryString(request.Uri.Query));
        (int, string) answer = Change(request, path);
        Changed(request.Method, path);
        return answer;
    }

    private (int, string) Review(JsonNode review)
    {
        JsonNode what = review["spec"]!["resourceAttributes"]!;
        string Text(string key) => what[key]?.GetValue<string>() ?? "";
        string resource = Text("resource") + (Text("subresource").Length > 0 ? "/" + Text("subresource") : "");
        review["status"] = new JsonObject { ["allowed"] = Allows(Text("verb"), resource, Text("namespace")) };
        return (201, review.ToJsonString());
    }

    private (int, string) Get(string path, System.Collections.Specialized.NameValueCollection query)
    {
        lock (_lock)
        {
            if (_objects.TryGetValue(path, out JsonObject? found))
                return (200, found.ToJsonString());
            if (query["limit"] is null)
                return NotFound(path);
            string[] wanted = (query["labelSelector"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
            var items = new JsonArray([.. _objects.Where(o => o.Key.StartsWith(path + "/", StringComparison.Ordinal)
                && !o.Key[(path.Length + 1)..].Contains('/')).Select(o => o.Value).Where(o => wanted.All(w => HasLabel(o, w)))
                .Select(o => o.DeepClone())]);
            return (200, new JsonObject { ["kind"] = "List", ["metadata"] = new JsonObject(), ["items"] = items }.ToJsonString());
        }
    }

    private static bool HasLabel(JsonObject of, string label) =>
        of["metadata"]?["labels"]?[label.Split('=')[0]]?.GetValue<string>() == label.Split('=')[^1];

    private static (int, string) NotFound(string path) =>
        (404, ApiServer.Status(404, "NotFound", $"{path.Split('/')[^2]} \"{path.Split('/')[^1]}\" not found"));

    private (int, string) Change(ApiRequest request, string path)
    {
        lock (_lock)
        {
            _changes.Add($"{request.Method} {request.Uri.PathAndQuery}");
            if (request.Method == "DELETE")
                return DeleteWithDependents(path) ? (200, "{}") : NotFound(path);
            if (ToJson(YamlOf(request.Body)) is not JsonObject given || given["metadata"]?["name"] is not { } name)
                return (400, ApiServer.Status(400, "BadRequest", "the object has no name"));
            string place = request.Method == "POST" ? $"{path}/{name.GetValue<string>()}" : path;
            if (request.Method == "POST" && _objects.ContainsKey(place))
                return (409, ApiServer.Status(409, "AlreadyExists", $"\"{name}\" already exists"));
            if (request.Method == "PATCH" && request.Headers.GetValueOrDefault("Content-Type") != "application/apply-patch+yaml")
                return (415, ApiServer.Status(415, "UnsupportedMediaType", "the body of the request was in an unknown format"));
            bool isNew = !_objects.ContainsKey(place);
            given["metadata"]!["uid"] = _objects.GetValueOrDefault(place)?["metadata"]?["uid"]?.DeepClone() ?? $"uid-{++_uids}";
            given["metadata"]!["generation"] = (_objects.GetValueOrDefault(place)?["metadata"]?["generation"]?.GetValue<long>() ?? 0) + 1;
            _objects[place] = given;
            return (isNew ? 201 : 200, given.ToJsonString());
        }
    }

    /// <summary>Deletes an object, and those that it owns: the garbage collector.</summary>
    private bool DeleteWithDependents(string path)
    {
        if (!_objects.Remove(path, out JsonObject? gone))
            return false;
        string uid = gone["metadata"]?["uid"]?.GetValue<string>() ?? "";
        foreach (string owned in _objects.Where(o => (o.Value["metadata"]?["ownerReferences"] as JsonArray)?
            .Any(r => r?["uid"]?.GetValue<string>() == uid) == true).Select(o => o.Key).ToArray())
            DeleteWithDependents(owned);
        return true;
    }

    private static YamlNode YamlOf(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents[0].RootNode;
    }

    /// <summary>YAML as JSON, with the types that an API server takes plain words for.</summary>
    public static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Select(e => KeyValuePair.Create(((YamlScalarNode)e.Key).Value!, ToJson(e.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Select(ToJson)]),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "true" or "false" } flag => flag.Value == "true",
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } plain when long.TryParse(plain.Value, out long number) => number,
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "" or "null" or "~" } => null,
        YamlScalarNode text => text.Value,
        _ => throw new InvalidOperationException($"{node.GetType().Name} is not expected here"),
    };
}
