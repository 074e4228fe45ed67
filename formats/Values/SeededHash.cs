namespace TcpTracer.Formats.Values;

/// <summary>
/// Hash codes of numbers that a stranger may choose. .NET folds the two halves of a 64-bit number into one hash code. So a stranger could
/// choose numbers that all have the same hash code, and each look-up would walk through the whole table. These hash codes depend on a
/// secret random factor, which is different in each process.
/// </summary>
public static class SeededHash
{
    private static readonly ulong s_factor = BitConverter.ToUInt64(RandomId.New().ToByteArray()) | 1;

    /// <summary>The hash code of one number.</summary>
    public static int HashOf(ulong number) => (int)(unchecked(number * s_factor) >> 32);

    /// <summary>
    /// A number for another one, and no other has the same. Tables whose keys are such numbers need no comparer of their own, which
    /// costs two calls for each look-up.
    /// </summary>
    public static ulong Spread(ulong number) => unchecked(number * s_factor);

    /// <summary>The hash code of two numbers.</summary>
    public static int HashOf(ulong first, ulong second) => HashCode.Combine(HashOf(first), HashOf(second));

    /// <summary>Compares the keys of tables whose keys are one number.</summary>
    public static IEqualityComparer<ulong> One { get; } = new OneNumber();

    private sealed class OneNumber : IEqualityComparer<ulong> // without the delegates of EqualityComparer.Create
    {
        public bool Equals(ulong x, ulong y) => x == y;

        public int GetHashCode(ulong number) => HashOf(number);
    }

    /// <summary>Compares keys that have such numbers in them.</summary>
    /// <param name="hash">Makes a hash code of a key, with <see cref="HashOf(ulong)"/>.</param>
    public static IEqualityComparer<T> By<T>(Func<T, int> hash) where T : IEquatable<T> =>
        EqualityComparer<T>.Create(static (a, b) => EqualityComparer<T>.Default.Equals(a, b), key => hash(key!));

    /// <summary>Compares the keys of tables whose keys are two numbers.</summary>
    public static IEqualityComparer<(ulong, ulong)> Two { get; } =
        EqualityComparer<(ulong, ulong)>.Create((a, b) => a == b, n => HashOf(n.Item1, n.Item2));
}
