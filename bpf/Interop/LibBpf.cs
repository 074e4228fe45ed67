using System.Reflection;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf.Interop;

/// <summary>
/// The functions of libbpf, as its headers declare them. libbpf is linked statically into the Native AOT executable; otherwise it
/// is found as libbpf.so.1. On failure a function that returns a pointer returns NULL and sets errno; one that returns int
/// returns a negative errno (since libbpf 1.0).
/// </summary>
internal static unsafe partial class LibBpf
{
    private const string Name = "libbpf";

    static LibBpf() => NativeLibrary.SetDllImportResolver(typeof(LibBpf).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Name && NativeLibrary.TryLoad("libbpf.so.1", assembly, path, out nint handle) ? handle : 0;

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenOptions
    {
        public nuint Size;
        public byte* ObjectName;
        public byte RelaxedMaps;
        public byte* PinRootPath;
        public uint Padding;
        public byte* Kconfig;
        public byte* BtfCustomPath;
        public byte* KernelLogBuf;
        public nuint KernelLogSize;
        public uint KernelLogLevel;
        public uint Padding2;
    }

    /// <summary>struct bpf_iter_attach_opts: whose entries to walk.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IteratorOptions
    {
        public nuint Size;
        public void* Target;
        public uint TargetSize;
        private readonly uint _padding;
    }

    /// <summary>struct bpf_test_run_opts: here the program gets no context and returns only its result.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TestRunOptions
    {
        public nuint Size;
        public void* DataIn;
        public void* DataOut;
        public uint DataSizeIn;
        public uint DataSizeOut;
        public void* ContextIn;
        public void* ContextOut;
        public uint ContextSizeIn;
        public uint ContextSizeOut;
        public uint Result;
        public int Repeat;
        public uint Duration;
        public uint Flags;
        public uint Processor;
        public uint BatchSize;
    }

    [LibraryImport(Name)] internal static partial uint libbpf_major_version();
    [LibraryImport(Name)] internal static partial uint libbpf_minor_version();
    [LibraryImport(Name)] internal static partial nint libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, nint, int> print);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint bpf_object__open_mem(byte* buffer, nuint size, OpenOptions* options);
    [LibraryImport(Name)] internal static partial int bpf_object__load(BpfObjectHandle bpf);
    [LibraryImport(Name)] internal static partial void bpf_object__close(nint bpf);
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_map_by_name(BpfObjectHandle bpf, string name);
    [LibraryImport(Name)] internal static partial nint bpf_object__next_program(BpfObjectHandle bpf, nint previous);

    [LibraryImport(Name)] internal static partial byte* bpf_program__name(nint program);
    [LibraryImport(Name)] internal static partial int bpf_program__fd(nint program);
    [return: MarshalAs(UnmanagedType.U1)]
    [LibraryImport(Name)] internal static partial bool bpf_program__autoload(nint program);
    [LibraryImport(Name)] internal static partial int bpf_program__set_autoload(nint program, [MarshalAs(UnmanagedType.U1)] bool load);
    [LibraryImport(Name, SetLastError = true)] internal static partial nint bpf_program__attach(nint program);
    [LibraryImport(Name, SetLastError = true)] internal static partial nint bpf_program__attach_perf_event(nint program, int perfEvent);
    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint bpf_program__attach_iter(nint program, IteratorOptions* options);
    [LibraryImport(Name)] internal static partial int bpf_link__fd(LinkHandle link);
    [LibraryImport(Name)] internal static partial int bpf_link__destroy(nint link);
    [LibraryImport(Name)] internal static partial int bpf_iter_create(int link);

    [LibraryImport(Name)] internal static partial int bpf_prog_test_run_opts(int program, TestRunOptions* options);

    [LibraryImport(Name)] internal static partial int bpf_map__fd(nint map);
    [LibraryImport(Name)] internal static partial int bpf_map__set_max_entries(nint map, uint count);
    [LibraryImport(Name)] internal static partial void* bpf_map__initial_value(nint map, nuint* size);
    [LibraryImport(Name)] internal static partial int bpf_map_update_elem(int map, void* key, void* value, ulong flags);
    [LibraryImport(Name)] internal static partial int bpf_map_lookup_elem(int map, void* key, void* value);
    [LibraryImport(Name)] internal static partial int bpf_map_get_next_key(int map, void* key, void* next);
    [LibraryImport(Name)] internal static partial int bpf_obj_get_info_by_fd(int fd, void* info, uint* size);
    [LibraryImport(Name)] internal static partial int libbpf_num_possible_cpus();

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint ring_buffer__new(
        int map, delegate* unmanaged[Cdecl]<void*, void*, nuint, int> sample, void* context, nint options);
    [LibraryImport(Name)] internal static partial int ring_buffer__consume(RingBufferHandle ring);
    [LibraryImport(Name)] internal static partial void ring_buffer__free(nint ring);

    [LibraryImport(Name, SetLastError = true)] internal static partial nint btf__load_vmlinux_btf();
    [LibraryImport(Name)] internal static partial void btf__free(nint btf);
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int btf__find_by_name_kind(BtfHandle btf, string name, uint kind);
    [LibraryImport(Name)] internal static partial uint* btf__type_by_id(BtfHandle btf, uint id);
}
