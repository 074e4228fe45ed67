using System.Buffers.Binary;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>One frame of a file, still compressed.</summary>
/// <param name="Offset">The offset of its first byte in the file.</param>
/// <param name="Bytes">The whole LZ4 frame, or the body of a skippable one. Valid until the next frame is read.</param>
/// <param name="Skippable">The low digit of a skippable frame's magic number; -1: an LZ4 frame.</param>
/// <param name="Promise">The lengths that an LZ4 frame claims.</param>
/// <param name="IsDoubtful">Whether no frame follows, so that its length may be wrong.</param>
internal readonly record struct Frame(long Offset, ReadOnlyMemory<byte> Bytes, int Skippable, Lz4Frame.Promise Promise, bool IsDoubtful);

/// <summary>
/// Reads the frames of a stream, which need not be seekable. After damage it goes on at the next block header;
/// <see cref="Offset"/> then tells how far it skipped. Its memory is bounded by one frame.
/// </summary>
/// <param name="from">The stream, which the caller disposes of.</param>
/// <param name="readAhead">At least so many bytes are read at once.</param>
internal sealed class FrameReader(Stream from, int readAhead)
{
    private byte[] _window = new byte[readAhead];
    private int _start, _end;
    private bool _ended;
    private long _furthest;

    /// <summary>The offset of the next frame in the stream.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes that were read or unpacked twice, because they turned out to be damaged.</summary>
    public long BytesAgain { get; private set; }

    /// <summary>Bytes that were moved inside the buffer.</summary>
    public long BytesMoved { get; private set; }

    /// <summary>Whether a block header follows after the damage that was reported last.</summary>
    public bool IsAtBlockHeader { get; private set; }

    /// <summary>Reads the next frame.</summary>
    /// <param name="damage">What is wrong here, or null. The next call goes on after the damage.</param>
    /// <returns>The frame; null: there is damage, or this is the end.</returns>
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
        // After a gap the length may lead into the middle of another frame. (On a pipe we do not wait for the next frame to find out.)
        bool doubtful = from.CanSeek && Ensure(promise.FrameBytes + 4)
            && !IsMagic(BinaryPrimitives.ReadUInt32LittleEndian(Window[promise.FrameBytes..]));
        var frame = new Frame(Offset, _window.AsMemory(_start, promise.FrameBytes), -1, promise, doubtful);
        Take(promise.FrameBytes);
        return frame;
    }

    private static bool IsMagic(uint magic) => magic == Lz4Frame.Magic || Lz4Frame.IsSkippable(magic);

    /// <summary>
    /// Reports a frame that claims more bytes than are left. If a block header follows in these, the claimed length is wrong.
    /// </summary>
    private Frame? CutOff(int wanted, out TraceDamage damage)
    {
        damage = Cut(wanted);
        FindBlockHeader();
        if (_end > _start)
            damage = damage with { Fault = TraceFault.BadFrame };
        return null;
    }

    private TraceDamage Cut(int wanted) => new(TraceFault.CutTail, Offset, $"{wanted} bytes", $"{_end - _start}");

    /// <summary>Whether so many bytes follow. On a pipe this waits for them, but for no more than the longest frame.</summary>
    public bool Has(int count) =>
        from.CanSeek ? _end - _start + from.Length - from.Position >= count : count <= s_longestFrame && Ensure(count);

    private static readonly int s_longestFrame = Lz4Frame.MaxBytes(TraceLimits.RawBytes);

    /// <summary>Skips bytes without reading them. The caller knows that they are there.</summary>
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
    /// Goes back into a bad frame if its bytes have a block header. Bad frames inside bad frames are followed only so far.
    /// </summary>
    /// <param name="frame">The frame that was read last, and turned out to be bad.</param>
    public void Reconsider(in Frame frame)
    {
        if (!MayLookAgain(frame.Bytes.Length + (long)frame.Promise.RawBytes))
            return;
        long end = Offset;
        Take((int)(frame.Offset - Offset));
        Resynchronise(end);
    }

    /// <summary>
    /// Goes on at the next block header, or at the end. A file that does not begin like a trace is not searched for long.
    /// </summary>
    private void FindBlockHeader()
    {
        const int longEnough = 1 << 20;
        IsAtBlockHeader = false;
        Resynchronise(Offset == 0 ? longEnough : long.MaxValue);
    }

    /// <summary>
    /// Bounds the bytes that are read again to a few times the size of the file. Damage is rare. But a hostile file may have bad frames
    /// inside bad frames, or one bad block header after the other, and would make us read each byte many times.
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

    /// <summary>
    /// Goes on at the next block header that begins before <paramref name="end"/>; if there is none, at <paramref name="end"/>.
    /// </summary>
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

    /// <summary>Reads until the buffer has at least <paramref name="count"/> bytes.</summary>
    /// <returns>Whether the stream has them.</returns>
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
        // Only so much is read at once, however large the buffer has become: a reader that skips from header to header needs few bytes. For
        // a large frame we read a little more, so that the rest of the buffer is not moved for each small frame after it.
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
