using TcpTracer.Formats.Strings;
using YamlDotNet.RepresentationModel;

namespace TcpTracer.Recorder.Cluster;

/// <summary>The objects that make a cluster's agents, read from the manifest that is in the executable.</summary>
public sealed class AgentManifest
{
    /// <summary>The name that the manifest has for everything.</summary>
    public const string UsualName = "tcptracer";

    /// <summary>The label of what was made by this program, and its value.</summary>
    internal const string ManagedBy = "app.kubernetes.io/managed-by", Manager = "kubectl-tcptracer";

    private readonly List<(ManifestObject Object, YamlMappingNode Root)> _objects = [];
    private readonly string _namespace;

    /// <summary>One object.</summary>
    /// <param name="Kind">Its kind.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Path">Its path on the API server.</param>
    /// <param name="Yaml">All of it.</param>
    public sealed record ManifestObject(string Kind, string Name, string Path, string Yaml);

    /// <summary>Reads the manifest.</summary>
    /// <param name="yaml">Its text.</param>
    /// <param name="namespace">The namespace in which the agents are to run.</param>
    /// <param name="image">Their image; null: that of the manifest.</param>
    public AgentManifest(string yaml, string @namespace, string? image)
    {
        _namespace = @namespace;
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        foreach (YamlDocument document in stream.Documents)
        {
            var root = (YamlMappingNode)document.RootNode;
            Move(root);
            if (Kind(root) == "Namespace")
                Set((YamlMappingNode)root["metadata"]["labels"], ManagedBy, Manager);
            if (image is not null && Kind(root) == DaemonSet)
                Set((YamlMappingNode)Containers(Template(root))[0], "image", image);
            string name = Text(root["metadata"], "name");
            _objects.Add((new ManifestObject(Kind(root), name, PathOf(Kind(root), name), Write(root)), root));
        }
    }

    private const string DaemonSet = "DaemonSet";

    /// <summary>All objects, in the order in which they are made.</summary>
    public IReadOnlyList<ManifestObject> Objects => [.. _objects.Select(o => o.Object)];

    /// <summary>The path of the DaemonSet.</summary>
    public string DaemonSetPath => _objects.First(o => o.Object.Kind == DaemonSet).Object.Path;

    /// <summary>The image of the agents.</summary>
    public string Image => Text(Containers(Template(_objects.First(o => o.Object.Kind == DaemonSet).Root))[0], "image");

    /// <summary>
    /// A pod like those of the DaemonSet for one node and one run. Its ring is its own, and it ends by itself.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="node">Its node.</param>
    /// <param name="label">The label that finds it, as <c>key=value</c>.</param>
    /// <param name="owner">The name and the uid of the ConfigMap with which it goes.</param>
    /// <param name="seconds">After how many seconds it ends, whatever happens.</param>
    /// <param name="hasAccount">Whether the service account of the manifest is there.</param>
    public string PodFor(string name, string node, string label, (string Name, string Uid) owner, long seconds, bool hasAccount)
    {
        YamlMappingNode daemonSet = _objects.First(o => o.Object.Kind == DaemonSet).Root;
        var spec = (YamlMappingNode)Parse(Write((YamlMappingNode)Template(daemonSet)["spec"]));
        Set(spec, "nodeName", node);
        Set(spec, "restartPolicy", "Never");
        SetPlain(spec, "activeDeadlineSeconds", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (!hasAccount)
        {
            spec.Children.Remove(new YamlScalarNode("serviceAccountName"));
            SetPlain(spec, "automountServiceAccountToken", "false");
        }
        foreach (YamlMappingNode volume in ((YamlSequenceNode)spec["volumes"]).OfType<YamlMappingNode>().Where(v =>
            Text(v, "name") == "traces"))
        {
            volume.Children.Remove(new YamlScalarNode("hostPath"));
            volume.Add("emptyDir", new YamlMappingNode("sizeLimit", "1Gi"));
        }
        string[] parts = label.Split('=');
        var metadata = new YamlMappingNode("name", name, "namespace", _namespace);
        metadata.Add("labels", new YamlMappingNode("app.kubernetes.io/name", OncePods.Name, parts[0], Quoted(parts[1])));
        metadata.Add("ownerReferences", new YamlSequenceNode(
            new YamlMappingNode("apiVersion", "v1", "kind", "ConfigMap", "name", owner.Name, "uid", Quoted(owner.Uid))));
        return Write(new YamlMappingNode("apiVersion", "v1", "kind", "Pod", "metadata", metadata, "spec", spec));
    }

    /// <summary>Moves an object into the namespace. What belongs to the whole cluster gets a name of its own there.</summary>
    private void Move(YamlMappingNode root)
    {
        if (_namespace == UsualName)
            return;
        var metadata = (YamlMappingNode)root["metadata"];
        if (Kind(root) == "Namespace")
            Set(metadata, "name", _namespace);
        if (metadata.Children.ContainsKey(new YamlScalarNode("namespace")))
            Set(metadata, "namespace", _namespace);
        if (Kind(root) is "ClusterRole" or "ClusterRoleBinding")
            Set(metadata, "name", $"{Text(metadata, "name")}-{_namespace}");
        if (Kind(root) != "ClusterRoleBinding")
            return;
        Set((YamlMappingNode)root["roleRef"], "name", $"{Text(root["roleRef"], "name")}-{_namespace}");
        foreach (YamlMappingNode subject in ((YamlSequenceNode)root["subjects"]).OfType<YamlMappingNode>())
            Set(subject, "namespace", _namespace);
    }

    private string PathOf(string kind, string name) => kind switch
    {
        "Namespace" => $"/api/v1/namespaces/{name}",
        "ServiceAccount" or "ConfigMap" or "Service" => $"/api/v1/namespaces/{_namespace}/{Plural(kind)}/{name}",
        "ClusterRole" or "ClusterRoleBinding" => $"/apis/rbac.authorization.k8s.io/v1/{Plural(kind)}/{name}",
        "Role" or "RoleBinding" => $"/apis/rbac.authorization.k8s.io/v1/namespaces/{_namespace}/{Plural(kind)}/{name}",
        DaemonSet => $"/apis/apps/v1/namespaces/{_namespace}/{Plural(kind)}/{name}",
        _ => throw new SelectionException($"the manifest has an object of kind {kind}, which this version cannot apply"),
    };

    private static string Plural(string kind) => kind.ToLowerInvariant() + "s";

    private static string Kind(YamlMappingNode root) => Text(root, "kind");

    private static YamlNode Template(YamlMappingNode daemonSet) => daemonSet["spec"]["template"];

    private static YamlSequenceNode Containers(YamlNode template) => (YamlSequenceNode)template["spec"]["containers"];

    private static string Text(YamlNode node, string key) => ((YamlScalarNode)node[key]).Value ?? "";

    private static void Set(YamlMappingNode map, string key, string value) => map.Children[new YamlScalarNode(key)] = Quoted(value);

    /// <summary>The same for a number or a truth value.</summary>
    private static void SetPlain(YamlMappingNode map, string key, string value) =>
        map.Children[new YamlScalarNode(key)] = new YamlScalarNode(value);

    /// <summary>A text that may look like a number.</summary>
    private static YamlScalarNode Quoted(string text) => new(text) { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted };

    private static YamlNode Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents[0].RootNode;
    }

    private static string Write(YamlMappingNode root)
    {
        var text = new StringWriter();
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        return text.ToString();
    }
}
