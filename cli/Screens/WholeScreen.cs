using System.Text;
using TcpTracer.Cli.Linux;

namespace TcpTracer.Cli.Screens;

/// <summary>
/// The whole terminal, as editors and pagers take it: what stood there before comes back when it is let go. A frame is one write between
/// the marks of a synchronized update, so it does not flicker.
/// </summary>
internal sealed class WholeScreen : IDisposable
{
    private const string Enter = "\x1b[?1049h\x1b[?25l\x1b[?7l", Leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
    private const string BeginFrame = "\x1b[?2026h\x1b[H", EndFrame = "\x1b[?2026l", ClearLine = "\x1b[K", ClearRest = "\x1b[J";
    private const string Inverse = "\x1b[7m", Plain = "\x1b[0m";
    private readonly StandardOutput _output = new();

    /// <summary>Takes the terminal.</summary>
    public WholeScreen() => Write(Enter);

    /// <summary>Rows and columns of the terminal.</summary>
    public static (int Rows, int Columns) Size => (Math.Max(1, Console.WindowHeight), Math.Max(1, Console.WindowWidth));

    /// <summary>Shows a frame.</summary>
    /// <param name="lines">Its lines, without control characters and no wider than the terminal.</param>
    /// <param name="header">The line that is shown inverse.</param>
    public void Show(IReadOnlyList<string> lines, int header)
    {
        var frame = new StringBuilder(BeginFrame);
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0)
                frame.Append("\r\n");
            // Cleared before it is written: behind a line that fills the terminal the cursor still stands on its last character
            frame.Append(i == lines.Count - 1 ? ClearRest : ClearLine).Append(i == header ? Inverse + lines[i] + Plain : lines[i]);
        }
        Write(frame.Append(EndFrame).ToString());
    }

    private void Write(string text) => _output.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Gives the terminal back.</summary>
    public void Dispose()
    {
        try
        {
            Write(Leave);
        }
        catch (IOException)
        {
            // the terminal is gone
        }
        _output.Dispose();
    }
}
