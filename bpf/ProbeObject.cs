using System.Reflection;
using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The object that the probes were compiled to: its programs and its maps, before and after they are loaded. Owns it.</summary>
internal sealed unsafe class ProbeObject : IDisposable
{
    private const int MostListeners = 16_384;

    /// <summary>From this version on a task may be pre-empted at a tracepoint (probes/context.h).</summary>
    private static readonly Version s_preemptible = new(7, 0);

    private readonly Dictionary<string, nint> _programs = new(StringComparer.Ordinal);

    private ProbeObject(BpfObjectHandle handle)
    {
        Handle = handle;
        nint program = 0;
        while ((program = LibBpf.bpf_object__next_program(handle, program)) != 0)
            _programs.Add(Marshal.PtrToStringUTF8((nint)LibBpf.bpf_program__name(program))!, program);
    }

    /// <summary>For handles into the object.</summary>
    public BpfObjectHandle Handle { get; }

    /// <summary>Asks the kernel to load these programs, and no others.</summary>
    /// <param name="options">What the programs select, and the sizes of the maps.</param>
    /// <param name="ways">The programs.</param>
    /// <param name="error">The errno with which the kernel refused one of them; 0: it refused none.</param>
    /// <returns>The loaded object, which the caller owns; null: one program was refused, and none is loaded.</returns>
    public static ProbeObject? TryLoad(ProbeOptions options, IReadOnlyCollection<ProgramSet> ways, out int error)
    {
        const int notPermitted = 1;
        var wanted = ways.SelectMany(w => w.Programs).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
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
        string embedded = withCasts ? "tcptracer.bpf.o" : "tcptracer.bpf.o.without-casts";
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(embedded)!;
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

    /// <summary>The names of the loaded programs.</summary>
    public IEnumerable<string> Loaded => _programs.Where(p => LibBpf.bpf_program__fd(p.Value) >= 0).Select(p => p.Key);

    /// <summary>A program, good as long as this object; 0: it was not loaded.</summary>
    public nint Program(string name) => LibBpf.bpf_program__fd(_programs[name]) >= 0 ? _programs[name] : 0;

    /// <summary>A map of the loaded object.</summary>
    public BpfMap Map(string name) => new(LibBpf.bpf_map__fd(Find(name)));

    private nint Find(string name)
    {
        nint map = LibBpf.bpf_object__find_map_by_name(Handle, name);
        return map != 0 ? map : throw new InvalidOperationException($"the probes have no map {name}");
    }

    /// <summary>Inserts keys into a map that is a set.</summary>
    public void Fill<TKey>(string map, IEnumerable<TKey> keys) where TKey : unmanaged
    {
        const byte present = 1;
        BpfMap set = Map(map);
        foreach (TKey key in keys)
            _ = set.Set(key, present);
    }

    /// <summary>Lets other programs jump to this one.</summary>
    /// <exception cref="ProbeException">The kernel refuses it.</exception>
    public void RegisterWorker(string worker)
    {
        const uint first = 0;
        if (!Map("workers").Set(first, LibBpf.bpf_program__fd(_programs[worker])))
            throw new ProbeException(ProbeFailure.Refused, $"{worker}: the kernel does not let other programs jump to it");
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
