namespace TcpTracer.Formats.Values;

/// <summary>
/// Hash codes of numbers that a stranger may choose. .NET folds the two halves of a number of 64 bits into one, so that whoever picks them
/// can make them all the same: then each look-up goes through everything in the table. This takes a factor that nobody knows, another one
/// in each process.
/// </summary>
public static class ChosenNumbers
{
    private static readonly ulong s_factor = BitConverter.ToUInt64(RandomId.New().ToByteArray()) | 1;

    /// <summary>Of one number.</summary>
    public static int HashOf(ulong number) => (int)(unchecked(number * s_factor) >> 32);

    /// <summary>Of two.</summary>
    public static int HashOf(ulong first, ulong second) => HashCode.Combine(HashOf(first), HashOf(second));

    /// <summary>For tables of numbers.</summary>
    public static IEqualityComparer<ulong> One { get; } = EqualityComparer<ulong>.Create((a, b) => a == b, HashOf);

    /// <summary>For tables of two numbers.</summary>
    public static IEqualityComparer<(ulong, ulong)> Two { get; } = EqualityComparer<(ulong, ulong)>.Create((a, b) => a == b, n => HashOf(n.Item1, n.Item2));
}
