using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>What a record in the ring is: its first byte. The numbers are those of <c>enum record_kind</c> in probes/event.h.</summary>
internal enum RingRecordKind : byte
{
    /// <summary>A <see cref="RawTcpEvent"/>.</summary>
    Event = 1,

    /// <summary>A <see cref="RawCgroup"/>.</summary>
    Cgroup = 2,

    /// <summary>A <see cref="RawImage"/>.</summary>
    Image = 3,
}

/// <summary>Tells the kinds of records apart.</summary>
internal static class RingRecord
{
    /// <summary>Hands one record to the receiver.</summary>
    /// <param name="record">
    /// The record as it lies in the ring. It may be longer than its struct: the kernel rounds up to eight bytes.
    /// </param>
    /// <param name="receiver">Gets a reference into <paramref name="record"/>, good only during the call.</param>
    /// <exception cref="InvalidDataException">
    /// The kind is unknown, or the record is shorter than the struct of its kind. The programs are compiled into this executable,
    /// so only a fault in tcptracer can cause it. Nothing is decoded in its place, and the recording ends: nobody could say how
    /// many events the record stands for.
    /// </exception>
    public static void HandOver(ReadOnlySpan<byte> record, IRawEventReceiver receiver)
    {
        var kind = (RingRecordKind)(record.IsEmpty ? 0 : record[0]);
        if (kind == RingRecordKind.Event && record.Length >= Unsafe.SizeOf<RawTcpEvent>())
            receiver.OnRawEvent(in Start<RawTcpEvent>(record));
        else if (kind == RingRecordKind.Cgroup && record.Length >= Unsafe.SizeOf<RawCgroup>())
            receiver.OnRawCgroup(in Start<RawCgroup>(record));
        else if (kind == RingRecordKind.Image && record.Length >= Unsafe.SizeOf<RawImage>())
            receiver.OnRawImage(in Start<RawImage>(record));
        else
            throw new InvalidDataException($"the ring holds a record of an unknown kind or size: kind {(byte)kind}, {record.Length} bytes");
    }

    private static ref readonly T Start<T>(ReadOnlySpan<byte> record) where T : struct =>
        ref Unsafe.As<byte, T>(ref MemoryMarshal.GetReference(record));
}
