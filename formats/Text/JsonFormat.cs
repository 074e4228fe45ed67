using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>One JSON object in each line. Keys of fields that do not apply are left out.</summary>
internal sealed class JsonFormat(IReadOnlyList<Field> fields) : EventFormat
{
    private readonly (byte[] Prefix, Field Field)[] _fields = [.. fields.Select(f => (Encoding.UTF8.GetBytes($",\"{f.JsonKey}\":"), f))];

    public override bool HasStatus => true;

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        int start = to.Length;
        to.Append((byte)'{');
        foreach ((byte[] prefix, Field field) in _fields)
        {
            if (!field.IsIn(in e))
                continue;
            to.Append(to.Length == start + 1 ? prefix.AsSpan(1) : prefix);
            field.Json(to, in e);
        }
        to.Append("}\n"u8);
    }

    public override void WriteLoss(TextBuffer to, in LossRecord loss)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        to.AppendAscii(string.Create(invariant, $"{{\"type\":\"lost\",\"count\":{loss.Count},\"total\":{loss.Total},"));
        to.AppendAscii(string.Create(invariant, $"\"source\":\"{LossWords.Of(loss.Source)}\","));
        to.AppendAscii(string.Create(invariant, $"\"from_boottime_ns\":{loss.FromNs},\"to_boottime_ns\":{loss.ToNs}}}\n"));
    }
}
