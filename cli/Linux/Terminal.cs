using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Cli.Linux;

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
                return LibC.tcgetpgrp((int)terminal.DangerousGetHandle()) == LibC.getpgrp();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
