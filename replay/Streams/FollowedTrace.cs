using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Replay.Streams;

/// <summary>
/// What is to be read after a file that was followed to its end: the next of its set, or what its recorder began anew under the same name.
/// </summary>
public sealed class FollowedTrace
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(200);
    private readonly TraceSetIndex? _set;
    private FileIdentity? _identity;
    private SafeFileHandle? _open;
    private string _file;
    private long _looked, _heldLooked;
    private bool _wasHeld;

    /// <summary>Begins with a file.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="bootId">This boot's id.</param>
    public FollowedTrace(string file, string bootId)
    {
        _file = file;
        _set = TraceFileSet.SetOf(file) is { } set ? new TraceSetIndex(set, bootId) : null;
    }

    /// <summary>The files that a name stands for: itself, or, where there is no such file, those of the set that it names.</summary>
    public static IReadOnlyList<string> FilesOf(string name, string bootId) =>
        FileFacts.Of(name) is not { Kind: not FileKind.Directory } && new TraceSetIndex(name, bootId).Files is { Count: > 0 } files
            ? files : [name];

    /// <summary>A file is being read.</summary>
    public void Begin(Stream file)
    {
        _open = (file as FileStream)?.SafeFileHandle;
        _identity = _open is null ? null : FileFacts.Of(_open)?.Identity;
        _looked = 0;
    }

    /// <summary>
    /// Whether a recorder held its lock on the file at an earlier look, and holds it no longer: nobody will write more. A file that was
    /// never locked, such as one behind a redirection, may still be written by anybody.
    /// </summary>
    public bool IsLetGo()
    {
        if (_heldLooked != 0 && Stopwatch.GetElapsedTime(_heldLooked) < s_period)
            return false;
        _heldLooked = Stopwatch.GetTimestamp();
        // Its recorder writes on, also if somebody has deleted it or moved it away
        bool isHeld = _open is { IsClosed: false } ? TraceFileSet.IsBeingWritten(_open) : TraceFileSet.IsBeingWritten(_file);
        bool wasHeld = _wasHeld;
        _wasHeld |= isHeld;
        return wasHeld && !isHeld;
    }

    /// <summary>What to read next; null: there is nothing yet. Asked often, it looks now and then.</summary>
    /// <param name="now">Looks at once.</param>
    public string? Next(bool now = false)
    {
        if (!now && _looked != 0 && Stopwatch.GetElapsedTime(_looked) < s_period)
            return null;
        _looked = Stopwatch.GetTimestamp();
        // Under the same name another file
        if (FileFacts.Of(_file) is { Kind: FileKind.Regular, Length: > 0 } facts && _identity is not null && facts.Identity != _identity)
            return _file;
        return _set?.After(_file);
    }

    /// <summary>Goes on to it.</summary>
    public void Take(string next)
    {
        _file = next;
        _wasHeld = false;
    }
}
