using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// A trace file under construction: unbuffered, for its owner only, locked, and every failure of a write an <see cref="IOException"/>. It
/// is written beside its place and goes there by <see cref="Place"/>; without that nothing of it stays.
/// </summary>
public sealed class TraceOutput : FileStream
{
    /// <summary>EFBIG.</summary>
    public const int ErrnoTooLarge = 27;

    private readonly OutputPlace _place;
    private string? _temporary;
    private long _whole;

    private TraceOutput(SafeFileHandle file, OutputPlace place, string? temporary) : base(file, FileAccess.Write, bufferSize: 0)
    {
        _place = place;
        _temporary = temporary;
    }

    /// <summary>The file's own name, behind links.</summary>
    public string Path => _place.Real;

    /// <summary>The same from the root on: for others, who work in other directories.</summary>
    public override string Name => System.IO.Path.GetFullPath(Path);

    /// <summary>Bytes of whole blocks in it.</summary>
    public long WholeBytes => Volatile.Read(ref _whole);

    /// <summary>Begins a file.</summary>
    /// <param name="name">Where it is to be.</param>
    /// <param name="whenThere">What becomes of one that is there.</param>
    /// <param name="reserved">Files that it must not be: what is read.</param>
    /// <exception cref="OutputException">Nothing may be written there; nothing has changed.</exception>
    public static TraceOutput Begin(string name, WhenThere whenThere, params IEnumerable<FileIdentity> reserved)
    {
        var place = new OutputPlace(name, whenThere, reserved);
        if (whenThere == WhenThere.MoveAside && place.BeginsWith is { Length: > 0 } start && !FileStart.CanBegin(start))
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

    /// <summary>What it holds is good: it gets its name.</summary>
    /// <returns>What became of a file that had it.</returns>
    /// <exception cref="OutputException">It could not.</exception>
    public Displaced Place()
    {
        if (_temporary is null)
            return default;
        Displaced displaced = UnfinishedFiles.Finish(_temporary, () => _place.Take(_temporary));
        _temporary = null;
        _place.Dispose();
        return displaced;
    }

    /// <summary>The name under which it can be read already.</summary>
    public string ReadableName => _temporary ?? _place.Real;

    /// <summary>Whether it is a file, and not a pipe.</summary>
    public bool IsFile => !_place.IsStream;

    /// <summary>Leaves it where it is, whatever it is called.</summary>
    public void Leave()
    {
        if (_temporary is not null)
            UnfinishedFiles.Forget(_temporary);
        _temporary = null;
    }

    /// <summary>Takes the file away: there is nothing good in it.</summary>
    public void Remove()
    {
        if (!_place.IsStream)
            OutputPlace.Remove(ReadableName);
        Leave();
    }

    /// <summary>Writes a whole block. Where that fails, what stands before it stays, and nothing of it.</summary>
    /// <exception cref="TraceWriteException">It failed.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            base.Write(buffer);
            _whole += buffer.Length;
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw Cut(new IOException(e.Message, ErrnoTooLarge)); // what .NET makes of EFBIG
        }
        catch (UnauthorizedAccessException e)
        {
            throw Cut(e.InnerException as IOException ?? new IOException(e.Message)); // and of EPERM, whose own words are within
        }
        catch (IOException e)
        {
            throw Cut(e);
        }
    }

    private TraceWriteException Cut(IOException failure)
    {
        try
        {
            if (CanSeek)
                SetLength(_whole);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // then a reader finds it cut off
        }
        return new TraceWriteException(Path, _temporary is null ? _whole : 0, failure);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _temporary is not null)
            Remove();
        base.Dispose(disposing);
        _place?.Dispose();
    }
}
