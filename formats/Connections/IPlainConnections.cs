using TcpTracer.Formats.Sinks;

namespace TcpTracer.Formats.Connections;

/// <summary>
/// Takes most connections without their events: those of which one end was seen, from its connect or its accept to its orderly end, within
/// a batch. All others come as rows, in order with these.
/// </summary>
public interface IPlainConnections
{
    /// <summary>Whether <see cref="OnPlain"/> is called.</summary>
    bool TakesEach => false;

    /// <summary>Takes all connections of a call of a batch, when the first of them ends.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="number">The number of the call.</param>
    void OnCall(EventBatch batch, int number);

    /// <summary>Takes one of these connections, when it ends.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="end">A plain end of it, which is the near end of the connection, and the only one.</param>
    void OnPlain(EventBatch batch, in WholeEnd end)
    {
    }
}
