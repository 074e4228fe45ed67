using System.Runtime.InteropServices;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>A column of texts.</summary>
internal sealed class TextColumn(ColumnPlace place) : ParquetColumn(place)
{
    private const int LongestBound = 64;
    private readonly TextDictionary _texts = new();
    private readonly List<int> _numbers = [];
    private bool _hasDictionary;

    public override int Values => _numbers.Count;

    public override int TextBytes => _texts.Bytes;

    /// <summary>The number by which a text is added.</summary>
    public int NumberOf(ReadOnlySpan<byte> text) => _texts.NumberOf(text);

    /// <summary>A row with the text of this number.</summary>
    public void Add(int number)
    {
        AddLevel();
        _numbers.Add(number);
    }

    /// <summary>A row with a text.</summary>
    public void Add(ReadOnlySpan<byte> text) => Add(_texts.NumberOf(text));

    public override int WriteDictionary(ByteBuffer to, ColumnScratch scratch)
    {
        _hasDictionary = _texts.Count > 0 && _texts.Count <= Math.Max(1, _numbers.Count / 4 * 3);
        if (!_hasDictionary)
            return 0;
        for (int number = 0; number < _texts.Count; number++)
            WritePlain(to, _texts[number]);
        return _texts.Count;
    }

    public override PageEncoding WriteValues(ByteBuffer to, ColumnScratch scratch)
    {
        ReadOnlySpan<int> numbers = CollectionsMarshal.AsSpan(_numbers);
        if (_hasDictionary)
        {
            int width = BitPacking.WidthOf((ulong)_texts.Count - 1);
            to.Append((byte)width);
            BitPacking.WriteHybrid(to, numbers, width);
            return PageEncoding.RleDictionary;
        }
        foreach (int number in numbers)
            WritePlain(to, _texts[number]);
        return PageEncoding.Plain;
    }

    private static void WritePlain(ByteBuffer to, ReadOnlySpan<byte> text)
    {
        to.AppendUInt32((uint)text.Length);
        to.Append(text);
    }

    /// <summary>Long texts make no bounds: the footer would repeat them for each group of rows.</summary>
    public override bool TryWriteBounds(ByteBuffer least, ByteBuffer greatest, ColumnScratch scratch)
    {
        if (_texts.Count == 0)
            return false;
        int low = 0, high = 0;
        for (int number = 1; number < _texts.Count; number++)
        {
            if (_texts[number].SequenceCompareTo(_texts[low]) < 0)
                low = number;
            if (_texts[number].SequenceCompareTo(_texts[high]) > 0)
                high = number;
        }
        if (_texts[low].Length > LongestBound || _texts[high].Length > LongestBound)
            return false;
        least.Append(_texts[low]);
        greatest.Append(_texts[high]);
        return true;
    }

    public override void Clear()
    {
        base.Clear();
        _texts.Clear();
        _numbers.Clear();
    }
}
