using System.Buffers;
using System.Buffers.Text;

namespace TcpTracer.Formats.Words;

/// <summary>UTF-8 under construction. Grows as needed and is used again after <see cref="Clear"/>.</summary>
/// <param name="capacity">How many bytes it takes before it grows.</param>
public sealed class TextBuffer(int capacity = 80 * 1024)
{
    private const int SecondLength = 19; // 2026-11-23T14:28:05
    private byte[] _bytes = new byte[capacity];
    private long _cachedSecond = long.MinValue;
    private readonly byte[] _secondText = new byte[SecondLength];

    /// <summary>How many bytes it takes without growing.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>Work beside copying: how many bytes could have been copied instead. Until <see cref="Clear"/>.</summary>
    public long Effort { get; set; }

    /// <summary>The bytes so far. The buffer owns them: they are valid until it is changed.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        Length = 0;
        Effort = 0;
    }

    /// <summary>Takes back everything after <paramref name="length"/>.</summary>
    public void CutTo(int length) => Length = Math.Min(Length, length);

    /// <summary>Adds UTF-8.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        Length += utf8.Length;
    }

    /// <summary>Adds one ASCII character.</summary>
    public void Append(byte character)
    {
        Room(1)[0] = character;
        Length++;
    }

    /// <summary>Adds ASCII text.</summary>
    public void AppendAscii(string text)
    {
        Span<byte> room = Room(text.Length);
        for (int i = 0; i < text.Length; i++)
            room[i] = (byte)text[i];
        Length += text.Length;
    }

    /// <summary>Adds a decimal number.</summary>
    public void Append(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written);
        Length += written;
    }

    /// <summary>Adds a decimal number.</summary>
    public void Append(ulong number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written);
        Length += written;
    }

    /// <summary>Adds a hexadecimal number in small letters.</summary>
    public void AppendHex(ulong number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written, 'x');
        Length += written;
    }

    /// <summary>Adds a hexadecimal number in small letters, with zeros before it to so many digits.</summary>
    public void AppendHex(ulong number, byte digits)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written, new StandardFormat('x', digits));
        Length += written;
    }

    /// <summary>Adds blanks.</summary>
    public void Pad(int count)
    {
        if (count <= 0)
            return;
        Room(count)[..count].Fill((byte)' ');
        Length += count;
    }

    /// <summary>Adds RFC 3339 with nine digits, in UTC. Neighbouring events mostly share the second, which is kept.</summary>
    public void AppendTimestamp(long unixNs)
    {
        const long perSecond = 1_000_000_000;
        long second = Math.DivRem(unixNs, perSecond, out long nanosecond);
        if (nanosecond < 0)
        {
            nanosecond += perSecond;
            second--;
        }
        if (second != _cachedSecond)
        {
            // A hostile file may hold any number; what no calendar holds is written as the calendar's end
            long safe = Math.Clamp(second, -62_135_596_800, 253_402_300_799);
            DateTimeOffset.FromUnixTimeSeconds(safe).TryFormat(_secondText, out _, "yyyy-MM-ddTHH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
            _cachedSecond = second;
        }
        Append(_secondText);
        Append((byte)'.');
        Span<byte> digits = Room(10);
        for (int i = 8; i >= 0; i--)
        {
            digits[i] = (byte)('0' + nanosecond % 10);
            nanosecond /= 10;
        }
        digits[9] = (byte)'Z';
        Length += 10;
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        return _bytes.AsSpan(Length);
    }
}
