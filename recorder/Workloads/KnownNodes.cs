using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>The nodes of the cluster, and which machine each of them is. For one thread at a time.</summary>
internal sealed class KnownNodes
{
    private const int EndedKept = 1024;
    private readonly Dictionary<string, string> _bootIds = new(StringComparer.Ordinal);
    private readonly Queue<string> _ended = new();

    /// <summary>The nodes, by name. Nodes that are gone are kept for a while.</summary>
    public ChangeTracker<NodeInfo> Nodes { get; } = new(WorkloadKind.Node);

    /// <summary>The node that reports this boot id; null: none does.</summary>
    public string? OfBoot(string bootId) =>
        _bootIds.FirstOrDefault(n => n.Value == bootId && bootId.Length > 0).Key;

    /// <summary>These are all nodes. Others are gone.</summary>
    public void Replace(IReadOnlyCollection<SeenNode> all)
    {
        HashSet<string> now = [.. all.Select(n => n.Name)];
        foreach (NodeInfo gone in Nodes.All.Where(n => !now.Contains(n.Name)).ToList())
            Note(new SeenNode(gone.Name, [], "", null));
        foreach (SeenNode node in all)
            Note(node);
    }

    /// <summary>A node is new or has changed; without addresses: it is gone.</summary>
    public void Note(SeenNode node)
    {
        NodeInfo? known = Nodes.Find(node.Name);
        if (node.Addresses.IsEmpty && known is null)
            return;
        if (node.Addresses.IsEmpty)
            Retire(node.Name);
        else
            _bootIds[node.Name] = node.BootId;
        Nodes.Note(node.Name, new NodeInfo(node.Name, AddressClaims.Update(known?.Claims ?? [], node.Addresses, node.SinceWallNs)));
    }

    private void Retire(string node)
    {
        if (!_bootIds.Remove(node))
            return;
        _ended.Enqueue(node);
        while (_ended.Count > EndedKept)
        {
            string oldest = _ended.Dequeue();
            if (!_bootIds.ContainsKey(oldest))
                Nodes.Forget(oldest);
        }
    }
}
