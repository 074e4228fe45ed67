namespace TcpTracer.Replay;

/// <summary>
/// A limit for what is made of a trace event by event. A few bytes of a file can stand for any number of events, and these for names of any length. So the
/// bytes that were read bound the text that comes out. An ordinary trace uses less than a quarter of it, whatever is shown. Several threads may use it.
/// </summary>
/// <param name="free">What the smallest file may use.</param>
public sealed class Allowance(long free = Allowance.Free)
{
    /// <summary>What the smallest file may use, in bytes of text.</summary>
    public const long Free = 32 << 20;

    /// <summary>Bytes of text that each byte read adds.</summary>
    public const long PerByte = 1024;

    /// <summary>What an event uses beside its text: to make a line costs as much as to copy two thousand bytes.</summary>
    public const long OfEvent = 2048;

    private readonly Lock _lock = new();
    private long _earlier, _offset, _taken;

    /// <summary>The limit so far, in bytes of text.</summary>
    public long Limit
    {
        get
        {
            lock (_lock)
                return free + (_earlier + _offset) * PerByte;
        }
    }

    /// <summary>Whether something was refused.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>The next file begins.</summary>
    public void BeginFile()
    {
        lock (_lock)
        {
            _earlier += _offset;
            _offset = 0;
        }
    }

    /// <summary>The file was read up to an offset.</summary>
    public void ReadUpTo(long offset)
    {
        lock (_lock)
            _offset = Math.Max(_offset, offset);
    }

    /// <summary>Uses some of it.</summary>
    /// <returns>Whether so much was left.</returns>
    public bool Take(long amount)
    {
        lock (_lock)
        {
            if (_taken + amount > Limit)
                return !(IsSpent = true);
            _taken += amount;
            return true;
        }
    }
}
