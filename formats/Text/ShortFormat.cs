using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Text;

/// <summary>
/// For eyes: <c>TIME T COMM[PID] NEAR -> FAR DETAIL</c>, with names instead of addresses where they are known, and units. An arrow to
/// the left stands in rows of an end that was called. It may change from version to version: scripts use the other formats.
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

    protected override void WriteRow(TextBuffer to, in TcpEvent e)
    {
        to.Append((byte)OperationNames.LetterOf(e.Operation));
        to.Append((byte)' ');
        WriteOwner(to, in e);
        PeerText.Write(to, e.Source, e.Saddr, e.Sport, arePodsPlain: true);
        to.Append(e.Operation is Operation.Accept or Operation.Unaccepted ? " <- "u8 : " -> "u8);
        PeerText.Write(to, e.Destination, e.Daddr, e.Dport, arePodsPlain: true);
        WriteDetail(to, in e);
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
            WriteBytes(to, e.Sent, e.Received);
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
