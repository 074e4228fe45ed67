namespace TcpTracer.Bpf;

/// <summary>Whether events of a cgroup are wanted. The numbers are those of <c>enum verdict</c> in probes/maps.h.</summary>
public enum CgroupVerdict : byte
{
    /// <summary>They are, or nobody knows yet.</summary>
    None = 0,

    /// <summary>A container's, and it is not selected.</summary>
    ContainerUnwanted = 1,

    /// <summary>The host's, which is not selected. Where there are two hierarchies both have to say so.</summary>
    HostUnwanted = 2,
}
