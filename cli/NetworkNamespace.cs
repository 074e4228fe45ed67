using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli;

/// <summary>Turns names and paths of network namespaces into inode numbers.</summary>
internal static class NetworkNamespace
{
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
        if (statx(CurrentDirectory, path, 0, WantInode, status) == 0)
            return not + BinaryPrimitives.ReadUInt64LittleEndian(status.AsSpan(InodeOffset)).ToString(CultureInfo.InvariantCulture);
        throw new SelectionException($"--netns '{name}': neither a number nor a network namespace at {path}");
    }

    // A namespace's number is the inode of its file, which .NET has no name for
    private const int CurrentDirectory = -100, WantInode = 0x100, StatusBytes = 256, InodeOffset = 32;

    [DllImport("libc")]
    private static extern int statx(int directory, string path, int flags, uint mask, [Out] byte[] status);
}
