using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>What the running kernel's own type information says.</summary>
internal sealed unsafe class KernelBtf : IDisposable
{
    private const uint KindTypedef = 8, KindFunction = 12;
    private readonly BtfHandle _btf = new(LibBpf.btf__load_vmlinux_btf());

    /// <summary>Whether there is any that can be read.</summary>
    public bool IsReadable => !_btf.IsInvalid;

    /// <summary>How many arguments a tracepoint hands over; 0: there is no such tracepoint.</summary>
    public int TracepointArity(string name)
    {
        if (_btf.IsInvalid)
            return 0;
        int id = LibBpf.btf__find_by_name_kind(_btf, "btf_trace_" + name, KindTypedef);
        if (id <= 0)
            return 0;
        uint* type = LibBpf.btf__type_by_id(_btf, (uint)id); // struct btf_type: name, info, type. typedef -> pointer -> function prototype
        type = LibBpf.btf__type_by_id(_btf, type[2]);
        type = LibBpf.btf__type_by_id(_btf, type[2]);
        return (int)(type[1] & 0xffff) - 1; // the first argument is the tracer's own
    }

    /// <summary>Whether it can walk a map and run a program for each entry (5.9).</summary>
    public bool CanWalkMaps => !_btf.IsInvalid && LibBpf.btf__find_by_name_kind(_btf, "bpf_iter_bpf_map_elem", KindFunction) > 0;

    /// <summary>Whether user space can call a program (BPF_PROG_TYPE_SYSCALL, 5.14), which can walk a map (5.13).</summary>
    public bool CanCallPrograms => !_btf.IsInvalid && LibBpf.btf__find_by_name_kind(_btf, "bpf_for_each_map_elem", KindFunction) > 0
        && LibBpf.btf__find_by_name_kind(_btf, "bpf_prog_test_run_syscall", KindFunction) > 0;

    public void Dispose() => _btf.Dispose();
}
