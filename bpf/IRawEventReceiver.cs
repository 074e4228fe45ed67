namespace TcpTracer.Bpf;

/// <summary>
/// Takes the records of the ring, on the thread that calls <see cref="TcpProbe.Read"/>. A reference is good only during its call.
/// </summary>
public interface IRawEventReceiver
{
    /// <summary>An event. An exception comes out of <see cref="TcpProbe.Read"/>.</summary>
    void OnRawEvent(in RawTcpEvent raw);

    /// <summary>The names of a cgroup, before the first event in it.</summary>
    void OnRawCgroup(in RawCgroup raw);

    /// <summary>The executable of a process, before the first event of it.</summary>
    void OnRawImage(in RawImage raw);
}
