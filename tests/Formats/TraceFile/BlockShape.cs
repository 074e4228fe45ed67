using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>A block of events of any size, in as few bytes as the format allows.</summary>
internal sealed record BlockShape
{
    public int Rows { get; init; } = 1;

    /// <summary>The encoding of its columns: constant, or another one that takes no bytes either.</summary>
    public int Encoding { get; init; }

    /// <summary>How often each dictionary is in it.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>Entries of its tables, whose columns are constant, too.</summary>
    public int Locals { get; init; } = 1;

    public int Remotes { get; init; } = 1;

    public int Kinds { get; init; } = 1;

    public int Processes { get; init; } = 1;

    public int Addresses { get; init; } = 1;

    public int Others { get; init; }

    /// <summary>The name of all commands.</summary>
    public byte[] Command { get; init; } = [(byte)'c'];

    public ulong Cgroup { get; init; } = 1;

    /// <summary>
    /// Whether all processes have the same pid, and each has a cgroup of its own. The numbers of the cgroups are chosen so that all have
    /// the same hash code in .NET.
    /// </summary>
    public bool Collides { get; init; }

    /// <summary>The trace that all processes are of, in a merged one.</summary>
    public int Source { get; init; }

    /// <summary>The command line of all processes.</summary>
    public byte[] Arguments { get; init; } = [];

    /// <summary>Whether it is padded to the bytes that so many rows need.</summary>
    public bool IsPadded { get; init; } = true;

    /// <summary>An unknown key, at the front.</summary>
    public TraceBytes.Filler? Unknown { get; init; }

    public byte[] Pack() => TraceBytes.Pack((ref MessagePackWriter to) =>
    {
        to.WriteMapHeader(6 + (Unknown is null ? 0 : 1) + (IsPadded ? 1 : 0));
        to.Write("t");
        to.Write("events");
        if (IsPadded)
        {
            byte[] padding = new byte[Math.Min(Rows, TraceLimits.Rows + 1) / TraceLimits.RowsPerByte];
            new Random(1).NextBytes(padding);
            to.Write("padding");
            to.Write(padding);
        }
        if (Unknown is not null)
        {
            to.Write("unknown");
            Unknown(ref to);
        }
        to.Write("n");
        to.Write(Rows);
        to.Write("openings");
        to.Write(Rows);
        to.Write("clock");
        ClockCodec.Write(ref to, TraceBytes.Clock);
        to.Write("d");
        to.WriteMapHeader(6 * Repeats);
        for (int i = 0; i < Repeats; i++)
            WriteDictionaries(ref to);
        to.Write("c");
        to.WriteMapHeader(EventColumns.Count);
        for (EventColumn column = 0; (int)column < EventColumns.Count; column++)
        {
            to.Write(EventColumns.NameOf(column));
            to.WriteArrayHeader(6);
            foreach (long number in new[] { Encoding, 0L, 0L })
                to.Write(number);
            to.Write(Array.Empty<byte>());
            to.Write(0);
            to.Write(EventColumns.RowsOf(column) == RowSet.Opening ? -1 : 0);
        }
    });

    /// <summary>The block as a frame.</summary>
    public byte[] Frame() => TraceBytes.Frame(Pack());

    private void WriteDictionaries(ref MessagePackWriter to)
    {
        to.Write("kind");
        to.WriteArrayHeader(Kinds);
        for (int i = 0; i < Kinds; i++)
        {
            to.WriteArrayHeader(5);
            foreach (int number in new[] { 3, 1, 1, 0, i })
                to.Write(number);
        }
        to.Write("process");
        to.WriteArrayHeader(Processes);
        for (int i = 0; i < Processes; i++)
        {
            uint pid = Collides ? 7 : (uint)i, tid = Collides ? (uint)i : 0;
            ulong cgroup = Collides ? (ulong)i << 32 | (uint)i : Cgroup;
            SafeText comm = new(Command), parentComm = new(Command), arguments = new(Arguments);
            var process = new ProcessIdentity(pid, tid, 0, 0, 0, comm, parentComm, 0, 0, 0, cgroup, 0)
            {
                Args = arguments, Source = Source,
            };
            ProcessCodec.Write(ref to, process);
        }
        to.Write("address");
        to.WriteArrayHeader(Addresses);
        for (int i = 0; i < Addresses; i++)
            to.Write((byte[])[10, 0, (byte)(i >> 8), (byte)i]);
        to.Write("other");
        to.WriteArrayHeader(Others);
        for (int i = 0; i < Others; i++)
            ProcessCodec.WriteName(ref to, new ProcessName((uint)i, new SafeText(Command)));
        WriteTable(ref to, "local", Locals, 3);
        WriteTable(ref to, "remote", Remotes, 2);
    }

    private static void WriteTable(ref MessagePackWriter to, string name, int entries, int columns)
    {
        to.Write(name);
        to.WriteArrayHeader(1 + columns);
        to.Write(entries);
        for (int i = 0; i < columns; i++)
        {
            to.WriteArrayHeader(4);
            foreach (int number in new[] { 0, 0, 0 })
                to.Write(number);
            to.Write(Array.Empty<byte>());
        }
    }
}
