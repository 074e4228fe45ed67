using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Files;

/// <summary>The kind of file that a name or a descriptor leads to.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A pipe or a FIFO.</summary>
    Pipe,

    /// <summary>A symbolic link, if the caller asked not to follow it.</summary>
    Link,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device.</summary>
    Other,
}

/// <summary>Identifies a file, whatever its name: two names with the same device and inode lead to the same file.</summary>
/// <param name="Device">The device of its file system: the major number in the upper 32 bits, the minor number in the lower ones.</param>
/// <param name="Inode">Its inode on that device.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode);

/// <summary>What the kernel says about a file. It comes from statx, whose layout is the same on every processor.</summary>
/// <param name="Identity">Which file it is.</param>
/// <param name="Kind">What kind of file it is.</param>
/// <param name="Owner">The uid of its owner.</param>
/// <param name="IsShared">Whether it is a directory with the sticky bit, such as /tmp: others may write in it, but may only remove
/// their own files.</param>
/// <param name="Length">Its length in bytes.</param>
public readonly record struct FileFacts(FileIdentity Identity, FileKind Kind, uint Owner, bool IsShared, long Length)
{
    private const int CurrentDirectory = -100, NoFollow = 0x100, EmptyPath = 0x1000;
    private const uint BasicFacts = 0x7ff;

    /// <summary>The facts about the file that has this name; null: there is no such file, or the kernel refuses to say.</summary>
    /// <param name="path">The name.</param>
    /// <param name="follow">Whether a symbolic link stands for the file behind it.</param>
    public static FileFacts? Of(string path, bool follow = true) =>
        path.Length == 0 ? null : Read(CurrentDirectory, path, follow ? 0 : NoFollow);

    /// <summary>The facts about an open file; null: the kernel refuses to say.</summary>
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

    /// <summary>The facts about an open descriptor, such as 0 for standard input; null: it is closed.</summary>
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
            12 => FileKind.Socket,
            _ => FileKind.Other,
        };
        const int sticky = 0x200;
        var identity = new FileIdentity((ulong)status.DeviceMajor << 32 | status.DeviceMinor, status.Inode);
        return new FileFacts(identity, kind, status.Owner, (status.Mode & sticky) != 0, (long)status.Size);
    }

    /// <summary>The members of <c>struct statx</c> that are read here.</summary>
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
