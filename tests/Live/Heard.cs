using TcpTracer.Bpf;

namespace TcpTracer.Tests.Live;

/// <summary>Everything that came out of a probe's ring, in order.</summary>
internal sealed class Heard : List<RawTcpEvent>, IRawEventReceiver
{
    /// <summary>The cgroups that were reported.</summary>
    public List<RawCgroup> Cgroups { get; } = [];

    public void OnRawEvent(in RawTcpEvent raw) => Add(raw);

    public void OnRawCgroup(in RawCgroup raw) => Cgroups.Add(raw);

    /// <summary>The executables that were reported.</summary>
    public List<RawImage> Images { get; } = [];

    public void OnRawImage(in RawImage raw) => Images.Add(raw);

    public RawTcpEvent[] Take()
    {
        RawTcpEvent[] all = [.. this];
        Clear();
        return all;
    }
}
