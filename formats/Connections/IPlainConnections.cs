using TcpTracer.Formats.Sinks;

namespace TcpTracer.Formats.Connections;

/// <summary>
/// Takes most connections without their events: those of which one end was seen, from its connect or its accept to its orderly end, within
/// a batch. All others come as rows, in order with these.
/// </summary>
public interface IPlainConnections
{
    /// <summary>Takes a connection.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="end">A plain end of it, which is the near end of the connection, and the only one.</param>
    void OnPlain(EventBatch batch, in WholeEnd end);
}
