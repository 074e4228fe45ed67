using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Connections;

/// <summary>One end of a connection by its identity. Two nodes may use the same.</summary>
internal readonly record struct EndKey(long StartNs, uint StartCpu, SafeText Node)
{
    public static EndKey Of(in TcpEvent e) => new(e.StartNs, e.StartCpu, e.Workload.Node);

    public bool Equals(EndKey other) =>
        StartNs == other.StartNs && StartCpu == other.StartCpu && (ReferenceEquals(Node, other.Node) || Node.Equals(other.Node));

    public override int GetHashCode() => SeededHash.HashOf((ulong)StartNs, StartCpu);
}
