namespace TcpTracer.Formats.Workloads;

/// <summary>What the path of a cgroup says: kubelet and the runtimes put the pod's uid and the container's id into it.</summary>
/// <param name="PodUid">Empty: not in a pod.</param>
/// <param name="ContainerId">Empty: not in a container.</param>
/// <param name="IsUnknown">The path is cut, so that nobody can say.</param>
public readonly record struct CgroupNames(string PodUid, string ContainerId, bool IsUnknown = false)
{
    /// <summary>What a path begins with whose outermost names are missing.</summary>
    public const string Cut = "...";

    private const int IdLength = 64;
    private const string Scope = ".scope", Root = "kubepods", UserSlice = "user.slice";

    // Processes that only watch over a container, before its own
    private static readonly string[] s_monitors = ["crio-conmon-", "libpod-conmon-"];
    private static readonly string[] s_runtimes = ["cri-containerd-", "crio-", "docker-", "libpod-", "nerdctl-"];

    /// <summary>Neither in a pod nor in a container.</summary>
    public bool IsHost => !IsUnknown && string.IsNullOrEmpty(PodUid) && string.IsNullOrEmpty(ContainerId);

    /// <summary>
    /// Reads a path, of whatever driver and runtime. The outermost pod counts, and of it the outermost container: whoever may make cgroups in a container, or as
    /// a user below user.slice, can call them what he likes. A whole node in a container (kind) has its pods in there.
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

    /// <summary><c>pod&lt;uid&gt;</c> below <c>kubepods</c>, or <c>kubepods-besteffort-pod&lt;uid&gt;.slice</c>, in which systemd wants no dashes.</summary>
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

    /// <summary>The id alone, of <c>docker-&lt;id&gt;.scope</c>; empty for what is no container.</summary>
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
