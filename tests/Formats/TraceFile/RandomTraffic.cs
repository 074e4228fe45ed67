using CsCheck;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>
/// Events that no kernel would send, all from one seed: each number at its extremes, unknown operations, names that are not UTF-8, times
/// out of order. There are so few connections that rows share openings; some rows do so rightly, others only have the same identity.
/// </summary>
internal static class RandomTraffic
{
    private static readonly Gen<uint> s_uint = Gen.Frequency((4, Gen.UInt), (1, Gen.Const(0u)), (1, Gen.Const(uint.MaxValue)));
    private static readonly Gen<ulong> s_ulong =
        Gen.Frequency((4, Gen.ULong), (1, Gen.Const(0ul)), (1, Gen.Const(ulong.MaxValue)), (1, Gen.Const(1ul << 63)));
    private static readonly Gen<ushort> s_port =
        Gen.Frequency((2, Gen.UShort), (2, Gen.OneOf<ushort>(0, 80, 443, 32_767, 32_768, ushort.MaxValue)));
    private static readonly Gen<long> s_time = Gen.Frequency((8, Gen.Long[1_000_000_000_000, 1_000_001_000_000]), (1, Gen.Long),
        (1, Gen.OneOf(0L, long.MaxValue, long.MinValue)));
    private static readonly Gen<byte> s_operation =
        Gen.Frequency((8, Gen.Byte[1, 8]), (2, Gen.OneOf<byte>(0, 9, 17, 30, 31, 32, 40, 62, 63, 64, 255)));

    private static readonly Gen<SafeText> s_name = Gen.Frequency(
        (4, Gen.OneOf("curl", "nginx", "nginx: worker", "a*b", "", "\u65e5\u672c\u8a9e", "<b>&\"\\\u001b[31m\n")
            .Select(s => new SafeText(s))),
        (1, Gen.Byte.Array[0, 16].Select(b => new SafeText(b))));

    private static readonly Gen<Address> s_address = Gen.Frequency(
        (4, Gen.Byte[0, 3].Select(last => new Address([10, 0, 0, last]))),
        (1, Gen.Byte.Array[4].Select(b => new Address(b))),
        (2, Gen.Byte[0, 3].Select(last => new Address([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]))),
        (1, Gen.Byte.Array[16].Select(b => new Address(b))),
        (2, Gen.Byte[0, 3].Select(last => new Address([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last]))));

    private static readonly Gen<SafeText> s_exe = Gen.Frequency((2, Gen.Const(SafeText.Empty)),
        (3, Gen.OneOf("/usr/bin/curl", "/opt/a b/java", "/x/\u65e5").Select(s => new SafeText(s))), (1, s_name));

    private static readonly Gen<SafeText> s_args =
        Gen.Frequency((2, Gen.Const(SafeText.Empty)),
            (3, Gen.OneOf("curl\0-s\0http://10.0.0.1/", "java\0\0a b\0'\"$\\\n", "\0").Select(s => new SafeText(s))), (1, s_name));

    private static readonly Gen<ProcessIdentity> s_process =
        Gen.Select(s_uint, s_uint, s_uint, Gen.Select(s_name, s_name, s_exe, s_args), Gen.Select(s_uint, s_uint),
            Gen.Select(s_ulong, s_ulong, s_ulong),
            (a, b, c, names, inodes, ids) => new ProcessIdentity(a % 50, b, c % 3, c, b / 2, names.Item1, names.Item2, inodes.Item1 % 4,
                ids.Item1, inodes.Item2, ids.Item2, ids.Item3)
            {
                Exe = names.Item3, Args = names.Item4,
            });

    /// <summary>So many events of some connections; the same seed makes the same events.</summary>
    public static TcpEvent[] Events(ulong seed, int count, int processes = 40)
    {
        var pcg = new PCG(1, seed);
        T Next<T>(Gen<T> gen) => gen.Generate(pcg, null, out _);
        ProcessIdentity[] owners = [.. Enumerable.Range(0, processes).Select(_ => Next(s_process))];
        ProcessName[] others =
            [ProcessName.None, .. owners.Take(3).Select(p => p.Name).Where(n => n.Pid != 0), new ProcessName(4711, Next(s_name))];
        var connections = new List<TcpEvent>();
        var events = new TcpEvent[count];
        for (int i = 0; i < count; i++)
        {
            if (connections.Count < 4 || Next(Gen.Int[0, 2]) == 0)
            {
                connections.Add(new TcpEvent
                {
                    StartNs = Next(s_time), StartCpu = Next(s_uint), Sport = Next(s_port), Dport = Next(s_port),
                    Fd = Next(Gen.Frequency((1, Gen.Int), (2, Gen.Int[-1, 9]))),
                    Saddr = Next(s_address), Daddr = Next(s_address), Process = owners[Next(Gen.Int[0, owners.Length - 1])],
                    Flow = Next(s_ulong),
                });
            }
            TcpEvent e = connections[^Next(Gen.Int[1, Math.Min(8, connections.Count)])];
            if (Next(Gen.Int[0, 20]) == 0)
                e.Daddr = Next(s_address); // the same connection with another end
            if (Next(Gen.Int[0, 10]) == 0)
                e.Flow = 0; // this event does not know the flow
            e.TimestampNs = Next(s_time);
            e.Operation = (Operation)Next(s_operation);
            e.Reason = (Reason)Next(Gen.Byte[0, 12]);
            e.Attribution = (Attribution)Next(Gen.Byte[0, 7]);
            e.Flags = (EventFlags)Next(Gen.Frequency((5, Gen.Const((byte)0)), (1, Gen.Byte)));
            e.Error = Next(Gen.Frequency((5, Gen.Const((ushort)0)), (1, Gen.UShort)));
            e.Other = others[Next(Gen.Int[0, others.Length - 1])];
            bool counts = Next(Gen.Bool);
            e.Sent = counts ? Next(s_ulong) : 0;
            e.Received = counts ? Next(s_ulong) : 0;
            e.Retransmits = counts ? Next(s_uint) : 0;
            e.SrttUs = counts ? Next(s_uint) : 0;
            e.CloseNs = counts ? Next(s_time) : 0;
            // No more random numbers: the golden traces hold those that there are
            (e.FarCgroup, e.FarCgroupV1) = counts && e.SrttUs % 2 == 0 ? (e.Received + 1, e.Sent + 2) : (0, 0);
            events[i] = e;
        }
        return events;
    }
}
