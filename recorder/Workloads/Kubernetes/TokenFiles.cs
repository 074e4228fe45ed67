using YamlDotNet.RepresentationModel;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The one entry of a kubeconfig that the library's model has no room for: <c>users[].user.tokenFile</c>.</summary>
internal static class TokenFiles
{
    /// <param name="kubeconfigs">What stands in them.</param>
    /// <param name="user">Whose it is.</param>
    public static string? Find(IEnumerable<string> kubeconfigs, string user)
    {
        foreach (string text in kubeconfigs)
        {
            if (!text.Contains("tokenFile", StringComparison.Ordinal))
                continue;
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            foreach (YamlNode entry in (Child(yaml.Documents[0].RootNode, "users") as YamlSequenceNode)?.Children ?? [])
            {
                if ((Child(entry, "name") as YamlScalarNode)?.Value == user)
                    return (Child(Child(entry, "user"), "tokenFile") as YamlScalarNode)?.Value;
            }
        }
        return null;
    }

    private static YamlNode? Child(YamlNode? node, string name) => node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? child) ? child : null;
}
