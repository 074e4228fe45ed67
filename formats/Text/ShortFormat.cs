using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Text;

/// <summary>
/// For eyes: <c>TIME T COMM[PID] NEAR -> FAR DETAIL</c>, with names instead of addresses where they are known, and units. An arrow to
/// the left stands in rows of an end that was called. It may change from version to version: scripts use the other formats.
/// </summary>
internal sealed class ShortFormat(TextStyle style) : EventFormat
{
    private static readonly Field s_latency = Fields.Find("latency_ns"), s_duration = Fields.Find("duration_ns");
    private static readonly Field s_reason = Fields.Find("reason");
    private readonly RowTime _time = new(style.Time ?? TimeStyle.Utc, style.Zone);

    public override bool IsInOrder => _time.IsInOrder;

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        ReadOnlySpan<byte> color = style.Color ? ColorOf(in e) : default;
        to.Append(color);
        int start = to.Length;
        _time.Append(to, e.WallNs);
        to.Append((byte)' ');
        to.Append((byte)OperationNames.LetterOf(e.Operation));
        to.Append((byte)' ');
        e.Process.Comm.AppendText(to);
        to.Append((byte)'[');
        to.Append((ulong)e.Process.Pid);
        to.Append("] "u8);
        PeerText.Write(to, e.Source, e.Saddr, e.Sport, arePodsPlain: true);
        to.Append(e.Operation is Operation.Accept or Operation.Unaccepted ? " <- "u8 : " -> "u8);
        PeerText.Write(to, e.Destination, e.Daddr, e.Dport, arePodsPlain: true);
        WriteDetail(to, in e);
        if (style.Width is { } width)
            LineWidth.Cut(to, start, width);
        if (color.Length > 0)
            to.Append("\u001b[0m"u8);
        to.Append((byte)'\n');
    }

    /// <summary>Failed is red; what ended otherwise than in order is yellow.</summary>
    private static ReadOnlySpan<byte> ColorOf(in TcpEvent e)
    {
        if (e.Operation == Operation.ConnectFailed)
            return "\u001b[31m"u8;
        bool isReset = e.Operation is Operation.Unknown or Operation.Unaccepted
            || e.Reason is Reason.ResetSent or Reason.ResetReceived or Reason.Reset;
        return isReset ? "\u001b[33m"u8 : default;
    }

    private static void WriteDetail(TextBuffer to, in TcpEvent e)
    {
        if (e.Error != 0)
        {
            to.Append((byte)' ');
            to.AppendAscii(Errno.NameOf(e.Error));
        }
        if (e.Operation == Operation.Unaccepted)
            to.Append(" never accepted"u8);
        WriteTime(to, s_latency, in e);
        WriteTime(to, s_duration, in e);
        if (e.IsCounted)
        {
            to.Append(" sent "u8);
            UnitText.AppendSize(to, e.Sent);
            to.Append(" received "u8);
            UnitText.AppendSize(to, e.Received);
        }
        if (!s_reason.Applies!(in e))
            return;
        to.Append((byte)' ');
        s_reason.Text(to, in e);
    }

    private static void WriteTime(TextBuffer to, Field field, in TcpEvent e)
    {
        if (!field.Applies!(in e))
            return;
        to.Append((byte)' ');
        UnitText.AppendTime(to, (ulong)field.Number!(in e));
    }
}
