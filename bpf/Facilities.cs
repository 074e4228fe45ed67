using static TcpTracer.Bpf.KernelFeatures;
using static TcpTracer.Bpf.ProbeProgram;

namespace TcpTracer.Bpf;

/// <summary>
/// All that recording uses of a kernel. docs/kernel-truth.md has the same as a table, and a test compares the two. A few
/// facilities are necessary. Each of the others is loaded or left out on its own.
/// </summary>
public static class Facilities
{
    /// <summary>The type information of the kernel.</summary>
    public static readonly Facility Types = new("types (BTF)", "/sys/kernel/btf/vmlinux", "finds the members of kernel structures", null);

    /// <summary>Brings events to user space.</summary>
    public static readonly Facility Ring = new("ring", "map BPF_MAP_TYPE_RINGBUF (5.8)", "carries events to the recorder", null);

    /// <summary>All other maps.</summary>
    public static readonly Facility Maps = new("maps",
        "hash, LRU hash, array, per-processor array, program array; memory that can be mapped",
        "hold live connections, their owners, and the counters", null);

    /// <summary>The one hook that nothing can replace.</summary>
    public static readonly Facility StateChanges = new("state changes", "tp_btf/inet_sock_set_state",
        "sees connections begin, be established, fail and end", null)
    {
        Ways =
        [
            new(Casts | Swaps, "state_change", Worker("state_worker")),
            new(Swaps, "state_change", Typed(Worker("state_worker"))),
            new(None, Legacy("state_change")),
        ],
    };

    /// <summary>The second program at the hook of <see cref="StateChanges"/>.</summary>
    public static readonly Facility SecondPrograms = new("second programs",
        "a second program at tp_btf/inet_sock_set_state",
        "sees what happens while the first program is interrupted",
        "when two connections close at the same moment on one processor, the second close may be reported late or without its byte counts")
    {
        Ways = [new(Swaps, "state_change_second")],
        Beside = StateChanges,
    };

    /// <summary>The end of sockets.</summary>
    public static readonly Facility DestroyedSockets = new("destroyed sockets", "tp_btf/tcp_destroy_sock",
        "makes good an end that its hook missed, and forgets what was never accepted",
        "if the kernel skips our program as a connection closes, that close is reported late; "
        + "connections that nobody accepts are noticed late")
    {
        Ways = [new(Swaps, "socket_destroyed"), new(None, Legacy("socket_destroyed"))],
    };

    /// <summary>The second program at the hook of <see cref="DestroyedSockets"/>.</summary>
    public static readonly Facility SecondDestroyed = new("second programs (destroyed sockets)",
        "a second program at tp_btf/tcp_destroy_sock",
        "sees what happens while the first program is interrupted",
        "if the kernel skips our programs as a connection closes and again as its socket is destroyed, that close is reported late")
    {
        Ways = [new(Swaps, "socket_destroyed_second")],
        Beside = DestroyedSockets,
    };

    /// <summary>The return of accept() and connect().</summary>
    public static readonly Facility CallReturns = new("system call tracepoints",
        "tracepoints syscalls/sys_exit_accept, _accept4, _connect by perf event, else tp_btf/sys_exit",
        "sees accept() return with a connection, and connect() with an error before a SYN was sent",
        "an accept() is reported late: when it is found in the table of open files, or when its connection closes; "
        + "a connect() that fails before it sends a SYN is not reported, and one that fails later may lack its errno")
    {
        Ways =
        [
            new(CallTracepoints | Casts | Swaps, "accept_exit", "connect_exit"),
            new(CallTracepoints | Swaps, Typed("accept_exit"), "connect_exit"),
            new(CallTracepoints, Legacy("accept_exit"), Legacy("connect_exit")),
            new(Casts | Swaps, "call_exit") { Cost = SystemCallTracepoints.CostOfWatchingAllCalls },
            new(Swaps, Typed("call_exit")) { Cost = SystemCallTracepoints.CostOfWatchingAllCalls },
            new(None, Legacy("call_exit")) { Cost = SystemCallTracepoints.CostOfWatchingAllCalls },
        ],
    };

    /// <summary>Requests of io_uring.</summary>
    public static readonly Facility IoUring = new("io_uring", "tp_btf/io_uring_complete",
        "sees an accept by io_uring, and why a connect by it failed",
        "an accept by io_uring is reported late, and without its process if the kernel closes it; "
        + "a connect by io_uring that fails before it sends a SYN is not reported")
    {
        Ways =
        [
            new(IoUring3 | Swaps, "io_uring_complete_3"),
            new(IoUring7 | Swaps, "io_uring_complete_7"),
            new(IoUring4, "io_uring_complete_4"),
        ],
    };

    /// <summary>Fork and exit, for <c>record -- COMMAND</c>.</summary>
    public static readonly Facility ChildProcesses = new("child processes",
        "tp_btf/sched_process_fork, sched_process_free",
        "follows what COMMAND starts (only `record -- COMMAND`)",
        "a process is followed through its parents: one whose parent had ended before it connected is missed")
    {
        Ways = [new(FollowsChildren, "process_forked", "process_freed")],
    };

    /// <summary>The second program at the hook of fork.</summary>
    public static readonly Facility SecondFork = new("second programs (child processes)",
        "a second program at tp_btf/sched_process_fork",
        "sees a fork that interrupts another one",
        "if the kernel skips our program as a process forks, its child is not followed")
    {
        Ways = [new(FollowsChildren, "process_forked_second")],
        Beside = ChildProcesses,
    };

    /// <summary>The walk through the tables of open files.</summary>
    public static readonly Facility OlderConnections = new("older connections", "iter/task_file",
        "finds connections that are older than the recorder, and accepts that no hook sees",
        "connections that are older than the recorder have no events, "
        + "and an accept that no hook sees is reported when its connection closes")
    {
        Ways = [new(Swaps, "open_sockets"), new(None, Legacy("open_sockets"))],
    };

    /// <summary>The walk through the map of connections.</summary>
    public static readonly Facility UnseenEnds = new("unseen ends",
        "a program that user space calls, with bpf_for_each_map_elem (5.14), else iter/bpf_map_elem (5.9)",
        "finds each second what no hook saw",
        "if the kernel skips our program as a connection closes, that close is reported only when its socket is reused, or not at all")
    {
        Ways =
        [
            new(CallablePrograms | Swaps, "walk"),
            new(MapIterators | Swaps, "walk_iterator"),
            new(MapIterators, Legacy("walk_iterator")),
        ],
    };

    /// <summary>The names of cgroups.</summary>
    public static readonly Facility CgroupNames = new("cgroup names", "struct kernfs_node",
        "tells the cgroup of a connection's owner before the first event in it, so that a container is known however short it lives",
        "containers are looked up in /proc/PID/cgroup: a process that has ended by then has no pod name (`?`)")
    {
        RefusedAs = [ProbeOptions.CgroupNamesFunction],
    };

    /// <summary>The numbers of processes, as the kernel has them.</summary>
    public static readonly Facility ProcessNumbers = new("process numbers", "the machine's PID namespace",
        "makes PIDs of events the same as those that are seen here",
        "connections that are older than the recorder are not found, the recorder's own are recorded, "
        + "and `record -- COMMAND` does not work");

    /// <summary>For the option <c>--netns /proc/PID/ns/net</c>.</summary>
    public static readonly Facility OthersProc = new("other users' /proc", "/proc, CAP_SYS_PTRACE",
        "finds the network namespace of a process",
        "`--netns /proc/PID/ns/net` of another user's process does not work");

    /// <summary>All of them, the necessary ones first.</summary>
    public static IReadOnlyList<Facility> All { get; } =
    [
        Types, Ring, Maps, StateChanges, SecondPrograms, DestroyedSockets, SecondDestroyed, CallReturns, IoUring, ChildProcesses,
        SecondFork, OlderConnections, UnseenEnds, CgroupNames, ProcessNumbers, OthersProc,
    ];

    /// <summary>The facilities that consist of programs.</summary>
    internal static IEnumerable<Facility> Programs => All.Where(f => f.Ways.Count > 0);
}
