using System.Buffers;
using System.Buffers.Text;

namespace TcpTracer.Formats.Strings;

/// <summary>Builds UTF-8 text. It grows as needed, and is used again after <see cref="Clear"/>.</summary>
/// <param name="capacity">How many bytes fit before it grows.</param>
public sealed class TextBuffer(int capacity = 80 * 1024)
{
    private const int SecondLength = 19; // 2026-11-23T14:28:05
    private byte[] _bytes = new byte[capacity];
    private long _cachedSecond = long.MinValue;
    private readonly byte[] _secondText = new byte[SecondLength];

    /// <summary>How many bytes fit before it grows.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>How many bytes it holds.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// Work beside copying, measured in bytes that could have been copied in that time, since the last <see cref="Clear"/>.
    /// </summary>
    public long Effort { get; set; }

    /// <summary>The bytes that it holds. The buffer owns them: they are valid until the next change.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Removes all bytes.</summary>
    public void Clear()
    {
        Length = 0;
        Effort = 0;
    }

    /// <summary>Removes all bytes after the first <paramref name="length"/>.</summary>
    public void CutTo(int length) => Length = Math.Min(Length, length);

    /// <summary>Appends UTF-8.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        Length += utf8.Length;
    }

    /// <summary>Appends one ASCII character.</summary>
    public void Append(byte character)
    {
        Room(1)[0] = character;
        Length++;
    }

    /// <summary>Appends ASCII text.</summary>
    public void AppendAscii(string text)
    {
        Span<byte> room = Room(text.Length);
        for (int i = 0; i < text.Length; i++)
            room[i] = (byte)text[i];
        Length += text.Length;
    }

    /// <summary>Appends a decimal number.</summary>
    public void Append(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written);
        Length += written;
    }

    /// <summary>Appends a decimal number.</summary>
    public void Append(ulong number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written);
        Length += written;
    }

    /// <summary>Appends a hexadecimal number in lower case.</summary>
    public void AppendHex(ulong number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written, 'x');
        Length += written;
    }

    /// <summary>Appends a hexadecimal number in lower case, with leading zeros.</summary>
    /// <param name="number">The number.</param>
    /// <param name="digits">At least so many digits.</param>
    public void AppendHex(ulong number, byte digits)
    {
        Utf8Formatter.TryFormat(number, Room(20), out int written, new StandardFormat('x', digits));
        Length += written;
    }

    /// <summary>Appends blanks.</summary>
    public void Pad(int count)
    {
        if (count <= 0)
            return;
        Room(count)[..count].Fill((byte)' ');
        Length += count;
    }

    /// <summary>
    /// Appends a time in UTC as RFC 3339 has it, with nine digits. The text of the last second is kept, because
    /// neighbouring events mostly share it.
    /// </summary>
    /// <param name="unixNs">Nanoseconds since 1970; a time that no calendar has is printed as the calendar's end.</param>
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
            // A hostile file may hold any number
            long safe = Math.Clamp(second, -62_135_596_800, 253_402_300_799);
            DateTimeOffset.FromUnixTimeSeconds(safe)
                .TryFormat(_secondText, out _, "yyyy-MM-ddTHH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
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
