using System.Runtime.InteropServices;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Files;

/// <summary>Follows symbolic links. It also follows links whose target is not UTF-8; .NET would return another name.</summary>
internal static class LinkTarget
{
    private const int MostLinks = 40, LongestPath = 4096, ErrnoTooManyLinks = 40; // the kernel's limits: MAXSYMLINKS, PATH_MAX

    /// <summary>Follows a link, and the links that it leads to.</summary>
    /// <param name="link">The name of the first link.</param>
    /// <param name="error">The errno if the result is null; else 0.</param>
    /// <returns>The name behind the last link, whether a file has it or not; null: a link cannot be read, or there are too many.</returns>
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
