using System.Reflection;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>The manifest that is in the executable: deploy/daemonset.yaml.</summary>
internal static class ClusterManifest
{
    /// <summary>Reads it for a namespace.</summary>
    public static AgentManifest Read(string @namespace, string? image)
    {
        using Stream text = Assembly.GetExecutingAssembly().GetManifestResourceStream("manifest")!;
        return new AgentManifest(new StreamReader(text).ReadToEnd(), @namespace, image);
    }
}
