namespace TcpTracer.Bpf;

/// <summary>Whether a cgroup is selected. The numbers are those of <c>enum verdict</c> in probes/maps.h.</summary>
public enum CgroupVerdict : byte
{
    /// <summary>It is selected, or that is not decided yet.</summary>
    None = 0,

    /// <summary>It belongs to a container that is not selected.</summary>
    ContainerUnwanted = 1,

    /// <summary>It belongs to the host, which is not selected. On a machine with two hierarchies, both must say so.</summary>
    HostUnwanted = 2,
}
