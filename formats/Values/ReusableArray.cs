using System.Runtime.CompilerServices;

namespace TcpTracer.Formats.Values;

/// <summary>An array that grows as needed and is used again, so that not every block allocates what it needs.</summary>
internal sealed class ReusableArray<T>
{
    private T[] _all = [];
    private int _count;

    /// <summary>The elements that were taken last.</summary>
    public ReadOnlySpan<T> Span => _all.AsSpan(0, _count);

    /// <summary>The same, to be changed.</summary>
    public Span<T> All => _all.AsSpan(0, _count);

    /// <summary>Takes room for elements. They still hold what was there before. Earlier spans are not valid any more.</summary>
    /// <param name="count">How many elements.</param>
    public Span<T> Take(int count)
    {
        if (_all.Length < count)
            _all = new T[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)];
        _count = count;
        return _all.AsSpan(0, count);
    }

    /// <summary>Forgets what was taken last, so that its objects can be collected.</summary>
    public void Clear()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            Array.Clear(_all, 0, _count);
        _count = 0;
    }
}
