using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>libbpf: linked into the published executable, otherwise a library of the system.</summary>
public static class BpfLibrary
{
    /// <summary>Whether the program is built to run everywhere, and so has neither probes nor this library.</summary>
    public static bool IsLeftOut { get; } = AppContext.TryGetSwitch("TcpTracer.OnlyReplays", out bool isSet) && isSet;

    /// <summary>Its version, such as 1.1; null: there is none.</summary>
    public static string? Version
    {
        get
        {
            try
            {
                return IsLeftOut ? null : $"{LibBpf.libbpf_major_version()}.{LibBpf.libbpf_minor_version()}";
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                return null;
            }
        }
    }
}
