using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>A block of events that is as large as one wants, in as few bytes as the format allows.</summary>
internal sealed record BlockShape
{
    public int Rows { get; init; } = 1;

    /// <summary>Whose columns are constant; else of another encoding, without any bytes either.</summary>
    public int Encoding { get; init; }

    /// <summary>How often each dictionary is said.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>Entries of the tables, which are constant, too.</summary>
    public int Locals { get; init; } = 1;

    public int Remotes { get; init; } = 1;

    public int Kinds { get; init; } = 1;

    public int Processes { get; init; } = 1;

    public int Addresses { get; init; } = 1;

    public int Others { get; init; }

    /// <summary>The names of all commands.</summary>
    public byte[] Command { get; init; } = [(byte)'c'];

    public ulong Cgroup { get; init; } = 1;

    /// <summary>Whether all processes have the same pid, and each a cgroup of its own, whose number was chosen so that all have one hash code in .NET.</summary>
    public bool Collides { get; init; }

    /// <summary>The command line of all processes.</summary>
    public byte[] Arguments { get; init; } = [];

    /// <summary>Whether there are as many bytes in it as so many rows have to have.</summary>
    public bool IsPadded { get; init; } = true;

    /// <summary>A key that nobody knows, in front.</summary>
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

    /// <summary>The block as a frame of a file.</summary>
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
            ProcessCodec.Write(ref to, new ProcessIdentity(Collides ? 7 : (uint)i, Collides ? (uint)i : 0, 0, 0, 0, new SafeText(Command), new SafeText(Command), 0, 0, 0, Collides ? (ulong)i << 32 | (uint)i : Cgroup, 0) { Args = new SafeText(Arguments) });
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
