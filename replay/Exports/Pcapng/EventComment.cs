using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Pcapng;

/// <summary>What a packet's comment says of the event: the fields that no packet has, as <c>comm=curl pid=4711</c>.</summary>
internal sealed class EventComment
{
    private const int Longest = 4096;

    private static readonly Field[] s_fields =
    [
        .. new[]
        {
            "operation", "comm", "pid", "namespace", "pod", "container", "node", "src", "dst", "dst_pod", "error", "reason", "latency_ns",
            "duration_ns", "sent_bytes", "received_bytes", "retransmits", "conn", "flow", "exe",
        }.Select(Fields.Find),
    ];

    private readonly TextBuffer _text = new(Longest);

    /// <summary>The comment for an event; good until the next.</summary>
    public ReadOnlySpan<byte> Of(in TcpEvent e)
    {
        _text.Clear();
        foreach (Field field in s_fields)
        {
            if (!field.IsIn(in e))
                continue;
            int before = _text.Length;
            if (before > 0)
                _text.Append((byte)' ');
            _text.AppendAscii(field.Name);
            _text.Append((byte)'=');
            int value = _text.Length;
            field.Text(_text, in e);
            if (_text.Length == value || _text.Length > Longest)
                _text.CutTo(before); // nothing to say, or too much
        }
        return _text.Written;
    }
}
