using System.Globalization;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Bench.Cluster;

/// <summary>Writes what each node of a cluster would have recorded: FOLDER/node-000.tct and so on.</summary>
internal static class ClusterTraces
{
    private const long BeginNs = 1_764_000_000_000_000_000;
    private const double ConnectionsOfNode = 250; // a second: a thousand events
    private static readonly TimeSpan s_worstClock = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes them. Prints for each node its name, how far its clock is ahead in nanoseconds, and its events.</summary>
    public static void Write(string folder, int nodes, long connections)
    {
        var traffic = new ClusterTraffic(nodes, nodes * ConnectionsOfNode, s_worstClock);
        FileStream[] files = [.. Enumerable.Range(0, nodes).Select(n =>
            new FileStream(Path.Combine(folder, $"{ClusterTraffic.NameOf(n)}.tct"), FileMode.Create, FileAccess.Write, FileShare.Read, 0))];
        TraceWriter[] writers = [.. files.Select((f, n) => new TraceWriter(f, traffic.HeaderOf(n, BeginNs), TimeSpan.FromSeconds(1)))];
        long[] events = new long[nodes];
        foreach ((long _, int node, TcpEvent e) in traffic.Events(connections))
        {
            writers[node].OnEvent(in e);
            events[node]++;
        }
        for (int n = 0; n < nodes; n++)
        {
            writers[n].Finish(new TraceEnd("count", events[n], events[n], 0));
            files[n].Dispose();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ClusterTraffic.NameOf(n)} {traffic.OffsetOf(n)} {events[n]}"));
        }
    }
}
