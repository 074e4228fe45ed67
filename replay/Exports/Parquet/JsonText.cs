using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>The text that a JSON string stands for: what a reader of JSON lines gets is what a table has.</summary>
internal sealed class JsonText
{
    private readonly TextBuffer _json = new(256);
    private byte[] _plain = [];

    /// <summary>A field's value. What is no JSON string, such as an object, stays JSON.</summary>
    public ReadOnlySpan<byte> Of(Field field, in TcpEvent e)
    {
        _json.Clear();
        field.Json(_json, in e);
        return Unquoted();
    }

    /// <summary>A name.</summary>
    public ReadOnlySpan<byte> Of(SafeText name)
    {
        _json.Clear();
        name.AppendJson(_json);
        return Unquoted();
    }

    private ReadOnlySpan<byte> Unquoted()
    {
        ReadOnlySpan<byte> json = _json.Written;
        if (json is not [(byte)'"', .. var text, (byte)'"'])
            return json;
        if (!text.Contains((byte)'\\'))
            return text;
        if (_plain.Length < text.Length)
            _plain = new byte[text.Length];
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return _plain.AsSpan(0, reader.CopyString(_plain));
    }
}
