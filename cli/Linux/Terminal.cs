using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Cli.Linux;

/// <summary>The terminal that we were started from, if any.</summary>
internal static unsafe class Terminal
{
    private const int UsualWidth = 80, NarrowestWidth = 40, WidestWidth = 120;
    private const nuint AskForSize = 0x5413; // TIOCGWINSZ, the same on x86-64 and arm64

    /// <summary>
    /// How many characters a line for people may have: $COLUMNS, as ls and man take it, else the width of the terminal that standard output
    /// is, else 80. Lines of more than 120 characters are hard to read, so a wider terminal does not make them longer.
    /// </summary>
    public static int Width
    {
        get
        {
            string? columns = Environment.GetEnvironmentVariable("COLUMNS");
            bool isSet = int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) && wanted > 0;
            return Math.Clamp(isSet ? wanted : OwnWidth(), NarrowestWidth, WidestWidth);
        }
    }

    /// <summary>
    /// How many columns a line of results has on the terminal that standard output is; null: it is none, or does not say.
    /// </summary>
    public static int? OutputWidth
    {
        get
        {
            string? columns = Environment.GetEnvironmentVariable("COLUMNS");
            bool isSet = int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) && wanted > 0;
            return Console.IsOutputRedirected ? null : isSet ? wanted : OwnWidth(unknown: 0) is > 0 and var width ? width : null;
        }
    }

    /// <summary>
    /// Whether results may be coloured: standard output is a terminal that knows colours, and $NO_COLOR (no-color.org) is not set.
    /// </summary>
    public static bool HasColors => !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Whether somebody can see a screen and press keys.</summary>
    public static bool IsInteractive => !Console.IsOutputRedirected && !Console.IsInputRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>The terminal fills in a struct winsize: rows, columns, and two numbers that nobody uses. Some terminals say 0.</summary>
    private static int OwnWidth(int unknown = UsualWidth)
    {
        ushort* size = stackalloc ushort[4];
        return LibC.ioctl(StandardDescriptor.Output, AskForSize, (nint)size) == 0 && size[1] > 0 ? size[1] : unknown;
    }

    /// <summary>Whether we are in its foreground. Then Ctrl-C and the like reach us and our children alike.</summary>
    public static bool IsOurs
    {
        get
        {
            try
            {
                using SafeFileHandle terminal = File.OpenHandle("/dev/tty", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                return LibC.tcgetpgrp((int)terminal.DangerousGetHandle()) == LibC.getpgrp();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
