using System.Runtime.InteropServices;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Files;

/// <summary>Where a symbolic link leads, also where that is not UTF-8: .NET would give another name than that.</summary>
internal static class LinkTarget
{
    private const int MostLinks = 40, LongestPath = 4096, ErrnoTooManyLinks = 40; // as the kernel has it

    /// <summary>The file behind the last link, whether it is there or not.</summary>
    /// <returns>null: they lead in a circle, or cannot be read.</returns>
    public static string? Final(string link, out int error)
    {
        byte[] target = new byte[LongestPath];
        string path = Path.GetFullPath(link);
        for (int i = 0; i < MostLinks; i++)
        {
            if (FileFacts.Of(path, follow: false) is not { Kind: FileKind.Link })
            {
                error = 0;
                return path;
            }
            nint length = readlink(FileNames.ToNative(path), target, target.Length);
            if (length < 0)
            {
                error = Marshal.GetLastPInvokeError();
                return null;
            }
            path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path) ?? "/", FileNames.FromBytes(target.AsSpan(0, (int)length))));
        }
        error = ErrnoTooManyLinks;
        return null;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern nint readlink(byte[] path, byte[] target, nint size);
}
