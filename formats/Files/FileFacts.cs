using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Files;

/// <summary>What a name or a descriptor leads to.</summary>
public enum FileKind
{
    /// <summary>A file with bytes of its own.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A pipe or a FIFO.</summary>
    Pipe,

    /// <summary>A symbolic link, where it was asked not to follow it.</summary>
    Link,

    /// <summary>A device, a socket.</summary>
    Other,
}

/// <summary>One file, under whatever name: device and inode say whether two are the same.</summary>
public readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>What the kernel says of a file (statx, whose layout is the same on every processor).</summary>
/// <param name="Identity">Which file it is.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Owner">The user to whom it belongs.</param>
/// <param name="IsShared">For a directory: others may write in it, but only remove what is theirs, as in /tmp.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct FileFacts(FileIdentity Identity, FileKind Kind, uint Owner, bool IsShared, long Length)
{
    private const int CurrentDirectory = -100, NoFollow = 0x100, EmptyPath = 0x1000;
    private const uint BasicFacts = 0x7ff;

    /// <summary>Of a name; null: there is no such file, or it cannot be looked at.</summary>
    public static FileFacts? Of(string path, bool follow = true) => path.Length == 0 ? null : Read(CurrentDirectory, path, follow ? 0 : NoFollow);

    /// <summary>Of an open file.</summary>
    public static FileFacts? Of(SafeFileHandle file)
    {
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            return OfDescriptor((int)file.DangerousGetHandle());
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Of a descriptor, such as 0 for standard input; null: it is closed.</summary>
    public static FileFacts? OfDescriptor(int descriptor) => Read(descriptor, "", EmptyPath);

    private static FileFacts? Read(int directory, string path, int flags)
    {
        if (statx(directory, FileNames.ToNative(path), flags, BasicFacts, out Status status) != 0)
            return null;
        FileKind kind = (status.Mode >> 12) switch
        {
            8 => FileKind.Regular,
            4 => FileKind.Directory,
            1 => FileKind.Pipe,
            10 => FileKind.Link,
            _ => FileKind.Other,
        };
        const int sticky = 0x200;
        return new FileFacts(new FileIdentity((ulong)status.DeviceMajor << 32 | status.DeviceMinor, status.Inode), kind, status.Owner, (status.Mode & sticky) != 0, (long)status.Size);
    }

    /// <summary>struct statx.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)] public uint Owner;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, out Status status);
}
