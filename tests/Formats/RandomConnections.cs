using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Formats;

/// <summary>Random events among which many connections have events at both of their ends.</summary>
internal static class RandomConnections
{
    private const ulong Flows = 500;
    private const long Range = long.MaxValue / 8; // beyond it DuckDB takes a time for infinity

    public static TcpEvent[] Events(ulong seed, int count) => [.. RandomTraffic.Events(seed, count).Select(e => e with
    {
        Flow = e.Flow == 0 ? 0 : e.Flow % Flows + 1,
        TimestampNs = Math.Clamp(e.TimestampNs, -Range, Range),
        StartNs = Math.Clamp(e.StartNs, -Range, Range),
    })];
}
