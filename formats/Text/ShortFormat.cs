using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>
/// For eyes: <c>TIME T COMM[PID] NEAR -> FAR DETAIL</c>, with names instead of addresses where they are known, and units. The arrow goes
/// from who called to who was called; <c>--</c>: the event alone does not tell. It may change from version to version: scripts use the
/// other formats.
/// </summary>
internal sealed class ShortFormat(TextStyle style) : ShortLine(style)
{
    private static readonly Field s_latency = Fields.Find("latency_ns"), s_duration = Fields.Find("duration_ns");
    private static readonly Field s_reason = Fields.Find("reason");

    protected override Course CourseOf(in TcpEvent e)
    {
        if (e.Operation == Operation.ConnectFailed)
            return Course.Failed;
        return e.Operation is Operation.Unknown or Operation.Unaccepted
            || e.Reason is Reason.ResetSent or Reason.ResetReceived or Reason.Reset ? Course.Broken : Course.Good;
    }

    protected override void WriteRow(TextBuffer to, in TcpEvent e, ref LineParts parts)
    {
        to.Append((byte)OperationNames.LetterOf(e.Operation));
        to.Append((byte)' ');
        parts.Comm = WriteOwner(to, in e);
        parts.Near.Start = to.Length;
        PeerText.Write(to, e.Source, e.Saddr, e.Sport, arePodsPlain: true);
        parts.Near.End = to.Length;
        to.Append(ArrowOf(in e));
        parts.Far.Start = to.Length;
        PeerText.Write(to, e.Destination, e.Daddr, e.Dport, arePodsPlain: true);
        parts.Far.End = to.Length;
        WriteDetail(to, in e, ref parts.Bytes);
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
            bytes = WriteBytes(to, e.Sent, e.Received);
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
