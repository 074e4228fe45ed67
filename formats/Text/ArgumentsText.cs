using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>
/// Writes a command line as text. The arguments are separated by blanks, and quoted as for a shell where they need it. So the text tells
/// where an argument ends and what is in it: <c>grep -e 'a b' $'tab\there'</c>.
/// </summary>
internal static class ArgumentsText
{
    [ThreadStatic]
    private static TextBuffer? s_text;

    public static void Write(TextBuffer to, in TcpEvent e) => Write(to, e.Process.Args.Raw);

    /// <summary>Writes the same text as a JSON string.</summary>
    public static void WriteJson(TextBuffer to, in TcpEvent e)
    {
        TextBuffer text = s_text ??= new TextBuffer(256);
        text.Clear();
        Write(text, e.Process.Args.Raw);
        new SafeText(text.Written).AppendJson(to);
    }

    private static void Write(TextBuffer to, ReadOnlySpan<byte> arguments)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            int end = arguments.IndexOf((byte)0);
            if (!isFirst)
                to.Append((byte)' ');
            ShellWord.Write(to, end < 0 ? arguments : arguments[..end]);
            if (end < 0)
                return;
            arguments = arguments[(end + 1)..];
        }
    }
}
