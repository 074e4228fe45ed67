using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>For eyes: one line a row that begins with the time, as wide as the terminal, in the colour of how it went.</summary>
internal abstract class ShortLine(TextStyle style) : EventFormat
{
    private readonly RowTime _time = new(style.Time ?? TimeStyle.Utc, style.Zone);

    /// <summary>How a row went.</summary>
    protected enum Course
    {
        /// <summary>As it should.</summary>
        Good,

        /// <summary>It ended otherwise than in order: yellow.</summary>
        Broken,

        /// <summary>It failed: red.</summary>
        Failed,
    }

    public sealed override bool IsInOrder => _time.IsInOrder;

    public sealed override void Write(TextBuffer to, in TcpEvent e)
    {
        ReadOnlySpan<byte> color = style.Color ? ColorOf(CourseOf(in e)) : default;
        to.Append(color);
        int start = to.Length;
        _time.Append(to, e.RowNs);
        to.Append((byte)' ');
        LineParts parts = default;
        WriteRow(to, in e, ref parts);
        if (style.Width is { } width)
            LineFit.Fit(to, start, in parts, width);
        if (color.Length > 0)
            to.Append("\u001b[0m"u8);
        to.Append((byte)'\n');
    }

    private static ReadOnlySpan<byte> ColorOf(Course course) => course switch
    {
        Course.Failed => "\u001b[31m"u8,
        Course.Broken => "\u001b[33m"u8,
        _ => default,
    };

    /// <summary>How a row went.</summary>
    protected abstract Course CourseOf(in TcpEvent e);

    /// <summary>Writes what stands behind the time.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="e">The row.</param>
    /// <param name="parts">Gets which parts may be shortened.</param>
    protected abstract void WriteRow(TextBuffer to, in TcpEvent e, ref LineParts parts);

    /// <summary>Writes the owner of an end, and a blank.</summary>
    /// <returns>Where the command stands.</returns>
    protected static (int Start, int End) WriteOwner(TextBuffer to, in TcpEvent e)
    {
        int start = to.Length;
        e.Process.Comm.AppendText(to);
        int end = to.Length;
        to.Append((byte)'[');
        to.Append((ulong)e.Process.Pid);
        to.Append("] "u8);
        return (start, end);
    }

    /// <summary>Writes bytes that an end has sent and received.</summary>
    /// <returns>Where they stand.</returns>
    protected static (int Start, int End) WriteBytes(TextBuffer to, ulong sent, ulong received)
    {
        int start = to.Length;
        to.Append(" sent "u8);
        UnitText.AppendSize(to, sent);
        to.Append(" received "u8);
        UnitText.AppendSize(to, received);
        return (start, to.Length);
    }
}
