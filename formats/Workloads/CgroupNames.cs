namespace TcpTracer.Formats.Workloads;

/// <summary>
/// The pod and the container that a cgroup's path names. The kubelet and the container runtimes put their ids into the path.
/// </summary>
/// <param name="PodUid">The uid of the pod; empty: not in a pod.</param>
/// <param name="ContainerId">The id of the container; empty: not in a container.</param>
/// <param name="IsUnknown">Whether the front of the path is missing, so that it may be in any pod or in none.</param>
public readonly record struct CgroupNames(string PodUid, string ContainerId, bool IsUnknown = false)
{
    /// <summary>The beginning of a path whose outermost names are missing.</summary>
    public const string Cut = "...";

    private const int IdLength = 64;
    private const string Scope = ".scope", Root = "kubepods", UserSlice = "user.slice";

    // Scopes of processes that watch over a container. They have the container's id in their names, but are not the container.
    private static readonly string[] s_monitors = ["crio-conmon-", "libpod-conmon-"];
    private static readonly string[] s_runtimes = ["cri-containerd-", "crio-", "docker-", "libpod-", "nerdctl-"];

    /// <summary>Whether the process runs on the host: neither in a pod nor in a container.</summary>
    public bool IsHost => !IsUnknown && string.IsNullOrEmpty(PodUid) && string.IsNullOrEmpty(ContainerId);

    /// <summary>
    /// Parses the path of a cgroup, for every cgroup driver and container runtime. The outermost pod counts, and the outermost container in
    /// it. Deeper names prove nothing: processes in a container, and users below user.slice, may create cgroups of any name. A whole node
    /// may itself run in a container (kind); its pods are inside that container.
    /// </summary>
    public static CgroupNames Parse(string path)
    {
        if (path.StartsWith(Cut, StringComparison.Ordinal))
            return new CgroupNames("", "", IsUnknown: true);
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int root = Array.FindIndex(parts, p => p.Contains(Root, StringComparison.Ordinal));
        bool isUsers = root > 0 && parts[0] == UserSlice && !parts.Take(root).Any(p => IsId(Unwrap(p)));
        for (int i = 0; i < parts.Length && !isUsers; i++)
        {
            // kubepods-burstable-pod<uid>.slice:cri-containerd:<id>
            string[] fields = parts[i].Split(':');
            if (PodOf(fields[0], isBelowRoot: root >= 0 && root < i) is not { } pod)
                continue;
            return new CgroupNames(pod, Unwrap(fields.Length > 1 ? fields[^1] : i + 1 < parts.Length ? parts[i + 1] : ""));
        }
        return new CgroupNames("", parts.Reverse().Select(p => Unwrap(p[(p.LastIndexOf(':') + 1)..])).FirstOrDefault(IsId, ""));
    }

    /// <summary>
    /// The uid of a pod, from <c>pod&lt;uid&gt;</c> below <c>kubepods</c>, or from <c>kubepods-besteffort-pod&lt;uid&gt;.slice</c>, where
    /// systemd replaces each dash of the uid by an underscore; null: not a pod.
    /// </summary>
    private static string? PodOf(string part, bool isBelowRoot)
    {
        const string slice = ".slice", mark = "-pod", prefix = "pod";
        if (part.EndsWith(slice, StringComparison.Ordinal) && part.Contains(Root, StringComparison.Ordinal))
        {
            int at = part.LastIndexOf(mark, StringComparison.Ordinal);
            return at < 0 ? null : part[(at + mark.Length)..^slice.Length].Replace('_', '-');
        }
        bool isPod = part.StartsWith(prefix, StringComparison.Ordinal) && part.Length > prefix.Length && isBelowRoot;
        return isPod ? part[prefix.Length..] : null;
    }

    /// <summary>The container's id in a name such as <c>docker-&lt;id&gt;.scope</c>; empty for a scope that is not a container.</summary>
    private static string Unwrap(string part)
    {
        string name = part.EndsWith(Scope, StringComparison.Ordinal) ? part[..^Scope.Length] : part;
        if (Array.Exists(s_monitors, m => name.StartsWith(m, StringComparison.Ordinal)))
            return "";
        string prefix = Array.Find(s_runtimes, r => name.StartsWith(r, StringComparison.Ordinal)) ?? "";
        return name[prefix.Length..];
    }

    private static bool IsId(string name) => name.Length == IdLength && name.All(char.IsAsciiHexDigitLower);
}
