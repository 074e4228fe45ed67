using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Printing;

/// <summary>What a row is sorted by.</summary>
/// <param name="IsMissing">Whether the field does not apply: then it comes last in either direction.</param>
/// <param name="Number">Its value where that is a number.</param>
/// <param name="Text">Its bytes where it is none.</param>
public readonly record struct RowKey(bool IsMissing, long Number, byte[]? Text);

/// <summary>The order of rows by a field.</summary>
public sealed class RowOrder
{
    private readonly Field _field;
    private readonly bool _isDescending;
    private readonly TextBuffer _text = new(256);

    private RowOrder(Field field, bool isDescending) => (_field, _isDescending) = (field, isDescending);

    /// <summary>
    /// As <c>--sort</c> takes it: <c>FIELD</c>, and for the largest first <c>-FIELD</c>, as in ps, or <c>FIELD:desc</c>.
    /// </summary>
    /// <exception cref="SelectionException">There is no such field.</exception>
    public static RowOrder Parse(string text, FieldSet fields)
    {
        (string name, bool isDescending) = SortText.Parse(text, "-latency_ns");
        return new RowOrder(fields.Find(name), isDescending);
    }

    /// <summary>The key of a row.</summary>
    public RowKey KeyOf(in TcpEvent e)
    {
        if (_field.Applies is not null && !_field.Applies(in e))
            return new RowKey(true, 0, null);
        if (_field.Number is { } value)
            return new RowKey(false, value(in e), null);
        if (_field.Address is { } address)
            return new RowKey(false, address(in e).Version, address(in e).WireBytes.ToArray());
        _text.Clear();
        _field.Text(_text, in e);
        return new RowKey(false, 0, _text.Written.ToArray());
    }

    /// <summary>Below zero: the first row comes first.</summary>
    public int Compare(RowKey one, RowKey other)
    {
        if (one.IsMissing || other.IsMissing)
            return one.IsMissing.CompareTo(other.IsMissing);
        int order = one.Number.CompareTo(other.Number);
        if (order == 0 && one.Text is not null && other.Text is not null)
            order = one.Text.AsSpan().SequenceCompareTo(other.Text);
        return _isDescending ? -order : order;
    }
}
