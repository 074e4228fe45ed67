using System.Runtime.CompilerServices;

namespace TcpTracer.Formats.Values;

/// <summary>An array that grows as needed and is used again: what every block needs is not allocated for every block.</summary>
internal sealed class Room<T>
{
    private T[] _all = [];
    private int _count;

    /// <summary>What was taken last.</summary>
    public ReadOnlySpan<T> Span => _all.AsSpan(0, _count);

    /// <summary>Room for so many; what is in it is left over from before.</summary>
    public Span<T> Take(int count)
    {
        if (_all.Length < count)
            _all = new T[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)];
        _count = count;
        return _all.AsSpan(0, count);
    }

    /// <summary>Lets go of what was taken last.</summary>
    public void Clear()
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            Array.Clear(_all, 0, _count);
        _count = 0;
    }
}
