using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Text;

/// <summary>
/// Connections for eyes: <c>TIME CALLER -> CALLED OUTCOME DETAIL</c>. The caller stands on the left, also where only the called end was
/// seen; a question mark behind the called end says that only the ports tell. Owners stand before the ends that were seen. It may change
/// from version to version: scripts use the other formats.
/// </summary>
internal sealed class ShortConnections(TextStyle style) : ShortLine(style)
{
    private static readonly Field s_latency = ConnectionFields.OfConnections.Find("latency_ns");
    private static readonly Field s_duration = ConnectionFields.OfConnections.Find("duration_ns");

    protected override Course CourseOf(in TcpEvent e) => e.Connection!.State switch
    {
        ConnectionState.Failed => Course.Failed,
        ConnectionState.Reset => Course.Broken,
        _ => Course.Good,
    };

    protected override void WriteRow(TextBuffer to, in TcpEvent e, ref LineParts parts)
    {
        bool isNearCalled = e.Connection!.IsNearCalled;
        parts.Comm = WriteOwnerOf(to, in e, isNear: !isNearCalled);
        parts.Near.Start = to.Length;
        WriteName(to, in e, isNear: !isNearCalled);
        parts.Near.End = to.Length;
        to.Append(" -> "u8);
        WriteOwnerOf(to, in e, isNear: isNearCalled);
        parts.Far.Start = to.Length;
        WriteName(to, in e, isNear: isNearCalled);
        if (e.Connection.IsTurnDoubtful)
            to.Append((byte)'?');
        parts.Far.End = to.Length;
        to.Append((byte)' ');
        WriteOutcome(to, in e);
        WriteTime(to, " latency "u8, s_latency, in e);
        WriteTime(to, " duration "u8, s_duration, in e);
        parts.Bytes = WriteBytes(to, e.Connection);
    }

    /// <summary>Writes who owns an end, if that was seen.</summary>
    /// <returns>Where the command stands.</returns>
    private static (int Start, int End) WriteOwnerOf(TextBuffer to, in TcpEvent row, bool isNear) =>
        (isNear ? row.Connection!.Near : row.Connection!.Far) is { } end ? WriteOwner(to, in end.Latest) : (to.Length, to.Length);

    private static void WriteName(TextBuffer to, in TcpEvent row, bool isNear)
    {
        if (isNear)
            PeerText.Write(to, row.Source, row.Saddr, row.Sport, arePodsPlain: true);
        else
            PeerText.Write(to, row.Destination, row.Daddr, row.Dport, arePodsPlain: true);
    }

    private static void WriteOutcome(TextBuffer to, in TcpEvent row)
    {
        Connection connection = row.Connection!;
        switch (connection.State)
        {
            case ConnectionState.Open:
                to.Append("open"u8);
                break;
            case ConnectionState.Closed:
                to.Append("closed"u8);
                break;
            case ConnectionState.Failed when row.Error != 0:
                to.Append("failed "u8);
                to.AppendAscii(Errno.NameOf(row.Error));
                break;
            case ConnectionState.Failed:
                to.Append(row.Operation == Operation.ConnectFailed ? "failed"u8 : "never accepted"u8);
                break;
            default:
                WriteBreak(to, in row, connection);
                break;
        }
    }

    private static void WriteBreak(TextBuffer to, in TcpEvent row, Connection connection)
    {
        if (connection.IsResetByNear is { } isNear)
        {
            to.Append("reset by "u8);
            WriteName(to, in row, isNear);
            return;
        }
        Reason reason = (connection.Near.WasReset ? connection.Near : connection.Far!).Latest.Reason;
        to.Append(reason is Reason.None or Reason.Reset ? "reset"u8 : EventWords.Of(reason));
    }

    private static void WriteTime(TextBuffer to, ReadOnlySpan<byte> word, Field field, in TcpEvent e)
    {
        if (!field.Applies!(in e))
            return;
        to.Append(word);
        UnitText.AppendTime(to, (ulong)field.Number!(in e));
    }

    /// <summary>What the caller has sent and received, as the near end counted it; or the far end, where the near end did not.</summary>
    /// <returns>Where they stand; empty: nobody counted them.</returns>
    private static (int Start, int End) WriteBytes(TextBuffer to, Connection connection)
    {
        bool isNear = connection.Near.Latest.IsCounted;
        if (!isNear && connection.Far?.Latest.IsCounted != true)
            return default;
        ref readonly TcpEvent counted = ref (isNear ? connection.Near : connection.Far!).Latest;
        return isNear == connection.IsNearCalled
            ? WriteBytes(to, counted.Received, counted.Sent) : WriteBytes(to, counted.Sent, counted.Received);
    }
}
