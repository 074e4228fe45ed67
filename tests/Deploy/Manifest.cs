using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Harness.Cri;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace TcpTracer.Tests.Deploy;

/// <summary>deploy/daemonset.yaml, and its container as the kubelet would ask the runtime for it.</summary>
internal sealed class Manifest
{
    private readonly YamlNode[] _documents;

    private Manifest(YamlNode[] documents)
    {
        _documents = documents;
    }

    public static Manifest Read()
    {
        var yaml = new YamlStream();
        using StreamReader file = File.OpenText(Path.Combine(TcptracerProgram.Repository, "deploy/daemonset.yaml"));
        yaml.Load(file);
        return new Manifest([.. yaml.Documents.Select(d => d.RootNode)]);
    }

    public string[] Kinds => [.. _documents.Select(d => Text(d["kind"]))];

    public YamlNode OfKind(string kind) => _documents.Single(d => Text(d["kind"]) == kind);

    public YamlNode Pod => OfKind("DaemonSet")["spec"]["template"]["spec"];

    public YamlNode Container => Assert.Single((YamlSequenceNode)Pod["containers"]);

    private YamlNode Security => Container["securityContext"];

    public string Image => Text(Container["image"]);

    public string[] Capabilities => Texts(Security["capabilities"]["add"]);

    public bool HostPid => Flag(Pod["hostPID"]);

    /// <summary>The arguments of the executable.</summary>
    public string[] Arguments(string node) =>
        [.. Texts(Container["args"]).Select(a => a.Replace("$(NODE_NAME)", node, StringComparison.Ordinal))];

    public static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    public static string[] Texts(YamlNode node) => [.. ((YamlSequenceNode)node).Select(Text)];

    private static bool Flag(YamlNode node) => bool.Parse(Text(node));

    /// <summary>Folders in the container, and where they are on the node; of an empty folder of the pod, its name.</summary>
    public (string Container, string Host, bool ReadOnly)[] Mounts =>
    [
        .. from mount in (YamlSequenceNode)Container["volumeMounts"]
           let volume = ((YamlSequenceNode)Pod["volumes"]).Single(v => Text(v["name"]) == Text(mount["name"]))
           let readOnly = ((YamlMappingNode)mount).Children.TryGetValue("readOnly", out YamlNode? flag) && Flag(flag)
           let folder = ((YamlMappingNode)volume).Children.ContainsKey("emptyDir") ? volume["name"] : volume["hostPath"]["path"]
           select (Text(mount["mountPath"]), Text(folder), readOnly),
    ];

    /// <summary>The container, as a runtime takes it.</summary>
    /// <param name="node">The name of the node.</param>
    /// <param name="places">Places on the test machine of the folders that the node has elsewhere.</param>
    /// <param name="log">Where its output goes.</param>
    /// <param name="without">A capability that it does not get.</param>
    public ContainerConfig ToConfig(string node, IReadOnlyDictionary<string, string> places, string log, string? without = null)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = Text(Container["name"]) },
            Image = new ImageSpec { Image = Image },
            Args = { Arguments(node) },
            Envs = { new KeyValue { Key = "NODE_NAME", Value = node } },
            LogPath = log,
            Linux = new LinuxContainerConfig
            {
                Resources = new LinuxContainerResources { MemoryLimitInBytes = MemoryLimit },
                SecurityContext = new LinuxContainerSecurityContext
                {
                    Capabilities = new Capability
                    {
                        AddCapabilities = { Capabilities.Where(c => c != without) },
                        DropCapabilities = { Texts(Security["capabilities"]["drop"]) }
                    },
                    Privileged = Flag(Security["privileged"]),
                    RunAsUser = new Int64Value { Value = long.Parse(Text(Security["runAsUser"])) },
                    ReadonlyRootfs = Flag(Security["readOnlyRootFilesystem"]),
                    NoNewPrivs = !Flag(Security["allowPrivilegeEscalation"]),
                    Seccomp = new SecurityProfile
                    {
                        ProfileType = Text(Security["seccompProfile"]["type"]) == "RuntimeDefault"
                            ? ProfileType.RuntimeDefault : ProfileType.Unconfined
                    },
                },
            },
        };
        foreach ((string container, string host, bool readOnly) in Mounts)
            config.Mounts.Add(
                new Mount { ContainerPath = container, HostPath = places.GetValueOrDefault(host, host), Readonly = readOnly });
        return config;
    }

    private long MemoryLimit =>
        long.Parse(Text(Container["resources"]["limits"]["memory"]).Replace("Mi", "", StringComparison.Ordinal)) << 20;
}
