using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>One YAML document for each event. Strings are quoted as in JSON, which YAML allows.</summary>
internal sealed class YamlFormat(IReadOnlyList<Field> fields) : EventFormat
{
    private readonly (byte[] Prefix, Field Field)[] _fields = [.. fields.Select(f => (Encoding.UTF8.GetBytes($"{f.JsonKey}: "), f))];

    public override void Write(TextBuffer to, in TcpEvent e)
    {
        to.Append("---\n"u8);
        foreach ((byte[] prefix, Field field) in _fields)
        {
            if (!field.IsIn(in e))
                continue;
            to.Append(prefix);
            int start = to.Length;
            field.Json(to, in e);
            Correct(to, start);
            to.Append((byte)'\n');
        }
    }

    /// <summary>
    /// Corrects JSON that YAML does not allow. YAML escapes a character beyond 16 bits once, not as two surrogates. It does not allow
    /// U+FFFE and U+FFFF unescaped.
    /// </summary>
    private static void Correct(TextBuffer to, int start)
    {
        ReadOnlySpan<byte> written = to.Written[start..];
        if (written.IndexOf("\\ud"u8) < 0 && written.IndexOf("\ufffe"u8) < 0 && written.IndexOf("\uffff"u8) < 0)
            return;
        string json = Encoding.UTF8.GetString(written);
        to.CutTo(start);
        for (int i = 0; i < json.Length; i++)
        {
            if (json[i] is '\ufffe' or '\uffff')
            {
                to.AppendAscii(json[i] == '\ufffe' ? "\\ufffe" : "\\uffff");
            }
            else if (json[i] != '\\')
            {
                int end = json.AsSpan(i).IndexOfAny('\\', '\ufffe', '\uffff') is >= 0 and var length ? i + length : json.Length;
                to.Append(Encoding.UTF8.GetBytes(json[i..end]));
                i = end - 1;
            }
            else if (json[i + 1] == 'u' && Unit(json, i) is var high && char.IsHighSurrogate(high))
            {
                to.AppendAscii(string.Create(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(high, Unit(json, i + 6)):x8}"));
                i += 11;
            }
            else
            {
                to.AppendAscii(json[i..(i + 2)]); // both characters of an escape, because an escaped backslash begins no other escape
                i++;
            }
        }
    }

    /// <summary>The UTF-16 unit that <c>\u</c> and four digits stand for.</summary>
    private static char Unit(string json, int at) =>
        (char)ushort.Parse(json.AsSpan(at + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
