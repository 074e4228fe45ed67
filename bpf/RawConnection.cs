using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>How a connection came about. The numbers are those of <c>enum role</c> in probes/maps.h.</summary>
internal enum ConnectionRole : uint
{
    /// <summary>By connect().</summary>
    Connect = 1,

    /// <summary>Established for a listener, not yet accepted: it has no owner.</summary>
    Passive = 2,

    /// <summary>As <see cref="Passive"/>, and it has ended.</summary>
    PassiveClosed = 3,

    /// <summary>By accept().</summary>
    Accept = 4,

    /// <summary>It is older than the recorder.</summary>
    Existing = 5,
}

/// <summary>
/// The part of <c>struct connection</c> in probes/maps.h that user space reads; it is the value of the map <c>connections</c>.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal readonly struct RawConnection
{
    /// <summary>How it came about.</summary>
    [FieldOffset(120)]
    public readonly ConnectionRole Role;
}
