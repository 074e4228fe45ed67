using Microsoft.Win32.SafeHandles;
using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Handlers;

/// <summary>The terminal that we were started from, if any.</summary>
internal static class Terminal
{
    /// <summary>Whether we are in its foreground: what is typed at it, Ctrl-C for one, goes to us and to our children alike.</summary>
    public static bool IsOurs
    {
        get
        {
            try
            {
                using SafeFileHandle terminal = File.OpenHandle("/dev/tty", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                return tcgetpgrp((int)terminal.DangerousGetHandle()) == getpgrp();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    [DllImport("libc")]
    private static extern int tcgetpgrp(int descriptor);

    [DllImport("libc")]
    private static extern int getpgrp();
}
