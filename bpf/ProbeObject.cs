using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The object that the probes were compiled to: its programs and its maps, before and after they are loaded.</summary>
internal sealed unsafe class ProbeObject : IDisposable
{
    private const int MostListeners = 16_384;

    /// <summary>From here on a task may be pre-empted at a tracepoint (probes/context.h).</summary>
    private static readonly Version s_preemptible = new(7, 0);

    private readonly Dictionary<string, nint> _programs = new(StringComparer.Ordinal);

    private ProbeObject(BpfObjectHandle handle)
    {
        Handle = handle;
        for (nint program = LibBpf.bpf_object__next_program(handle, 0); program != 0; program = LibBpf.bpf_object__next_program(handle, program))
            _programs.Add(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LibBpf.bpf_program__name(program))), program);
    }

    public BpfObjectHandle Handle { get; }

    /// <summary>Asks the kernel to load some of the programs, and no other.</summary>
    /// <param name="options">What they are to select, and how large the maps are.</param>
    /// <param name="ways">The programs.</param>
    /// <param name="error">The errno with which one of them was refused; 0: none was.</param>
    /// <returns>Null: one was refused. Then none is loaded.</returns>
    public static ProbeObject? TryLoad(ProbeOptions options, IReadOnlyCollection<ProgramSet> ways, out int error)
    {
        const int notPermitted = 1;
        var wanted = ways.SelectMany(w => w.Programs).ToHashSet(StringComparer.Ordinal);
        LibBpfLog.Start();
        error = wanted.Any(options.RefusesToLoad) ? notPermitted : 0;
        if (error != 0)
            return null;
        ProbeObject probes = OpenEmbedded(ways.Any(w => w.Needs.HasFlag(KernelFeatures.Casts)));
        foreach ((string name, nint program) in probes._programs)
            _ = LibBpf.bpf_program__set_autoload(program, wanted.Contains(name));
        probes.Configure(options, legacy: ways.Any(w => w.IsLegacy));
        error = -LibBpf.bpf_object__load(probes.Handle);
        if (error == 0)
            return probes;
        probes.Dispose();
        return null;
    }

    private static ProbeObject OpenEmbedded(bool withCasts)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(withCasts ? "tcptracer.bpf.o" : "tcptracer.bpf.o.without-casts")!;
        byte[] image = new byte[resource.Length];
        resource.ReadExactly(image);
        fixed (byte* bytes = image)
        fixed (byte* name = "tcptracer\0"u8)
        {
            var open = new LibBpf.OpenOptions { Size = (nuint)sizeof(LibBpf.OpenOptions), ObjectName = name };
            var bpf = new BpfObjectHandle(LibBpf.bpf_object__open_mem(bytes, (nuint)image.Length, &open));
            return bpf.IsInvalid ? throw new ProbeException(ProbeFailure.Refused, LibBpfLog.Text) : new ProbeObject(bpf);
        }
    }

    private void Configure(ProbeOptions options, bool legacy)
    {
        nuint size;
        var config = (ProbeConfig*)LibBpf.bpf_map__initial_value(Find(".rodata"), &size);
        if (size < (nuint)sizeof(ProbeConfig))
            throw new InvalidOperationException("ProbeConfig is not laid out as struct probe_config");
        *config = new ProbeConfig
        {
            Self = (uint)Environment.ProcessId,
            Operations = options.Operations,
            ByProcess = (byte)(options.OnlyChildren || options.Pids.Count > 0 ? 1 : 0),
            ByPort = (byte)(options.Ports.Count > 0 ? 1 : 0),
            Legacy = (byte)(legacy ? 1 : 0),
            ByWorkload = (byte)(options.ByWorkload ? 1 : 0),
            Preemptible = (byte)(Environment.OSVersion.Version >= s_preemptible ? 1 : 0),
            ByAncestry = (byte)(options.OnlyChildren && !IsWanted("process_forked") ? 1 : 0),
            NoCgroupNames = (byte)(options.RefusesToLoad(ProbeOptions.CgroupNamesFunction) ? 1 : 0),
            Arguments = (byte)(options.Arguments ? 1 : 0),
        };
        int place = 0;
        foreach (uint netns in options.Netns.Count <= ProbeOptions.NetnsLimit ? options.Netns : [])
            config->Netns[place++] = netns;
        _ = LibBpf.bpf_map__set_max_entries(Find("ring"), (uint)options.RingBytes);
        _ = LibBpf.bpf_map__set_max_entries(Find("connections"), (uint)options.MaxConnections);
        _ = LibBpf.bpf_map__set_max_entries(Find("listeners"), (uint)Math.Min(options.MaxConnections, MostListeners));
    }

    private bool IsWanted(string program) => LibBpf.bpf_program__autoload(_programs[program]);

    /// <summary>The names of the programs that were loaded.</summary>
    public IEnumerable<string> Loaded => _programs.Where(p => LibBpf.bpf_program__fd(p.Value) >= 0).Select(p => p.Key);

    /// <summary>A program; 0: it was not loaded.</summary>
    public nint Program(string name) => LibBpf.bpf_program__fd(_programs[name]) >= 0 ? _programs[name] : 0;

    /// <summary>A map of the loaded object.</summary>
    public BpfMap Map(string name) => new(LibBpf.bpf_map__fd(Find(name)));

    private nint Find(string name)
    {
        nint map = LibBpf.bpf_object__find_map_by_name(Handle, name);
        return map != 0 ? map : throw new InvalidOperationException($"the probes have no map {name}");
    }

    /// <summary>Puts keys into a map that is a set.</summary>
    public void Fill<TKey>(string map, IEnumerable<TKey> keys) where TKey : unmanaged
    {
        const byte present = 1;
        BpfMap set = Map(map);
        foreach (TKey key in keys)
            _ = set.Set(key, present);
    }

    /// <summary>Lets other programs jump to this one.</summary>
    public void Employ(string worker)
    {
        const uint first = 0;
        if (!Map("workers").Set(first, LibBpf.bpf_program__fd(_programs[worker])))
            throw new ProbeException(ProbeFailure.Refused, $"{worker}: the kernel does not let other programs jump to it");
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
