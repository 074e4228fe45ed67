using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Replay.Calls;

/// <summary>Where to look at one connection: <c>show -F 'conn == ...'</c> prints its events.</summary>
/// <param name="StartNs">When it began, in nanoseconds since 1970.</param>
/// <param name="Conn">The field <c>conn</c> of its near end.</param>
/// <param name="Node">The node of that end.</param>
/// <param name="Comm">The command of that end.</param>
/// <param name="Pid">The process of that end; 0: not known.</param>
public sealed record CallExample(long StartNs, string Conn, SafeText Node, SafeText Comm, uint Pid)
{
    /// <summary>The field <c>conn</c> of an event.</summary>
    internal static string ConnOf(in TcpEvent e) => $"{e.StartNs:x}.{e.StartCpu:x}";

    internal static CallExample Of(EventBatch batch, in WholeEnd end)
    {
        batch.Read(end.Last, out TcpEvent e);
        return new CallExample(end.StartWallNs, ConnOf(in e), e.Workload.Node, e.Process.Comm, e.Process.Pid);
    }

    internal static CallExample Of(in TcpEvent row) => new(row.Connection!.StartNs, ConnOf(in row),
        row.Workload.Node, row.Process.Comm, row.Process.Pid);
}
