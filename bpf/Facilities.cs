using static TcpTracer.Bpf.KernelFeatures;

namespace TcpTracer.Bpf;

/// <summary>
/// All that recording uses of a kernel. docs/kernel-truth.md has the same as a table, and a test holds the two together. Only what is necessary is
/// necessary: each other facility is loaded or left out on its own.
/// </summary>
public static class Facilities
{
    /// <summary>The kernel's types.</summary>
    public static readonly Facility Types = new("types (BTF)", "/sys/kernel/btf/vmlinux", "finds the members of kernel structures", null);

    /// <summary>The events' way out.</summary>
    public static readonly Facility Ring = new("ring", "map BPF_MAP_TYPE_RINGBUF (5.8)", "carries events to the recorder", null);

    /// <summary>All other maps.</summary>
    public static readonly Facility Maps = new("maps", "hash, LRU hash, array, per-processor array, program array; memory that can be mapped", "hold live connections, their owners, and the counters", null);

    /// <summary>The one hook that nothing can replace.</summary>
    public static readonly Facility StateChanges = new("state changes", "tp_btf/inet_sock_set_state", "sees connections begin, be established, fail and end", null)
    {
        Ways =
        [
            new(Casts | Swaps, "state_change", "state_worker"),
            new(Swaps, "state_change", "state_worker_typed"),
            new(None, "state_change_legacy"),
        ],
    };

    /// <summary>The second program at the state changes' hook.</summary>
    public static readonly Facility SecondPrograms = new("second programs", "a second program at tp_btf/inet_sock_set_state", "sees what happens while the first program is interrupted",
        "when two connections close at the same moment on one processor, the second close may be reported late or without its byte counts")
    {
        Ways = [new(Swaps, "state_change_second")],
        Beside = StateChanges,
    };

    /// <summary>The sockets' end.</summary>
    public static readonly Facility DestroyedSockets = new("destroyed sockets", "tp_btf/tcp_destroy_sock", "makes good an end that its hook missed, and forgets what was never accepted",
        "if the kernel skips our program as a connection closes, that close is reported late; connections that nobody accepts are noticed late")
    {
        Ways = [new(Swaps, "socket_destroyed"), new(None, "socket_destroyed_legacy")],
    };

    /// <summary>The second program at the sockets' end.</summary>
    public static readonly Facility SecondDestroyed = new("second programs (destroyed sockets)", "a second program at tp_btf/tcp_destroy_sock", "sees what happens while the first program is interrupted",
        "if the kernel skips our programs as a connection closes and again as its socket is destroyed, that close is reported late")
    {
        Ways = [new(Swaps, "socket_destroyed_second")],
        Beside = DestroyedSockets,
    };

    /// <summary>Where accept() and connect() return.</summary>
    public static readonly Facility CallReturns = new("system call tracepoints", "tracepoints syscalls/sys_exit_accept, _accept4, _connect by perf event, else tp_btf/sys_exit",
        "sees accept() return with a connection, and connect() with an error before a SYN was sent",
        "an accept() is reported late: when it is found in the table of open files, or when its connection closes; a connect() that fails before it sends a SYN is not reported, and one that fails later may lack its errno")
    {
        Ways =
        [
            new(CallTracepoints | Casts | Swaps, "accept_exit", "connect_exit"),
            new(CallTracepoints | Swaps, "accept_exit_typed", "connect_exit"),
            new(CallTracepoints, "accept_exit_legacy", "connect_exit_legacy"),
            new(Casts | Swaps, "call_exit") { Cost = SystemCallTracepoints.Cost },
            new(Swaps, "call_exit_typed") { Cost = SystemCallTracepoints.Cost },
            new(None, "call_exit_legacy") { Cost = SystemCallTracepoints.Cost },
        ],
    };

    /// <summary>Requests of io_uring.</summary>
    public static readonly Facility IoUring = new("io_uring", "tp_btf/io_uring_complete", "sees an accept by io_uring, and why a connect by it failed",
        "an accept by io_uring is reported late, and without its process if the kernel closes it; a connect by io_uring that fails before it sends a SYN is not reported")
    {
        Ways = [new(IoUring3 | Swaps, "io_uring_complete_3"), new(IoUring7 | Swaps, "io_uring_complete_7"), new(IoUring4, "io_uring_complete_4")],
    };

    /// <summary>For <c>-- COMMAND</c>.</summary>
    public static readonly Facility ChildProcesses = new("child processes", "tp_btf/sched_process_fork, sched_process_free", "follows what COMMAND starts (only `record -- COMMAND`)",
        "a process is followed through its parents: one whose parent had ended before it connected is missed")
    {
        Ways = [new(FollowsChildren, "process_forked", "process_freed")],
    };

    /// <summary>For <c>-- COMMAND</c>.</summary>
    public static readonly Facility SecondFork = new("second programs (child processes)", "a second program at tp_btf/sched_process_fork", "sees a fork that interrupts another one",
        "if the kernel skips our program as a process forks, its child is not followed")
    {
        Ways = [new(FollowsChildren, "process_forked_second")],
        Beside = ChildProcesses,
    };

    /// <summary>The walk through the tables of open files.</summary>
    public static readonly Facility OlderConnections = new("older connections", "iter/task_file", "finds connections that are older than the recorder, and accepts that no hook sees",
        "connections that are older than the recorder have no events, and an accept that no hook sees is reported when its connection closes")
    {
        Ways = [new(Swaps, "open_sockets"), new(None, "open_sockets_legacy")],
    };

    /// <summary>The walk through the map of connections.</summary>
    public static readonly Facility UnseenEnds = new("unseen ends", "a program that user space calls, with bpf_for_each_map_elem (5.14), else iter/bpf_map_elem (5.9)", "finds each second what no hook saw",
        "if the kernel skips our program as a connection closes, that close is reported only when its socket is reused, or not at all")
    {
        Ways = [new(CallablePrograms | Swaps, "walk"), new(MapIterators | Swaps, "walk_iterator"), new(MapIterators, "walk_iterator_legacy")],
    };

    /// <summary>What the kernel says of a cgroup.</summary>
    public static readonly Facility CgroupNames = new("cgroup names", "struct kernfs_node", "tells the cgroup of a connection's owner before the first event in it, so that a container is known however short it lives",
        "containers are looked up in /proc/PID/cgroup: a process that has ended by then has no pod name (`?`)")
    {
        RefusedAs = [ProbeOptions.CgroupNamesFunction],
    };

    /// <summary>Numbers of processes as the kernel has them.</summary>
    public static readonly Facility ProcessNumbers = new("process numbers", "the machine's PID namespace", "makes PIDs of events the same as those that are seen here",
        "connections that are older than the recorder are not found, the recorder's own are recorded, and `record -- COMMAND` does not work");

    /// <summary>For one option.</summary>
    public static readonly Facility OthersProc = new("other users' /proc", "/proc, CAP_SYS_PTRACE", "finds the network namespace of a process", "`--netns /proc/PID/ns/net` of another user's process does not work");

    /// <summary>All of them, the necessary ones first.</summary>
    public static IReadOnlyList<Facility> All { get; } =
    [
        Types, Ring, Maps, StateChanges, SecondPrograms, DestroyedSockets, SecondDestroyed, CallReturns, IoUring, ChildProcesses, SecondFork, OlderConnections, UnseenEnds, CgroupNames,
        ProcessNumbers, OthersProc,
    ];

    /// <summary>Those that are programs.</summary>
    internal static IEnumerable<Facility> Programs => All.Where(f => f.Ways.Count > 0);
}

/// <summary>A facility that this recording does without, or has only in a worse way.</summary>
/// <param name="Facility">Which.</param>
/// <param name="Reason">Why, in the kernel's words or ours.</param>
/// <param name="Cost">What is worse; <see cref="Facility.Without"/> where it is missing altogether.</param>
public sealed record Limitation(Facility Facility, string Reason, string Cost)
{
    /// <summary>Whether it is missing altogether.</summary>
    public bool IsMissing => Cost == Facility.Without;
}
