using YamlDotNet.RepresentationModel;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Reads single values of YAML that somebody else has written.</summary>
internal static class YamlText
{
    /// <summary>The root of the first document; null: there is no document.</summary>
    /// <exception cref="TooMuchException">It exceeds <see cref="YamlBounds"/>.</exception>
    /// <exception cref="YamlDotNet.Core.YamlException">It is not YAML.</exception>
    public static YamlNode? Root(string text)
    {
        YamlBounds.Require(new StringReader(text));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents.Count > 0 ? yaml.Documents[0].RootNode : null;
    }

    /// <summary>The value of a key; null: the node is no mapping, or does not have the key.</summary>
    public static YamlNode? Child(YamlNode? node, string key) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? child) ? child : null;

    /// <summary>The text of a scalar; null: the node is something else.</summary>
    public static string? Text(YamlNode? node) => (node as YamlScalarNode)?.Value;
}
