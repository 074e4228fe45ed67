using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>
/// The configuration of the programs. It is set before they are loaded, and read-only then. The mirror of <c>struct probe_config</c> in
/// probes/maps.h, which explains each member.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProbeConfig
{
    public uint Self;
    public uint Operations;
    public fixed uint Netns[ProbeOptions.NetnsLimit];
    public byte ByProcess;
    public byte ByPort;
    public byte Legacy;
    public byte ByWorkload;
    public byte Preemptible;
    public byte ByAncestry;
    public byte NoCgroupNames;
    public byte Arguments;
}
