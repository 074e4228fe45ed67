using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>
/// For eyes: <c>TIME T COMM[PID] NEAR -> FAR DETAIL</c>, with names instead of addresses where they are known, and units. The arrow goes
/// from who called to who was called; <c>--</c>: the event alone does not tell. It may change from version to version: scripts use the
/// other formats.
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
        var parts = new ShortLine.Parts();
        _time.Append(to, e.WallNs);
        to.Append((byte)' ');
        to.Append((byte)OperationNames.LetterOf(e.Operation));
        to.Append((byte)' ');
        parts.Comm.Start = to.Length;
        e.Process.Comm.AppendText(to);
        parts.Comm.End = to.Length;
        to.Append((byte)'[');
        to.Append((ulong)e.Process.Pid);
        to.Append("] "u8);
        parts.Near.Start = to.Length;
        PeerText.Write(to, e.Source, e.Saddr, e.Sport, arePodsPlain: true);
        parts.Near.End = to.Length;
        to.Append(ArrowOf(in e));
        parts.Far.Start = to.Length;
        PeerText.Write(to, e.Destination, e.Daddr, e.Dport, arePodsPlain: true);
        parts.Far.End = to.Length;
        WriteDetail(to, in e, ref parts.Bytes);
        if (style.Width is { } width)
            ShortLine.Fit(to, start, in parts, width);
        if (color.Length > 0)
            to.Append("\u001b[0m"u8);
        to.Append((byte)'\n');
    }

    /// <summary>
    /// From who called to who was called, as far as one event tells: the hooks of connect() and accept() know it, an owner that was found
    /// by its listener was called, and nobody calls from the address of a service.
    /// </summary>
    private static ReadOnlySpan<byte> ArrowOf(in TcpEvent e)
    {
        if (e.Operation is Operation.Connect or Operation.ConnectFailed || e.Destination?.Kind == PeerKind.Service)
            return " -> "u8;
        return e.Operation is Operation.Accept or Operation.Unaccepted || e.Attribution == Attribution.Listener ? " <- "u8 : " -- "u8;
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

    private static void WriteDetail(TextBuffer to, in TcpEvent e, ref (int Start, int End) bytes)
    {
        if (e.Error != 0)
        {
            to.Append((byte)' ');
            to.AppendAscii(Errno.NameOf(e.Error));
        }
        if (e.Operation == Operation.Unaccepted)
        {
            to.Append((byte)' ');
            to.AppendAscii(EventWords.NeverAccepted);
        }
        WriteTime(to, s_latency, in e);
        WriteTime(to, s_duration, in e);
        if (e.IsCounted)
        {
            bytes.Start = to.Length;
            to.Append(" sent "u8);
            UnitText.AppendSize(to, e.Sent);
            to.Append(" received "u8);
            UnitText.AppendSize(to, e.Received);
            bytes.End = to.Length;
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
