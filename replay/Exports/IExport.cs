using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Exports;

/// <summary>Writes events in the format of another tool.</summary>
public interface IExport : IEventSink, IDisposable
{
    /// <summary>Events that the format has no place for.</summary>
    long LeftOut => 0;

    /// <summary>All events were given: writes what belongs at the end.</summary>
    void Finish();
}
