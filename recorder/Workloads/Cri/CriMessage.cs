using System.Buffers;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>What a message may be before it is made into objects: of two bytes can become a hundred.</summary>
internal static class CriMessage
{
    /// <summary>Pods or containers of a node, running or not. kubelet's own limits are a hundredth of it.</summary>
    public const int MostEntries = 65_536;

    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5, KindBits = 3, LowBits = 0x7f;

    /// <summary>The same, if it is neither too long nor of too many parts.</summary>
    /// <exception cref="InvalidDataException">It is, or it is no message at all.</exception>
    public static ReadOnlySequence<byte> Require(ReadOnlySequence<byte> message, int longest)
    {
        if (message.Length > longest)
            throw new InvalidDataException($"a message of {message.Length} bytes, where {longest} are the most");
        var reader = new SequenceReader<byte>(message);
        for (int entries = 0; !reader.End; entries++)
        {
            if (entries == MostEntries)
                throw new InvalidDataException($"a message of more than {MostEntries} entries");
            long length = (ReadNumber(ref reader) & ((1 << KindBits) - 1)) switch
            {
                Varint => SkipNumber(ref reader),
                Fixed64 => sizeof(long),
                Bytes => (long)ReadNumber(ref reader),
                Fixed32 => sizeof(int),
                _ => -1,
            };
            if (length < 0 || length > reader.Remaining)
                throw new InvalidDataException("not a message");
            reader.Advance(length);
        }
        return message;
    }

    private static long SkipNumber(ref SequenceReader<byte> reader)
    {
        ReadNumber(ref reader);
        return 0;
    }

    private static ulong ReadNumber(ref SequenceReader<byte> reader)
    {
        ulong number = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (!reader.TryRead(out byte part))
                throw new InvalidDataException("a message that ends in the middle");
            number |= (ulong)(part & LowBits) << shift;
            if (part <= LowBits)
                return number;
        }
        throw new InvalidDataException("not a message");
    }
}
