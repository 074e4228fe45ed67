using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Files;

/// <summary>What to do with an existing file of the same name.</summary>
public enum IfExists
{
    /// <summary>Keep it, and write nothing.</summary>
    Refuse,

    /// <summary>Rename it to FILE.old when the new file is complete.</summary>
    MoveAside,

    /// <summary>Replace it when the new file is complete.</summary>
    Overwrite,
}

/// <summary>
/// The place of a file that is to be written. It alone decides which files may be replaced. It holds the lock of an existing file, so that
/// another process that wants the same place gets an error. Nothing is changed before <see cref="Take"/>.
/// </summary>
internal sealed class OutputPlace : IDisposable
{
    private const int CurrentDirectory = -100, OnlyIfFree = 1;
    private const int ErrnoNotPermitted = 1, ErrnoNoEntry = 2, ErrnoDenied = 13, ErrnoExists = 17;
    private const int ErrnoInvalid = 22, ErrnoNoSystemCall = 38;
    private const int MostTries = 10;
    private static readonly string[] s_packed = [".gz", ".zst", ".xz", ".bz2", ".lz4"];
    private readonly string _name;
    private readonly IfExists _ifExists;
    private SafeFileHandle? _existing;
    private FileFacts? _facts;

    /// <summary>Checks a place, and locks the file that is there.</summary>
    /// <param name="name">The name of the file, as the user gave it.</param>
    /// <param name="ifExists">What to do with an existing file.</param>
    /// <param name="reserved">Files that must not be replaced.</param>
    /// <exception cref="OutputException">Nothing may be written there.</exception>
    public OutputPlace(string name, IfExists ifExists, IEnumerable<FileIdentity> reserved)
    {
        _name = Real = name;
        _ifExists = ifExists;
        _facts = Look(name);
        if (_facts is { } there && reserved.Contains(there.Identity))
            throw Fault(OutputFault.IsInput);
        if (_facts is { Kind: FileKind.Pipe })
        {
            IsStream = true;
            return;
        }
        Resolve();
        if (IsStream)
            return;
        ThrowIfPackedName(name);
        if (_facts is null)
            return;
        if (ifExists == IfExists.Refuse)
            throw Fault(OutputFault.Exists);
        Hold();
    }

    /// <summary>The name behind all links.</summary>
    public string Real { get; private set; }

    /// <summary>
    /// Whether bytes are written straight to the existing file: it is a pipe, or only a descriptor leads to it (/proc/self/fd).
    /// </summary>
    public bool IsStream { get; private set; }

    /// <summary>The first bytes of the existing file, 16 at most; empty: there is no such file, or it cannot be read.</summary>
    public byte[] FirstBytes
    {
        get
        {
            const int enough = 16;
            byte[] start = new byte[enough];
            if (_existing is null || IsStream)
                return [];
            try
            {
                return start[..RandomAccess.Read(_existing, start, 0)];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                return [];
            }
        }
    }

    /// <summary>The facts about the existing file, if there is one; throws if it is of a kind that must not be written.</summary>
    private static FileFacts? Look(string name)
    {
        if (name.Length == 0)
            throw new OutputException(name, OutputFault.NoName);
        FileFacts? facts = FileFacts.Of(name);
        if (name.EndsWith('/') || facts is { Kind: FileKind.Directory })
            throw new OutputException(name, OutputFault.Directory);
        return facts is { Kind: FileKind.Other or FileKind.Socket } ? throw new OutputException(name, OutputFault.Device) : facts;
    }

    /// <summary>A reader of such a name expects packed bytes; other tools refuse the file, or take it for damaged.</summary>
    private static void ThrowIfPackedName(string name)
    {
        bool isPacked = s_packed.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
        if (isPacked && Path.GetFileNameWithoutExtension(name).Length > 0)
            throw new OutputException(name, OutputFault.PackedName);
    }

    /// <summary>Checks the name of a set. No file has that name; the names of its files begin with it.</summary>
    /// <exception cref="OutputException">The name cannot be that of a set.</exception>
    public static void CheckSetName(string name)
    {
        if (Look(name) is { Kind: FileKind.Pipe })
            throw new OutputException(name, OutputFault.Device);
        ThrowIfPackedName(name);
        if (FileFacts.Of(DirectoryOf(name)) is null)
            throw new OutputException(name, OutputFault.NoDirectory);
    }

    /// <summary>The directory of a file; the current one for a bare name.</summary>
    public static string DirectoryOf(string path) =>
        Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : path.StartsWith('/') ? "/" : ".";

    /// <summary>Follows links. In a shared directory such as /tmp it refuses links and files of other users.</summary>
    private void Resolve()
    {
        if (FileFacts.Of(_name, follow: false) is { Kind: FileKind.Link } link)
        {
            ThrowIfForeign(_name, link);
            Real = LinkTarget.Final(_name, out int error) ?? throw Fault(OutputFault.Failed, error);
            IsStream = _facts is { } behind && FileFacts.Of(Real)?.Identity != behind.Identity;
        }
        if (_facts is { } file && !IsStream)
            ThrowIfForeign(Real, file);
    }

    private static bool IsForeign(string path, FileFacts file) =>
        FileFacts.Of(DirectoryOf(path)) is { IsShared: true } && file.Owner != geteuid();

    private void ThrowIfForeign(string path, FileFacts file)
    {
        if (IsForeign(path, file))
            throw Fault(OutputFault.Foreign);
    }

    /// <summary>
    /// Locks the existing file. While we hold the lock the file keeps its name, because every recorder asks for this lock first.
    /// </summary>
    private void Hold()
    {
        for (int i = 0; i < MostTries; i++)
        {
            LetGo();
            _existing = OpenFile.Existing(Real);
            if (_existing.IsInvalid)
            {
                int error = Marshal.GetLastPInvokeError();
                throw Fault(error is ErrnoDenied or ErrnoNotPermitted ? OutputFault.Denied : OutputFault.Failed, error);
            }
            if (!OpenFile.TryLock(_existing))
                throw Fault(OutputFault.Locked);
            _facts = FileFacts.Of(Real, follow: false);
            if (_facts?.Identity == FileFacts.Of(_existing)?.Identity)
                return;
            if (_facts is null)
                break; // it was removed meanwhile
        }
        LetGo();
    }

    private void LetGo()
    {
        if (_existing is null)
            return;
        OpenFile.Unlock(_existing);
        _existing.Dispose();
        _existing = null;
    }

    /// <summary>Gives a complete file its final name.</summary>
    /// <param name="from">Its name so far, in the same directory.</param>
    /// <returns>What happened to the file that had the name before.</returns>
    /// <exception cref="OutputException">The name was taken meanwhile, or the kernel refuses.</exception>
    public Displaced Take(string from)
    {
        if (_facts is null || _existing is null)
        {
            RenameIfFree(from);
            return new Displaced(null, false);
        }
        if (_ifExists == IfExists.Overwrite || FileFacts.Of(_existing) is { Length: 0 })
        {
            Rename(from, Real);
            return new Displaced(null, false);
        }
        string old = Real + ".old";
        bool replaces = MakeWay(old);
        try
        {
            RenameIfFree(from);
        }
        catch (OutputException)
        {
            _ = rename(FileNames.ToNative(old), FileNames.ToNative(Real)); // back to its name
            throw;
        }
        return new Displaced(old, replaces);
    }

    /// <summary>Renames the existing file.</summary>
    /// <param name="old">Its new name.</param>
    /// <returns>Whether another file had that name and is gone now.</returns>
    private bool MakeWay(string old)
    {
        FileFacts? there = FileFacts.Of(old, follow: false);
        if (there is { Kind: FileKind.Directory })
            throw new OutputException(old, OutputFault.NoRoomForOld);
        if (there is { } file)
        {
            if (IsForeign(old, file))
                throw new OutputException(old, OutputFault.NoRoomForOld);
            using SafeFileHandle held = OpenFile.Existing(old);
            if (!held.IsInvalid && file.Identity != _facts!.Value.Identity && !OpenFile.TryLock(held))
                throw new OutputException(old, OutputFault.Locked);
        }
        if (there?.Identity == _facts!.Value.Identity)
        {
            _ = unlink(FileNames.ToNative(Real)); // both names lead to one file: rename() would do nothing
            return false;
        }
        Rename(Real, old);
        return there is not null;
    }

    private void Rename(string from, string to)
    {
        if (rename(FileNames.ToNative(from), FileNames.ToNative(to)) != 0)
            throw Failed(_name, Marshal.GetLastPInvokeError());
    }

    private void RenameIfFree(string from)
    {
        if (renameat2(CurrentDirectory, FileNames.ToNative(from), CurrentDirectory, FileNames.ToNative(Real), OnlyIfFree) == 0)
            return;
        int error = Marshal.GetLastPInvokeError();
        if (error is ErrnoInvalid or ErrnoNoSystemCall) // no RENAME_NOREPLACE on this file system: the file has two names for a moment
        {
            if (link(FileNames.ToNative(from), FileNames.ToNative(Real)) == 0)
            {
                _ = unlink(FileNames.ToNative(from));
                return;
            }
            error = Marshal.GetLastPInvokeError();
            if (error == ErrnoNotPermitted && FileFacts.Of(Real, follow: false) is null)
            {
                Rename(from, Real);
                return;
            }
        }
        // If somebody was quicker, that process holds the lock
        throw error == ErrnoExists ? Fault(_ifExists == IfExists.Refuse ? OutputFault.Exists : OutputFault.Locked) : Failed(_name, error);
    }

    private OutputException Fault(OutputFault fault, int error = 0) => new(_name, fault, error);

    /// <summary>The exception for an errno of a system call.</summary>
    public static OutputException Failed(string name, int error) => error switch
    {
        ErrnoNoEntry => new OutputException(name, OutputFault.NoDirectory, error),
        ErrnoDenied or ErrnoNotPermitted => new OutputException(name, OutputFault.Denied, error),
        _ => new OutputException(name, OutputFault.Failed, error),
    };

    /// <summary>Removes a file.</summary>
    /// <returns>0, also if there is no such file; else the errno.</returns>
    public static int Remove(string path)
    {
        if (unlink(FileNames.ToNative(path)) == 0)
            return 0;
        int error = Marshal.GetLastPInvokeError();
        return error == ErrnoNoEntry ? 0 : error;
    }

    public void Dispose() => LetGo();

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true)]
    private static extern int unlink(byte[] path);

    [DllImport("libc", SetLastError = true)]
    private static extern int rename(byte[] from, byte[] to);

    [DllImport("libc", SetLastError = true)]
    private static extern int link(byte[] from, byte[] to);

    [DllImport("libc", SetLastError = true)]
    private static extern int renameat2(int fromDirectory, byte[] from, int toDirectory, byte[] to, uint flags);
}

/// <summary>What happened to a file whose place another file took.</summary>
/// <param name="MovedTo">Its new name; null: there was no such file, or it was replaced.</param>
/// <param name="ReplacedOlder">Whether an older file had the new name, and is gone now.</param>
public readonly record struct Displaced(string? MovedTo, bool ReplacedOlder);
