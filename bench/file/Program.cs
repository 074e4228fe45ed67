using System.Globalization;
using DuckDB.NET.Data;
using TcpTracer.Bench;
using TcpTracer.Bench.Cluster;

// tcptracer-bench generate FILE EVENTS   the synthetic trace, and how fast it was written from memory to disk
// tcptracer-bench pcap FILE EVENTS       the packets of the same connections
// tcptracer-bench names FOLDER EVENTS    what naming them costs, in a large cluster
// tcptracer-bench cluster FOLDER NODES CONNECTIONS   what each node of a cluster would have recorded
// tcptracer-bench live EXECUTABLE FOLDER NODES EVENTS_PER_SECOND SECONDS   `tcptracer cluster` on nodes whose events happen now
// tcptracer-bench sql STATEMENT...       DuckDB, in a process of its own
switch (args)
{
    case ["generate", var file, var events]:
        Generator.WriteTrace(file, int.Parse(events, CultureInfo.InvariantCulture));
        return 0;
    case ["pcap", var file, var events]:
        using (var packets = new PacketCapture(file))
            packets.Write(Generator.Events(int.Parse(events, CultureInfo.InvariantCulture)));
        return 0;
    case ["names", var folder, var events]:
        NamesBench.Run(folder, int.Parse(events, CultureInfo.InvariantCulture));
        return 0;
    case ["cluster", var folder, var nodes, var connections]:
        ClusterTraces.Write(folder, int.Parse(nodes, CultureInfo.InvariantCulture), long.Parse(connections, CultureInfo.InvariantCulture));
        return 0;
    case ["live", var executable, var folder, var nodes, var rate, var seconds]:
        return LiveCluster.Run(executable, folder, int.Parse(nodes, CultureInfo.InvariantCulture), int.Parse(rate, CultureInfo.InvariantCulture),
            int.Parse(seconds, CultureInfo.InvariantCulture));
    case ["sql", .. var statements]:
        using (var duck = new DuckDBConnection("DataSource=:memory:"))
        {
            duck.Open();
            foreach (string statement in statements)
            {
                using DuckDBCommand command = duck.CreateCommand();
                command.CommandText = statement;
                command.ExecuteNonQuery();
            }
        }
        return 0;
    default:
        Console.Error.WriteLine("usage: tcptracer-bench generate|pcap|names FILE EVENTS, cluster FOLDER NODES CONNECTIONS, live EXECUTABLE FOLDER NODES RATE SECONDS, or sql STATEMENT...");
        return 2;
}
