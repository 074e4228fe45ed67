using System.Buffers.Binary;
using System.Text;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Redactions;

/// <summary>Texts that are looked for in others, many at once.</summary>
internal sealed class SecretTexts
{
    private const int ShortestWithin = 4, Long = 8, HashBits = 20;
    private const ulong Mix = 0x9E37_79B9_7F4A_7C15;
    private readonly Dictionary<string, string> _places = [];
    private readonly Dictionary<ulong, List<byte[]>> _byStart = new(SeededHash.One);
    private readonly ulong[] _starts = new ulong[1 << (HashBits - 6)];

    /// <summary>How many there are.</summary>
    public int Count => _places.Count;

    /// <summary>Adds one.</summary>
    /// <param name="text">Its bytes.</param>
    /// <param name="place">Where it comes from.</param>
    public void Add(byte[] text, string place)
    {
        if (text.Length == 0 || !_places.TryAdd(Key(text), place) || text.Length < ShortestWithin)
            return;
        ulong start = Start(text, text.Length >= Long);
        _starts[Slot(start) >> 6] |= 1ul << (Slot(start) & 63);
        if (!_byStart.TryGetValue(start, out List<byte[]>? all))
            _byStart.Add(start, all = []);
        all.Add(text);
    }

    /// <summary>Takes out those of at least so many bytes that stand somewhere within another text.</summary>
    public void RemoveThoseIn(ReadOnlySpan<byte> within, int shortest)
    {
        for (int at = 0; at <= within.Length - ShortestWithin; at++)
        {
            while (FindAt(within[at..], shortest) is { } text)
            {
                _byStart[Start(text, text.Length >= Long)].Remove(text);
                _places.Remove(Key(text));
            }
        }
    }

    /// <summary>Bytes as characters, one for each.</summary>
    private static string Key(ReadOnlySpan<byte> text) => Encoding.Latin1.GetString(text);

    private static int Slot(ulong start) => (int)(start * Mix >> (64 - HashBits));

    /// <summary>The first bytes; those of a short text are marked, so that they are not taken for a long one's.</summary>
    private static ulong Start(ReadOnlySpan<byte> text, bool isLong) => isLong
        ? BinaryPrimitives.ReadUInt64LittleEndian(text) : BinaryPrimitives.ReadUInt32LittleEndian(text) ^ Mix << 32;

    /// <summary>Where the text that this is comes from; null: it is none of them.</summary>
    public string? PlaceOf(ReadOnlySpan<byte> text) => _places.GetValueOrDefault(Key(text));

    /// <summary>A text of at least so many bytes that stands somewhere within another; null: none does.</summary>
    public byte[]? FindIn(ReadOnlySpan<byte> within, int shortest = ShortestWithin)
    {
        for (int at = 0; at <= within.Length - ShortestWithin; at++)
        {
            if (FindAt(within[at..], shortest) is { } found)
                return found;
        }
        return null;
    }

    private byte[]? FindAt(ReadOnlySpan<byte> rest, int shortest) =>
        (shortest < Long ? Match(rest, isLong: false, shortest) : null)
        ?? (rest.Length >= Long ? Match(rest, isLong: true, shortest) : null);

    private byte[]? Match(ReadOnlySpan<byte> rest, bool isLong, int shortest)
    {
        ulong start = Start(rest, isLong);
        if ((_starts[Slot(start) >> 6] >> (Slot(start) & 63) & 1) == 0 || !_byStart.TryGetValue(start, out List<byte[]>? all))
            return null;
        foreach (byte[] text in all)
        {
            if (text.Length >= shortest && rest.StartsWith(text))
                return text;
        }
        return null;
    }
}
