using System.Buffers.Binary;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace TcpTracer.Replay.Streams;

/// <summary>
/// Unpacks gzip data (RFC 1952), member by member. System.IO.Compression passes over what stands behind the last member, and throws what it
/// has unpacked away where a checksum does not fit: here both are faults, and nothing is lost.
/// </summary>
/// <param name="packed">At the beginning of the first member. It belongs to the caller.</param>
internal sealed class GzipMembers(Stream packed) : ForwardStream
{
    private const int HeaderBytes = 10, TrailerBytes = 8, FlagsOffset = 3, InputBytes = 16 * 1024;

    /// <summary>A damage within a member costs the bytes that were unpacked in the same call, so few are unpacked at once.</summary>
    private const int MostAtOnce = 1024;

    [Flags]
    private enum Has : byte
    {
        Checksum = 2,
        Extra = 4,
        Name = 8,
        Comment = 16,
        Unknown = 0xe0,
    }

    private readonly Inflater _inflater = new(noHeader: true);
    private readonly Crc32 _sum = new();
    private readonly byte[] _input = new byte[InputBytes], _output = new byte[MostAtOnce];
    private int _start, _end;
    private uint _length;
    private bool _isInMember, _isAtEnd, _isFirstOver;

    /// <inheritdoc/>
    public override Stream Source => packed;

    /// <summary>What is wrong with the data that were read so far.</summary>
    public PackingFault Fault { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (!_isAtEnd)
        {
            if (!_isInMember && !BeginMember())
                return End();
            int count;
            try // the library meets some impossible code tables with an index that is out of range
            {
                count = _inflater.Inflate(_output, 0, Math.Min(buffer.Length, MostAtOnce));
            }
            catch (Exception e) when (e is SharpZipBaseException or IndexOutOfRangeException or ArgumentException)
            {
                return End(PackingFault.Damaged);
            }
            if (count > 0)
            {
                _sum.Update(new ArraySegment<byte>(_output, 0, count));
                _length += (uint)count;
                _output.AsSpan(0, count).CopyTo(buffer);
                return count;
            }
            if (_inflater.IsFinished)
            {
                if (!EndMember())
                    return End(PackingFault.Cut);
            }
            else if (_inflater.IsNeedingInput)
            {
                if (!Require(1))
                    return End(PackingFault.Cut);
                _inflater.SetInput(_input, _start, _end - _start);
                _start = _end;
            }
            else
            {
                return End(PackingFault.Damaged); // it wants a dictionary, which gzip does not have
            }
        }
        return 0;
    }

    private int End(PackingFault fault = PackingFault.None)
    {
        _isAtEnd = true;
        if (Fault == PackingFault.None)
            Fault = fault;
        return 0;
    }

    /// <summary>Reads the header of a member. Zeros behind a member are padding, as tapes have it.</summary>
    /// <returns>false: there is none; <see cref="Fault"/> says whether that is wrong.</returns>
    private bool BeginMember()
    {
        while (_isFirstOver && Require(1) && _input[_start] == 0)
            _start++;
        if (!Require(1))
            return false;
        if (!Require(HeaderBytes))
            return IsNone(_isFirstOver && _input[_start] != 0x1f ? PackingFault.Damaged : PackingFault.Cut);
        ReadOnlySpan<byte> header = _input.AsSpan(_start, HeaderBytes);
        var has = (Has)header[FlagsOffset];
        if (header is not [0x1f, 0x8b, 8, ..] || (has & Has.Unknown) != 0)
            return IsNone(PackingFault.Damaged);
        _start += HeaderBytes;
        if (!((has & Has.Extra) == 0 || SkipExtra()) || !((has & Has.Name) == 0 || SkipText())
            || !((has & Has.Comment) == 0 || SkipText()) || !((has & Has.Checksum) == 0 || Skip(sizeof(ushort))))
            return IsNone(PackingFault.Cut);
        _inflater.Reset();
        _sum.Reset();
        (_length, _isInMember) = (0, true);
        return true;
    }

    private bool IsNone(PackingFault fault)
    {
        End(fault);
        return false;
    }

    private bool SkipExtra()
    {
        if (!Require(sizeof(ushort)))
            return false;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(_input.AsSpan(_start));
        return Skip(sizeof(ushort) + length);
    }

    private bool SkipText()
    {
        while (Require(1))
        {
            if (_input[_start++] == 0)
                return true;
        }
        return false;
    }

    private bool Skip(int count)
    {
        for (; count > 0; count--)
        {
            if (!Require(1))
                return false;
            _start++;
        }
        return true;
    }

    /// <summary>Compares the checksum. If it does not fit, the next member is read all the same.</summary>
    /// <returns>false: it is cut off.</returns>
    private bool EndMember()
    {
        _start = _end - _inflater.RemainingInput;
        if (!Require(TrailerBytes))
            return false;
        ReadOnlySpan<byte> trailer = _input.AsSpan(_start, TrailerBytes);
        _start += TrailerBytes;
        (_isInMember, _isFirstOver) = (false, true);
        bool fits = BinaryPrimitives.ReadUInt32LittleEndian(trailer) == (uint)_sum.Value
            && BinaryPrimitives.ReadUInt32LittleEndian(trailer[sizeof(uint)..]) == _length;
        if (!fits && Fault == PackingFault.None)
            Fault = PackingFault.Damaged;
        return true;
    }

    /// <summary>Reads on until there are so many bytes.</summary>
    /// <returns>false: the data end before.</returns>
    private bool Require(int count)
    {
        while (_end - _start < count)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
            int read = packed.Read(_input.AsSpan(_end));
            if (read == 0)
                return false;
            _end += read;
        }
        return true;
    }
}
