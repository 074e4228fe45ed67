using System.Globalization;
using DuckDB.NET.Data;
using TcpTracer.Bench;

// tcptracer-bench generate FILE EVENTS   the synthetic trace, and how fast it was written from memory to disk
// tcptracer-bench pcap FILE EVENTS       the packets of the same connections
// tcptracer-bench names FOLDER EVENTS    what naming them costs, in a large cluster
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
        Console.Error.WriteLine("usage: tcptracer-bench generate|pcap|names FILE EVENTS, or sql STATEMENT...");
        return 2;
}
