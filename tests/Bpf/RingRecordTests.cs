using System.Runtime.CompilerServices;
using TcpTracer.Bpf;
using TcpTracer.Tests.Live;
using Xunit;

namespace TcpTracer.Tests.Bpf;

/// <summary>The first byte of a record in the ring decides what kind it is, and nothing else does.</summary>
public sealed class RingRecordTests
{
    private static readonly int s_longest = Unsafe.SizeOf<RawImage>();

    private static Heard HandOver(byte kind, int length)
    {
        byte[] record = new byte[length];
        record[0] = kind;
        var heard = new Heard();
        RingRecord.HandOver(record, heard);
        return heard;
    }

    [Fact]
    public void KindDecidesTheTypeOfARecordWhateverItsLength()
    {
        Heard heard = HandOver(1, s_longest);
        Assert.Equal((1, 0, 0), (heard.Count, heard.Cgroups.Count, heard.Images.Count));
        heard = HandOver(2, s_longest);
        Assert.Equal((0, 1, 0), (heard.Count, heard.Cgroups.Count, heard.Images.Count));
        heard = HandOver(3, s_longest);
        Assert.Equal((0, 0, 1), (heard.Count, heard.Cgroups.Count, heard.Images.Count));
    }

    [Fact]
    public void RecordShorterThanItsKindIsRefused()
    {
        int[] sizes = [Unsafe.SizeOf<RawTcpEvent>(), Unsafe.SizeOf<RawCgroup>(), s_longest];
        for (byte kind = 1; kind <= sizes.Length; kind++)
        {
            int size = sizes[kind - 1];
            Heard heard = HandOver(kind, size);
            Assert.Equal(1, heard.Count + heard.Cgroups.Count + heard.Images.Count);
            Assert.Throws<InvalidDataException>(() => HandOver(kind, size - 1));
        }
    }

    [Fact]
    public void RecordOfUnknownKindIsRefused()
    {
        foreach (byte kind in new byte[] { 0, 4, 255 })
            Assert.Throws<InvalidDataException>(() => HandOver(kind, s_longest));
        Assert.Throws<InvalidDataException>(() => RingRecord.HandOver([], new Heard()));
    }
}
