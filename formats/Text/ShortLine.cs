using TcpTracer.Formats.Events;
using TcpTracer.Formats.Words;

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
        WriteRow(to, in e);
        if (style.Width is { } width)
            LineWidth.Cut(to, start, width);
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
    protected abstract void WriteRow(TextBuffer to, in TcpEvent e);

    /// <summary>Writes the owner of an end, and a blank.</summary>
    protected static void WriteOwner(TextBuffer to, in TcpEvent e)
    {
        e.Process.Comm.AppendText(to);
        to.Append((byte)'[');
        to.Append((ulong)e.Process.Pid);
        to.Append("] "u8);
    }

    /// <summary>Writes bytes that an end has sent and received.</summary>
    protected static void WriteBytes(TextBuffer to, ulong sent, ulong received)
    {
        to.Append(" sent "u8);
        UnitText.AppendSize(to, sent);
        to.Append(" received "u8);
        UnitText.AppendSize(to, received);
    }
}
