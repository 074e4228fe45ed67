using System.Net;
using System.Text;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Live;
using Xunit;

namespace TcpTracer.Tests.Recorder;

/// <summary>Every field of the kernel's record is decoded, even if two records differ in one field only.</summary>
public sealed class RawEventDecoderTests
{
    private const byte AfInet = 2, AfInet6 = 10;

    private static Bytes16 Bytes(params ReadOnlySpan<byte> bytes)
    {
        var to = new Bytes16();
        bytes.CopyTo(to);
        return to;
    }

    private static Bytes16 Text(string text) => Bytes(Encoding.ASCII.GetBytes(text));

    private static RawTcpEvent Raw => new()
    {
        Timestamp = 1, Start = 2, Cgroup = 3, CgroupV1 = 4, NetnsCookie = 5, Sent = 6, Received = 7, StartCpu = 8, Pid = 9, Tid = 10,
        Uid = 11, Gid = 12, Ppid = 13, Netns = 14, Mntns = 15,
        Retransmits = 16, SrttUs = 17, OtherPid = 18, Fd = 19, Error = 20, Family = AfInet, Sport = 21, Dport = 22, Operation = 3,
        Reason = 2, Attribution = 1, Flags = 4, Flow = 23,
        Saddr = Bytes(10, 0, 0, 1), Daddr = Bytes(10, 0, 0, 2), Comm = Text("curl"), ParentComm = Text("sh"), OtherComm = Text("kill"),
    };

    private static TcpEvent Decode(RawEventDecoder decoder, RawTcpEvent raw)
    {
        decoder.Decode(in raw, out TcpEvent e);
        return e;
    }

    [Fact]
    public void EveryRawFieldGoesIntoItsMember()
    {
        TcpEvent e = Decode(new RawEventDecoder(new ProcessImages()), Raw);
        Assert.Equal((1L, 2L, 8u, 6UL, 7UL, 16u, 17u, 19, (ushort)20),
            (e.TimestampNs, e.StartNs, e.StartCpu, e.Sent, e.Received, e.Retransmits, e.SrttUs, e.Fd, e.Error));
        Assert.Equal((21, 22, "10.0.0.1", "10.0.0.2", 23UL), (e.Sport, e.Dport, e.Saddr.ToString(), e.Daddr.ToString(), e.Flow));
        Assert.Equal((3, 2, 1, 4), ((int)e.Operation, (int)e.Reason, (int)e.Attribution, (int)e.Flags));
        Assert.Equal(new ProcessIdentity(9, 10, 11, 12, 13, new SafeText("curl"), new SafeText("sh"), 14, 5, 15, 3, 4), e.Process);
        Assert.Equal(new ProcessName(18, new SafeText("kill")), e.Other);
    }

    [Fact]
    public void ProcessThatDiffersInOneFieldIsAnotherProcess()
    {
        var decoder = new RawEventDecoder(new ProcessImages());
        ProcessIdentity first = Decode(decoder, Raw).Process;
        RawTcpEvent[] others =
        [
            Raw with { Pid = 99 }, Raw with { Tid = 99 }, Raw with { Uid = 99 }, Raw with { Gid = 99 }, Raw with { Ppid = 99 },
            Raw with { Netns = 99 }, Raw with { NetnsCookie = 99 }, Raw with { Mntns = 99 },
            Raw with { Cgroup = 99 }, Raw with { CgroupV1 = 99 },
            Raw with { Comm = Text("wget") }, Raw with { ParentComm = Text("bash") },
        ];
        ProcessIdentity[] decoded = [.. others.Select(o => Decode(decoder, o).Process)];
        Assert.Equal(others.Length, decoded.Distinct().Count());
        Assert.DoesNotContain(first, decoded);
        Assert.Same(first, Decode(decoder, Raw).Process); // the same process is the same object
    }

    [Fact]
    public void AddressIsDecodedByItsFamily()
    {
        var decoder = new RawEventDecoder(new ProcessImages());
        byte[] v6 = IPAddress.Parse("fd00::1").GetAddressBytes();
        Assert.Equal("10.0.0.1", $"{Decode(decoder, Raw).Saddr}");
        Assert.Equal("a00:1::", $"{Decode(decoder, Raw with { Family = AfInet6 }).Saddr}");
        Assert.Equal("fd00::1", $"{Decode(decoder, Raw with { Family = AfInet6, Daddr = Bytes(v6) }).Daddr}");
        Assert.Equal("10.0.0.1", $"{Decode(decoder, Raw).Saddr}");
    }

    [Fact]
    public void OtherPidZeroDecodesToNoProcess() =>
        Assert.Equal(ProcessName.None, Decode(new RawEventDecoder(new ProcessImages()), Raw with { OtherPid = 0 }).Other);

    [Fact]
    public void CommandNameMayFillAllItsBytes() => Assert.Equal("sixteen-bytes-ab",
        $"{Decode(new RawEventDecoder(new ProcessImages()), Raw with { Comm = Text("sixteen-bytes-ab") }).Process.Comm}");
}
