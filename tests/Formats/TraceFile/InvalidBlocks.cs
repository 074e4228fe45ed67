using static TcpTracer.Tests.Formats.TraceFile.Fillers;
using static TcpTracer.Tests.Formats.TraceFile.HostileBlock;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Blocks of events, each with one thing that is wrong.</summary>
internal static class InvalidBlocks
{
    public static readonly IReadOnlyDictionary<string, HostileBlock> All = new Dictionary<string, HostileBlock>
    {
        ["keys twice"] = new() { Keys = ["n", "openings", "clock", "d", "c", "n"] },
        ["columns before the dictionaries"] = new() { Keys = ["n", "openings", "clock", "c", "d"] },
        ["columns before the rows"] = new() { Keys = ["clock", "d", "c", "openings", "n"] },
        ["dictionaries twice"] = new() { Keys = ["n", "openings", "clock", "d", "c", "d"] },
        ["no dictionaries"] = new() { Keys = ["n", "openings", "clock", "c"] },
        ["no rows"] = new() { Keys = ["openings", "clock", "d", "c"] },
        ["a column twice"] = new() { Columns = ["ts", "kind", "kind"] },
        ["some operations before the kinds"] = new() { Columns = ["sent", "kind"], Instead = { ["c.sent"] = Column(0, 0, 1, [], 0, 2) } },
        ["a kind index out of range"] = new() { Instead = { ["c.kind"] = Column(0, 0, 1, [], 0, 0) } },
        ["kinds that are no arrays"] = new() { Instead = { ["d.kind"] = Numbers(1, 2, 3) } },
        ["a local index out of range"] = new() { Instead = { ["c.local"] = Column(0, 0, 1, [], 0, -1) } },
        ["a process index out of range"] = new() { Instead = { ["d.process"] = Numbers() } },
        ["a negative index"] = new() { Columns = ["ts", "kind", "back", "remote"], Instead = { ["c.back"] = Column(0, 0, -1, [], 0, 0) } },
        ["a row that points beyond the first"] = new() { Openings = 1, Instead = { ["c.back"] = Column(1, 1, 0, [0, 2], 0, 0) } },
        ["a row that points forward"] = new() { Instead = { ["c.back"] = Column(1, 1, -1, [1, 0], 0, 0) } },
        ["rows that the column may not choose"] = new() { Instead = { ["c.ts"] = Column(0, 0, 0, [], 0, -1) } },
        ["openings that are said to be all rows"] = new() { Instead = { ["c.port"] = Column(0, 0, 0, [], 0, 0) } },
        ["a payload too short"] = new() { Instead = { ["c.ts"] = Column(1, 8, 0, new byte[15], 0, 0) } },
        ["a payload too long"] = new() { Instead = { ["c.ts"] = Column(1, 8, 0, new byte[17], 0, 0) } },
        ["a width of 9"] = new() { Instead = { ["c.ts"] = Column(1, 9, 0, new byte[18], 0, 0) } },
        ["a width of 255"] = new() { Instead = { ["c.ts"] = Column(1, 255, 0, new byte[510], 0, 0) } },
        ["3 bits"] = new() { Instead = { ["c.ts"] = Column(4, 3, 0, new byte[1], 0, 0) } },
        ["bits too short"] = new() { Instead = { ["c.ts"] = Column(4, 4, 0, [], 0, 0) } },
        ["plain of the wrong length"] = new() { Instead = { ["c.ts"] = Plain(Numbers(1)) } },
        ["plain of arrays"] = new() { Instead = { ["c.ts"] = Plain(Numbers(1), Numbers(2)) } },
        ["plain of floats"] = new() { Instead = { ["c.ts"] = Plain(Float(1.5), Float(1.5)) } },
        ["plain of strings where it counts late"] = new() { Instead = { ["c.srtt"] = Plain(Text("a"), Text("b")) } },
        ["an encoding that is a string"] = new() { Instead = { ["c.ts"] = List(Text("planes"), Number(0), Number(0), Bytes()) } },
        ["a column of three parts"] = new() { Instead = { ["c.ts"] = Numbers(0, 0, 0) } },
        ["a column that is a map"] = new() { Instead = { ["c.ts"] = Raw(0x80) } },
        ["a column that is nil"] = new() { Instead = { ["c.ts"] = Null } },
        ["an address of 5 bytes"] = new() { Instead = { ["d.address"] = List(Zeros(5)) } },
        ["a process of 11 parts"] = new() { Instead = { ["d.process"] = List(Numbers(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)) } },
        ["a process id that is too large"] = new()
        {
            Instead = { ["d.process"] = List(Numbers(1L << 32, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)) }
        },
        ["a negative process id"] = new() { Instead = { ["d.process"] = List(Numbers(-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)) } },
        ["a table with a negative count"] = new() { Instead = { ["d.remote"] = Numbers(-1, 0, 0) } },
        ["a table with a large count"] = new() { Instead = { ["d.remote"] = Numbers(1 << 20, 0, 0) } },
        ["a port of 65536"] = new()
        {
            Instead = { ["d.remote"] = List(Number(1), Column(0, 0, 0, [], 0, 0), Column(0, 0, 65_536, [], 0, 0)) }
        },
        ["a dictionary with 2 billion entries"] = new() { Instead = { ["d.process"] = Raw(0xdd, 0x7f, 0xff, 0xff, 0xff) } },
        ["a dictionary with 4 billion entries"] = new() { Instead = { ["d.address"] = Raw(0xdd, 0xff, 0xff, 0xff, 0xff) } },
        ["a map with 4 billion pairs"] = new() { Instead = { ["d"] = Raw(0xdf, 0xff, 0xff, 0xff, 0xff) } },
        ["a string of 4 billion bytes"] = new() { Instead = { ["d.address"] = Raw(0x91, 0xdb, 0xff, 0xff, 0xff, 0xff) } },
        ["a byte string of 2 billion bytes"] = new() { Instead = { ["d.address"] = Raw(0x91, 0xc6, 0x7f, 0xff, 0xff, 0xff) } },
        ["a string of 70 000 bytes"] = new() { Instead = { ["d.address"] = List(Zeros(70_000)) } },
        ["an extension where a number belongs"] = new() { Instead = { ["n"] = Raw(0xd4, 0x01, 0x02) } },
        ["a float where a number belongs"] = new() { Instead = { ["n"] = Float(2.0) } },
        ["a byte that MessagePack never uses"] = new() { Instead = { ["clock"] = Raw(0xc1) } },
        ["a clock of four parts"] = new() { Instead = { ["clock"] = Numbers(1, 2, 3, 4) } },
        ["deep nesting in an unknown key"] = new()
        {
            Keys = ["x", "n", "openings", "clock", "d", "c"], Instead = { ["x"] = Raw([.. Enumerable.Repeat((byte)0x91, 2_000_000), 0]) }
        },
        ["deep nesting of maps"] = new()
        {
            Keys = ["x", "n", "openings", "clock", "d", "c"], Instead = { ["x"] = Raw([.. Enumerable.Repeat((byte)0x81, 2_000_000), 0]) }
        },
        ["deep nesting in a dictionary"] = new() { Instead = { ["d.process"] = Raw([.. Enumerable.Repeat((byte)0x91, 100_000), 0]) } },
        ["deep nesting in a column of a later version"] = new()
        {
            Instead = { ["c.ts"] = Raw([0x94, 9, .. Enumerable.Repeat((byte)0x91, 100_000), 0]) }
        },
        ["an operation beyond a byte"] = new() { Instead = { ["d.kind"] = List(Numbers(256, 0, 0, 0, 0)) } },
    };
}
