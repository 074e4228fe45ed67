using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>A text or byte string in a record.</summary>
/// <param name="Place">
/// Where: the kind of the record, the keys that lead there, and positions in entries, as in <c>metadata.pods.*.2</c>; an asterisk is any
/// entry of a list.
/// </param>
/// <param name="Bytes">What it says.</param>
/// <param name="IsKey">Whether it is the key of a map.</param>
/// <param name="IsText">Whether it is written as text, not as bytes.</param>
public readonly record struct RecordText(string Place, ReadOnlyMemory<byte> Bytes, bool IsKey, bool IsText);

/// <summary>Finds all texts in a record, also what this version does not know.</summary>
public static class RecordTexts
{
    /// <summary>All of them, in order.</summary>
    /// <param name="kind">The name of the record's kind.</param>
    /// <param name="raw">The record. If it does not decode, all of it is one text, at the place <c>?</c>.</param>
    public static IReadOnlyList<RecordText> Of(string kind, ReadOnlyMemory<byte> raw)
    {
        List<RecordText> found = [];
        var from = new MessagePackReader(raw);
        try
        {
            Walk(ref from, kind, raw, isList: false, depth: 0, found);
        }
        catch (Exception e) when (BadRecordException.IsOne(e))
        {
            // A reader looks at no record of a kind that it does not know
            found.Add(new RecordText($"{kind}.?", raw, IsKey: false, IsText: false));
        }
        return found;
    }

    /// <param name="from">At a value.</param>
    /// <param name="place">Where that is.</param>
    /// <param name="raw">All of the record.</param>
    /// <param name="isList">Whether the value stands in a list, so that an array is an entry.</param>
    /// <param name="depth">How deep it is.</param>
    /// <param name="found">What was found.</param>
    private static void Walk(
        ref MessagePackReader from, string place, ReadOnlyMemory<byte> raw, bool isList, int depth, List<RecordText> found)
    {
        const int mostDepth = 32;
        if (depth > mostDepth)
            throw new BadRecordException($"at most {mostDepth} levels", "more");
        switch (from.NextMessagePackType)
        {
            case MessagePackType.String:
            case MessagePackType.Binary:
                found.Add(Read(ref from, place, raw, isKey: false));
                break;
            case MessagePackType.Array:
                int count = from.ReadArrayHeader();
                string ofAny = $"{place}.*";
                for (int i = 0; i < count; i++)
                    Walk(ref from, isList ? $"{place}.{i}" : ofAny, raw, !isList, depth + 1, found);
                break;
            case MessagePackType.Map:
                int pairs = from.ReadMapHeader();
                for (int i = 0; i < pairs; i++)
                {
                    string key = "?";
                    if (from.NextMessagePackType is MessagePackType.String or MessagePackType.Binary)
                    {
                        RecordText text = Read(ref from, place, raw, isKey: true);
                        found.Add(text);
                        key = System.Text.Encoding.UTF8.GetString(text.Bytes.Span);
                    }
                    else
                        Walk(ref from, $"{place}.?", raw, isList: false, depth + 1, found);
                    Walk(ref from, $"{place}.{key}", raw, isList: false, depth + 1, found);
                }
                break;
            default:
                RecordReader.Skip(ref from);
                break;
        }
    }

    private static RecordText Read(ref MessagePackReader from, string place, ReadOnlyMemory<byte> raw, bool isKey)
    {
        bool isText = from.NextMessagePackType == MessagePackType.String;
        long length = isText ? from.ReadStringSequence()?.Length ?? 0 : from.ReadBytes()?.Length ?? 0;
        return new RecordText(place, raw.Slice((int)(from.Consumed - length), (int)length), isKey, isText);
    }
}
