using System.Buffers.Binary;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>One frame of the file, still as it lies there.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Bytes">All of it, for a skippable frame its body; good until the next is read.</param>
/// <param name="Skippable">The low digit of a skippable frame's magic; -1 for an LZ4 frame.</param>
/// <param name="Promise">For an LZ4 frame: what it promises.</param>
/// <param name="IsDoubtful">Behind it there is no frame: it may lie about its length.</param>
internal readonly record struct Frame(long Offset, ReadOnlyMemory<byte> Bytes, int Skippable, Lz4Frame.Promise Promise, bool IsDoubtful);

/// <summary>
/// Walks the frames of a stream, which need not be seekable. After damage it goes on at the next block header; of what it passed over it
/// says how much. Memory is bounded by one frame.
/// </summary>
/// <param name="from">Not closed.</param>
/// <param name="readAhead">How much is read at once, at least.</param>
internal sealed class FrameReader(Stream from, int readAhead)
{
    private byte[] _window = new byte[readAhead];
    private int _start, _end;
    private bool _ended;
    private long _furthest;

    /// <summary>Offset in the stream of what is read next.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes that were read or unpacked in vain, and looked at again.</summary>
    public long BytesAgain { get; private set; }

    /// <summary>Bytes that were moved to make room for others.</summary>
    public long BytesMoved { get; private set; }

    /// <summary>Whether, after the damage reported last, there is more.</summary>
    public bool IsAtBlockHeader { get; private set; }

    /// <summary>
    /// The next frame; null at the end. <paramref name="damage"/>: what is wrong at this place; call again to go on behind it.
    /// </summary>
    public Frame? Read(out TraceDamage? damage)
    {
        damage = null;
        if (!Ensure(4))
            return _end > _start ? CutOff(4, out damage) : null;
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(Window);
        try
        {
            if (Lz4Frame.IsSkippable(magic))
                return ReadSkippable((int)(magic & 0xF), out damage);
            if (magic == Lz4Frame.Magic)
                return ReadRecord(out damage);
            throw new BadRecordException("an LZ4 or skippable frame", $"the bytes {Convert.ToHexString(Window[..4]).ToLowerInvariant()}");
        }
        catch (BadRecordException e)
        {
            damage = new TraceDamage(magic == Lz4Frame.Magic ? TraceFault.BadFrame : TraceFault.NoFrame, Offset, e.Expected, e.Actual);
            FindBlockHeader();
            return null;
        }
    }

    private Frame? ReadSkippable(int kind, out TraceDamage? damage)
    {
        damage = null;
        if (!Ensure(8))
            return CutOff(8, out damage);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(Window[4..]);
        if (size > TraceLimits.SkippableBytes)
            throw new BadRecordException($"a skippable frame of at most {TraceLimits.SkippableBytes} bytes", $"{size}");
        int length = 8 + (int)size;
        if (!Ensure(length))
            return CutOff(length, out damage);
        if (size > 0 && Window.Slice(9, (int)size - 1).IndexOf(BlockHeader.SyncWord) >= 0)
            throw new BadRecordException("a skippable frame that ends before the next block header", $"one of {size} bytes");
        var frame = new Frame(Offset, _window.AsMemory(_start + 8, (int)size), kind, default, false);
        Take(length);
        return frame;
    }

    private Frame? ReadRecord(out TraceDamage? damage)
    {
        damage = null;
        if (!Ensure(Lz4Frame.HeaderBytes + 4))
            return CutOff(Lz4Frame.HeaderBytes + 4, out damage);
        Lz4Frame.Promise promise = Lz4Frame.ReadPromise(Window);
        if (!Ensure(promise.FrameBytes))
            return CutOff(promise.FrameBytes, out damage);
        // Where bytes went missing the length misleads into the next frame. (A pipe is not waited for.)
        bool doubtful = from.CanSeek && Ensure(promise.FrameBytes + 4) && !IsMagic(BinaryPrimitives.ReadUInt32LittleEndian(Window[promise.FrameBytes..]));
        var frame = new Frame(Offset, _window.AsMemory(_start, promise.FrameBytes), -1, promise, doubtful);
        Take(promise.FrameBytes);
        return frame;
    }

    private static bool IsMagic(uint magic) => magic == Lz4Frame.Magic || Lz4Frame.IsSkippable(magic);

    /// <summary>Less is left than the frame wants. If a block header stands in what is left, the frame lies about its length.</summary>
    private Frame? CutOff(int wanted, out TraceDamage damage)
    {
        damage = Cut(wanted);
        FindBlockHeader();
        if (_end > _start)
            damage = damage with { Fault = TraceFault.BadFrame };
        return null;
    }

    private TraceDamage Cut(int wanted) => new(TraceFault.CutTail, Offset, $"{wanted} bytes", $"{_end - _start}");

    /// <summary>Whether so many bytes are still there; those of a pipe are waited for, up to one frame of them.</summary>
    public bool Has(int count) => from.CanSeek ? _end - _start + from.Length - from.Position >= count : count <= s_longestFrame && Ensure(count);

    private static readonly int s_longestFrame = Lz4Frame.MaxBytes(TraceLimits.RawBytes);

    /// <summary>Passes over bytes unseen, of which it is known that they are there.</summary>
    public void Hop(int count)
    {
        int buffered = Math.Min(count, _end - _start);
        Take(buffered);
        int rest = count - buffered;
        if (rest == 0)
            return;
        from.Seek(rest, SeekOrigin.Current);
        Offset += rest;
    }

    /// <summary>
    /// Goes back into the frame that was read last and turned out bad, if a block header stands in what it took for its own. Frames within
    /// frames, each of them bad, are not gone into without end.
    /// </summary>
    public void Reconsider(in Frame frame)
    {
        if (!MayLookAgain(frame.Bytes.Length + (long)frame.Promise.RawBytes))
            return;
        long end = Offset;
        Take((int)(frame.Offset - Offset));
        Resynchronise(end);
    }

    /// <summary>Goes on at the next block header, or to the end. What does not even begin as a trace is not searched for long.</summary>
    private void FindBlockHeader()
    {
        const int longEnough = 1 << 20;
        IsAtBlockHeader = false;
        Resynchronise(Offset == 0 ? longEnough : long.MaxValue);
    }

    /// <summary>
    /// What was read in vain, and is read again, is a few times the file at most: damage is rare, and who lays bad frames within bad
    /// frames, or one bad block header behind the other, shall not have each byte read as often as he likes.
    /// </summary>
    private bool MayLookAgain(long bytes)
    {
        const long free = 16 << 20, times = 8;
        _furthest = Math.Max(_furthest, Offset);
        if (BytesAgain + bytes > free + _furthest * times)
            return false;
        BytesAgain += bytes;
        return true;
    }

    /// <summary>Goes on at the next block header that begins before <paramref name="end"/>, else there.</summary>
    private void Resynchronise(long end = long.MaxValue)
    {
        const int needed = 8 + BlockHeader.MinBytes, smallHeader = 1024;
        Take(Math.Min(1, _end - _start));
        while (Offset < end && Ensure(needed))
        {
            ReadOnlySpan<byte> window = Window;
            int at = window.IndexOf(BlockHeader.SyncWord);
            int step = at < 0 ? window.Length - BlockHeader.SyncWord.Length - 8 : at + 1;
            if (at >= 8 && Offset + at - 8 < end && BinaryPrimitives.ReadUInt32LittleEndian(window[(at - 8)..]) == BlockHeader.FrameMagic)
            {
                Take(at - 8);
                int length = 8 + (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(Window[4..]), ushort.MaxValue);
                if ((length <= smallHeader || MayLookAgain(length)) && Ensure(length) && BlockHeader.TryRead(Window[8..length]) is not null)
                {
                    IsAtBlockHeader = true;
                    return;
                }
                step = 9;
            }
            Take((int)Math.Min(step, end - Offset));
        }
        Take((int)Math.Min(_end - _start, Math.Max(0, end - Offset)));
    }

    private ReadOnlySpan<byte> Window => _window.AsSpan(_start, _end - _start);

    private void Take(int count)
    {
        _start += count;
        Offset += count;
    }

    /// <summary>Has at least <paramref name="count"/> bytes in the window, if the stream still has them.</summary>
    private bool Ensure(int count)
    {
        if (_end - _start >= count)
            return true;
        if (_ended)
            return false;
        if (_start > 0)
        {
            _window.AsSpan(_start, _end - _start).CopyTo(_window);
            BytesMoved += _end - _start;
            _end -= _start;
            _start = 0;
        }
        if (_window.Length < count)
            Array.Resize(ref _window, count + (count >> 2));
        // However large the window has become: who hops from header to header wants no more than these. Of a large frame some more, so that what is left in the
        // window is not moved for each small one within it
        int wanted = count <= readAhead ? Math.Min(readAhead, _window.Length) : Math.Min(count + (count >> 2), _window.Length);
        while (!_ended && _end < count)
        {
            int read = from.Read(_window, _end, wanted - _end);
            _ended = read == 0;
            _end += read;
        }
        return _end >= count;
    }
}
