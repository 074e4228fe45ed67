using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The type information of the running kernel. Owns what libbpf read of it.</summary>
internal sealed unsafe class KernelBtf : IDisposable
{
    private const uint KindTypedef = 8, KindFunction = 12;
    private static readonly Version s_swaps = new(5, 12);
    private int? _ioUringArity;
    private readonly BtfHandle _btf;

    /// <summary>Reads the types; <see cref="IsReadable"/> tells whether that worked.</summary>
    public KernelBtf()
    {
        _btf = new BtfHandle(LibBpf.btf__load_vmlinux_btf());
        Error = Marshal.GetLastPInvokeError();
    }

    /// <summary>The errno, if the types cannot be read.</summary>
    public int Error { get; }

    /// <summary>Whether the types could be read.</summary>
    public bool IsReadable => !_btf.IsInvalid;

    /// <summary>How many arguments the tracepoint io_uring_complete has; 0: this kernel does not have it.</summary>
    public int IoUringArity => _ioUringArity ??= FindIoUringArity();

    private int FindIoUringArity()
    {
        int id = LibBpf.btf__find_by_name_kind(_btf, "btf_trace_io_uring_complete", KindTypedef);
        if (id <= 0)
            return 0;
        uint* type = LibBpf.btf__type_by_id(_btf, (uint)id); // struct btf_type: name, info, type. typedef -> pointer -> function prototype
        type = LibBpf.btf__type_by_id(_btf, type[2]);
        type = LibBpf.btf__type_by_id(_btf, type[2]);
        return (int)(type[1] & 0xffff) - 1; // the first argument is the context of the tracer
    }

    /// <summary>What the kernel has, by its types and its version. It may still refuse to let us use it.</summary>
    public KernelFeatures Features =>
        (Environment.OSVersion.Version >= s_swaps ? KernelFeatures.Swaps : 0)
        | (HasFunction("bpf_rdonly_cast") ? KernelFeatures.Casts : 0)
        | (HasFunction("bpf_prog_test_run_syscall") && HasFunction("bpf_for_each_map_elem") ? KernelFeatures.CallablePrograms : 0)
        | (HasFunction("bpf_iter_bpf_map_elem") ? KernelFeatures.MapIterators : 0)
        | IoUringArity switch
        {
            3 => KernelFeatures.IoUring3,
            7 => KernelFeatures.IoUring7,
            4 => KernelFeatures.IoUring4,
            _ => 0,
        };

    private bool HasFunction(string name) => LibBpf.btf__find_by_name_kind(_btf, name, KindFunction) > 0;

    /// <inheritdoc/>
    public void Dispose() => _btf.Dispose();
}
