using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// A trace that is being written. It is a locked temporary file beside its final place, and only its owner may read it. <see cref="Place"/>
/// gives it its final name; without that the file is removed when it is disposed of. It is not buffered, and each failed write is an
/// <see cref="IOException"/>.
/// </summary>
public sealed class TraceOutput : FileStream
{
    /// <summary>EFBIG: the file is too large for the file system or for a limit of the process.</summary>
    public const int ErrnoTooLarge = 27;

    private readonly OutputPlace _place;
    private string? _temporary;
    private long _whole;

    private TraceOutput(SafeFileHandle file, OutputPlace place, string? temporary) : base(file, FileAccess.Write, bufferSize: 0)
    {
        _place = place;
        _temporary = temporary;
    }

    /// <summary>The final name, behind all links.</summary>
    public string Path => _place.Real;

    /// <summary>The final name as an absolute path, for programs with another working directory.</summary>
    public override string Name => System.IO.Path.GetFullPath(Path);

    /// <summary>Bytes of all complete blocks. Any thread may read it.</summary>
    public long WholeBytes => Volatile.Read(ref _whole);

    /// <summary>Creates a file.</summary>
    /// <param name="name">Its final name.</param>
    /// <param name="ifExists">What to do with an existing file.</param>
    /// <param name="reserved">Files that must not be replaced, because they are read.</param>
    /// <returns>The file, which the caller disposes of.</returns>
    /// <exception cref="OutputException">Nothing may be written there; nothing was changed.</exception>
    public static TraceOutput Begin(string name, IfExists ifExists, params IEnumerable<FileIdentity> reserved)
    {
        var place = new OutputPlace(name, ifExists, reserved);
        if (ifExists == IfExists.MoveAside && place.FirstBytes is { Length: > 0 } start && !FileStart.CanBegin(start))
        {
            place.Dispose();
            throw new OutputException(name, OutputFault.NoTrace);
        }
        string temporary = System.IO.Path.Combine(OutputPlace.DirectoryOf(place.Real), $".tcptracer-{RandomId.New():N}.part");
        SafeFileHandle file = place.IsStream ? OpenFile.Stream(name) : UnfinishedFiles.New(temporary);
        if (file.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            place.Dispose();
            throw OutputPlace.Failed(name, error);
        }
        if (!place.IsStream)
            OpenFile.TryLock(file);
        return new TraceOutput(file, place, place.IsStream ? null : temporary);
    }

    /// <summary>Gives the complete file its final name.</summary>
    /// <returns>What happened to the file that had the name before.</returns>
    /// <exception cref="OutputException">The name was taken meanwhile, or the kernel refuses.</exception>
    public Displaced Place()
    {
        if (_temporary is null)
            return default;
        Displaced displaced = UnfinishedFiles.Finish(_temporary, () => _place.Take(_temporary));
        _temporary = null;
        _place.Dispose();
        return displaced;
    }

    /// <summary>
    /// Gives the file its final name when all of it is on the disk: after a power failure the name never stands for less.
    /// </summary>
    /// <exception cref="OutputException">The name was taken meanwhile, or the kernel refuses.</exception>
    /// <returns>What happened to the file that had the name before.</returns>
    public Displaced PlaceWhole()
    {
        Flush(flushToDisk: true);
        return Place();
    }

    /// <summary>The name under which others can read it now: the temporary or the final name.</summary>
    public string ReadableName => _temporary ?? _place.Real;

    /// <summary>Whether it is a file, and not a pipe.</summary>
    public bool IsFile => !_place.IsStream;

    /// <summary>Keeps the file under the name that it has now.</summary>
    public void Leave()
    {
        if (_temporary is not null)
            UnfinishedFiles.Forget(_temporary);
        _temporary = null;
    }

    /// <summary>Removes the file: it has nothing good.</summary>
    public void Remove()
    {
        if (!_place.IsStream)
            OutputPlace.Remove(ReadableName);
        Leave();
    }

    /// <summary>
    /// Writes a whole block. If that fails, the file is cut to the complete blocks before it. A derived FileStream sends the other
    /// overloads here, too.
    /// </summary>
    /// <exception cref="TraceWriteException">The write failed.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            base.Write(buffer, offset, count);
            _whole += count;
        }
        catch (Exception e) when (FailureOf(e) is { } failure)
        {
            throw Cut(failure);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="TraceWriteException">What was held back cannot be written.</exception>
    public override void Flush(bool flushToDisk)
    {
        try
        {
            base.Flush(flushToDisk);
        }
        catch (Exception e) when (FailureOf(e) is { } failure)
        {
            throw Cut(failure);
        }
    }

    private static IOException? FailureOf(Exception e) => e switch
    {
        ArgumentOutOfRangeException => new IOException(e.Message, ErrnoTooLarge), // .NET turns EFBIG into this exception
        UnauthorizedAccessException => e.InnerException as IOException ?? new IOException(e.Message), // EPERM into this one
        TraceWriteException => null, // said already
        IOException failure => failure,
        _ => null,
    };

    private TraceWriteException Cut(IOException failure)
    {
        try
        {
            if (CanSeek)
                SetLength(_whole);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the incomplete block stays, and a reader will report a cut file
        }
        return new TraceWriteException(Path, _temporary is null ? _whole : 0, failure);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _temporary is not null)
            Remove();
        if (disposing && CanWrite) // a second time it is closed
            OpenFile.Unlock(SafeFileHandle);
        base.Dispose(disposing);
        _place?.Dispose();
    }
}
