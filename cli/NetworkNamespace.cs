using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli;

/// <summary>
/// Turns names and paths of network namespaces into inode numbers. Their files stay open until a recorder has looked which namespaces these are: a
/// number whose namespace is gone is given to the next one.
/// </summary>
internal static class NetworkNamespace
{
    private static readonly List<SafeFileHandle> s_open = [];

    /// <summary>A recorder knows them now; from here on they may end.</summary>
    public static void LetGo()
    {
        s_open.ForEach(f => f.Dispose());
        s_open.Clear();
    }

    /// <summary>A list as --netns takes it, with numbers only.</summary>
    public static string? Resolve(string? list) => list is null ? null : string.Join(',', list.Split(',').Select(ResolveOne));

    private static string ResolveOne(string item)
    {
        string not = item.StartsWith('!') ? "!" : "";
        string name = item[not.Length..];
        if (name.Length > 0 && name.All(char.IsAsciiDigit))
            return item;
        string path = name.Contains('/') ? name : $"/run/netns/{name}";
        byte[] status = new byte[StatusBytes];
        if (TryOpen(path) is { } file && statx((int)file.DangerousGetHandle(), "", EmptyPath, WantInode, status) == 0)
            return not + BinaryPrimitives.ReadUInt64LittleEndian(status.AsSpan(InodeOffset)).ToString(CultureInfo.InvariantCulture);
        throw new SelectionException($"--netns '{name}': neither a number nor a network namespace at {path}");
    }

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            SafeFileHandle file = File.OpenHandle(path);
            s_open.Add(file);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    // A namespace's number is the inode of its file, which .NET has no name for
    private const int EmptyPath = 0x1000, WantInode = 0x100, StatusBytes = 256, InodeOffset = 32;

    [DllImport("libc")]
    private static extern int statx(int directory, string path, int flags, uint mask, [Out] byte[] status);
}
