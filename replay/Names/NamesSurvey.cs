using System.Runtime.InteropServices;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Names;

/// <summary>How many pods, containers, services, nodes and cgroups a trace names. Each counts once, however often it is named.</summary>
public sealed class NamesSurvey
{
    private const int MostCounted = 1 << 18, MostNamespaces = 256, MostNames = 5;
    private readonly HashSet<(WorkloadKind, int, int)> _seen = [];
    private readonly Dictionary<WorkloadKind, int> _counts = [];
    private readonly Dictionary<string, int> _namespaces = [];
    private readonly List<string> _pods = [];

    /// <summary>Records of metadata.</summary>
    public int Records { get; private set; }

    /// <summary>Whether there were too many to count. Then the counts are lower bounds.</summary>
    public bool IsIncomplete => _seen.Count >= MostCounted;

    /// <summary>Pods of each namespace, of the first few hundred namespaces.</summary>
    public IReadOnlyDictionary<string, int> Namespaces => _namespaces;

    /// <summary>The first few pods, as namespace/name.</summary>
    public IReadOnlyList<string> FirstPods => _pods;

    /// <summary>How many different ones of a kind there are.</summary>
    public int CountOf(WorkloadKind kind) => _counts.GetValueOrDefault(kind);

    internal void Add(WorkloadChange change)
    {
        Records++;
        foreach (PodInfo pod in change.Pods)
        {
            if (IsNew(WorkloadKind.Pod, pod.Uid))
                Add(pod);
        }
        foreach (ContainerInfo container in change.Containers)
            IsNew(WorkloadKind.Container, container.Id);
        foreach (CgroupInfo cgroup in change.Cgroups)
            IsNew(WorkloadKind.Cgroup, cgroup.Key.Key);
        foreach (ServiceInfo service in change.Services)
            IsNew(WorkloadKind.Service, service.Uid);
        foreach (NodeInfo node in change.Nodes)
            IsNew(WorkloadKind.Node, node.Name);
    }

    private void Add(PodInfo pod)
    {
        if (_pods.Count < MostNames)
            _pods.Add($"{pod.Namespace}/{pod.Name}");
        if (_namespaces.Count < MostNamespaces || _namespaces.ContainsKey(pod.Namespace))
            CollectionsMarshal.GetValueRefOrAddDefault(_namespaces, pod.Namespace, out _)++;
    }

    /// <summary>
    /// Keys may be long, so their hashes are kept. The seed differs in each process: a stranger cannot choose keys that collide.
    /// </summary>
    private bool IsNew(WorkloadKind kind, string key)
    {
        if (IsIncomplete || !_seen.Add((kind, key.GetHashCode(), string.GetHashCode(key, StringComparison.OrdinalIgnoreCase))))
            return false;
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, kind, out _)++;
        return true;
    }
}
