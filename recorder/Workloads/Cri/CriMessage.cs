using System.Buffers;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>Checks a message before a parser makes objects of it: two bytes can become a hundred.</summary>
internal static class CriMessage
{
    /// <summary>The most pods or containers in a list, running or not. kubelet's own limits are a hundredth of this.</summary>
    public const int MostEntries = 65_536;

    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5, KindBits = 3, LowBits = 0x7f;

    /// <summary>Returns the message, if it is neither too long nor has too many entries.</summary>
    /// <exception cref="InvalidDataException">It is too long, has too many entries, or is no message.</exception>
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
