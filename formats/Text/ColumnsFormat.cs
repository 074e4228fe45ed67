using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>
/// Left-aligned columns with one blank between them. A value that is too long moves the rest of its line; nothing is cut.
/// </summary>
internal sealed class ColumnsFormat(IReadOnlyList<Field> fields, bool headers, bool isInOrder = false) : EventFormat
{
    private readonly Field[] _fields = [.. fields];

    public override bool HasHeader => true;

    public override bool IsInOrder => isInOrder;

    public override void WriteHeader(TextBuffer to)
    {
        if (!headers)
            return;
        int start = to.Length;
        foreach (Field field in _fields)
        {
            int before = to.Length;
            to.AppendAscii(field.Header);
            to.Pad(Math.Max(1, field.Width - (to.Length - before) + 1));
        }
        EndLine(to, start);
    }

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        int start = to.Length;
        foreach (Field field in _fields)
        {
            int before = to.Length;
            if (field.Applies is null || field.Applies(in e))
                field.Text(to, in e);
            to.Pad(Math.Max(1, field.Width - (to.Length - before) + 1));
        }
        EndLine(to, start);
    }

    private static void EndLine(TextBuffer to, int start)
    {
        int end = to.Length;
        while (end > start && to.Written[end - 1] == ' ')
            end--;
        to.CutTo(end);
        to.Append((byte)'\n');
    }
}
