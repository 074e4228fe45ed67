using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Files;

/// <summary>What becomes of a file that is there already.</summary>
public enum WhenThere
{
    /// <summary>It stays, and nothing is written.</summary>
    Refuse,

    /// <summary>It is called FILE.old from then on.</summary>
    MoveAside,

    /// <summary>It goes, when the new one is good.</summary>
    Overwrite,
}

/// <summary>
/// The place of a file that is to be written: looked at, and what is there held under a lock, so that whoever else wants the same place is
/// told. The one place that decides what may be written over. Nothing changes there before <see cref="Take"/>.
/// </summary>
internal sealed class OutputPlace : IDisposable
{
    private const int CurrentDirectory = -100, OnlyIfFree = 1, ErrnoNoEntry = 2, ErrnoDenied = 13, ErrnoNotPermitted = 1, ErrnoExists = 17, ErrnoInvalid = 22, ErrnoNoSystemCall = 38;
    private const int MostTries = 10;
    private readonly string _name;
    private readonly WhenThere _whenThere;
    private SafeFileHandle? _existing;
    private FileFacts? _facts;

    /// <param name="name">As the user gave it.</param>
    /// <param name="whenThere">What becomes of what is there.</param>
    /// <param name="reserved">Files that it must not be.</param>
    /// <exception cref="OutputException">Nothing may be written there.</exception>
    public OutputPlace(string name, WhenThere whenThere, IEnumerable<FileIdentity> reserved)
    {
        _name = Real = name;
        _whenThere = whenThere;
        _facts = Look(name);
        if (_facts is { } there && reserved.Contains(there.Identity))
            throw Fault(OutputFault.IsInput);
        if (_facts is { Kind: FileKind.Pipe })
        {
            IsStream = true;
            return;
        }
        Resolve();
        if (_facts is null || IsStream)
            return;
        if (whenThere == WhenThere.Refuse)
            throw Fault(OutputFault.Exists);
        Hold();
    }

    /// <summary>The file's own name, behind links.</summary>
    public string Real { get; private set; }

    /// <summary>A pipe: written as it is. Or a file without a name, which only a descriptor leads to.</summary>
    public bool IsStream { get; private set; }

    /// <summary>The first bytes of what is there; empty: nothing is, or it cannot be read.</summary>
    public byte[] BeginsWith
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

    /// <summary>What is there, if anything may be written there at all.</summary>
    private static FileFacts? Look(string name)
    {
        if (name.Length == 0)
            throw new OutputException(name, OutputFault.NoName);
        FileFacts? facts = FileFacts.Of(name);
        if (name.EndsWith('/') || facts is { Kind: FileKind.Directory })
            throw new OutputException(name, OutputFault.Directory);
        return facts is { Kind: FileKind.Other } ? throw new OutputException(name, OutputFault.Device) : facts;
    }

    /// <summary>The name of a set is no file, but stands for names in a directory.</summary>
    public static void CheckSetName(string name)
    {
        if (Look(name) is { Kind: FileKind.Pipe })
            throw new OutputException(name, OutputFault.Device);
        if (FileFacts.Of(DirectoryOf(name)) is null)
            throw new OutputException(name, OutputFault.NoDirectory);
    }

    public static string DirectoryOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : path.StartsWith('/') ? "/" : ".";

    /// <summary>
    /// Follows a link, but in a directory like /tmp none that another user put there; nor is another's file written over there.
    /// </summary>
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

    private static bool IsForeign(string path, FileFacts file) => FileFacts.Of(DirectoryOf(path)) is { IsShared: true } && file.Owner != geteuid();

    private void ThrowIfForeign(string path, FileFacts file)
    {
        if (IsForeign(path, file))
            throw Fault(OutputFault.Foreign);
    }

    /// <summary>Locks what is there; with the lock it keeps its name, as everybody else goes the same way.</summary>
    private void Hold()
    {
        for (int i = 0; i < MostTries; i++)
        {
            _existing?.Dispose();
            _existing = OpenFile.Existing(Real);
            if (_existing.IsInvalid)
                throw Fault(Marshal.GetLastPInvokeError() is ErrnoDenied or ErrnoNotPermitted ? OutputFault.Denied : OutputFault.Failed, Marshal.GetLastPInvokeError());
            if (!OpenFile.TryLock(_existing))
                throw Fault(OutputFault.Locked);
            _facts = FileFacts.Of(Real, follow: false);
            if (_facts?.Identity == FileFacts.Of(_existing)?.Identity)
                return;
            if (_facts is null)
                break; // gone meanwhile
        }
        _existing?.Dispose();
        _existing = null;
    }

    /// <summary>Puts a file here.</summary>
    /// <param name="from">Its name so far, in the same directory.</param>
    /// <returns>What became of what was here.</returns>
    public Displaced Take(string from)
    {
        if (_facts is null || _existing is null)
        {
            RenameIfFree(from);
            return new Displaced(null, false);
        }
        if (_whenThere == WhenThere.Overwrite || FileFacts.Of(_existing) is { Length: 0 })
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
            _ = rename(FileNames.ToNative(old), FileNames.ToNative(Real)); // as it was
            throw;
        }
        return new Displaced(old, replaces);
    }

    /// <summary>What is here gets another name.</summary>
    /// <returns>Whether that name was another file's.</returns>
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
            _ = unlink(FileNames.ToNative(Real)); // it has that name already: between two names of one file rename does nothing
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
        if (error is ErrnoInvalid or ErrnoNoSystemCall) // a file system that cannot: two names for a moment
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
        // Who was quicker holds it under a lock
        throw error == ErrnoExists ? Fault(_whenThere == WhenThere.Refuse ? OutputFault.Exists : OutputFault.Locked) : Failed(_name, error);
    }

    private OutputException Fault(OutputFault fault, int error = 0) => new(_name, fault, error);

    /// <summary>What a system call's refusal means.</summary>
    public static OutputException Failed(string name, int error) => error switch
    {
        ErrnoNoEntry => new OutputException(name, OutputFault.NoDirectory, error),
        ErrnoDenied or ErrnoNotPermitted => new OutputException(name, OutputFault.Denied, error),
        _ => new OutputException(name, OutputFault.Failed, error),
    };

    /// <returns>0, or the system's number for the reason why not. A file that is not there is no reason.</returns>
    public static int Remove(string path) => unlink(FileNames.ToNative(path)) == 0 || Marshal.GetLastPInvokeError() == ErrnoNoEntry ? 0 : Marshal.GetLastPInvokeError();

    public void Dispose() => _existing?.Dispose();

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

/// <summary>What became of a file whose place another took.</summary>
/// <param name="MovedTo">Its new name; null: there was none, or it was to be overwritten.</param>
/// <param name="ReplacedOlder">Whether that name was an older file's, which is gone.</param>
public readonly record struct Displaced(string? MovedTo, bool ReplacedOlder);
