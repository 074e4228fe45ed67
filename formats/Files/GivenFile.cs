using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Formats.Files;

/// <summary>
/// Reads whole files whose names somebody gave, by an option, a variable, or in another file. Such a name can lead to anything: a FIFO is
/// not waited for, a device is not opened, and no more is read than such a file can sensibly hold.
/// </summary>
public static class GivenFile
{
    /// <summary>Kubeconfigs of a thousand clusters with their certificates are smaller.</summary>
    public const int LongestBytes = 16 << 20;

    private const int FirstRoom = 16 << 10, ErrnoNoFile = 2, ErrnoInterrupted = 4, ErrnoNoDirectory = 20;

    /// <summary>Whether something has that name; what it is shows when it is read.</summary>
    public static bool Exists(string path) => FileFacts.Of(path) is not null;

    /// <summary>All of it, as UTF-8 text.</summary>
    /// <exception cref="GivenFileException">It cannot be read, or is not to be.</exception>
    public static string ReadText(string path)
    {
        using var text = new StreamReader(new MemoryStream(ReadBytes(path)));
        return text.ReadToEnd();
    }

    /// <summary>All of it.</summary>
    /// <exception cref="GivenFileException">It cannot be read, or is not to be.</exception>
    public static byte[] ReadBytes(string path)
    {
        using SafeFileHandle file = Open(path);
        byte[] room = new byte[FirstRoom];
        int length = 0;
        try
        {
            while (RandomAccess.Read(file, room.AsSpan(length), length) is > 0 and var count)
            {
                length += count;
                if (length > LongestBytes)
                    throw new GivenFileException(path, $"it is larger than {LongestBytes >> 20} MiB");
                if (length == room.Length)
                    Array.Resize(ref room, Math.Min(2 * length, LongestBytes + 1)); // what /proc holds tells no length beforehand
            }
        }
        catch (Exception e) when (e is IOException and not GivenFileException or UnauthorizedAccessException)
        {
            throw new GivenFileException(path, e.Message.Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.'));
        }
        return room[..length];
    }

    /// <summary>
    /// Whatever has that name, open to be read. A FIFO is waited for: somebody writes into it. For traces, which come out of pipes and
    /// devices, too.
    /// </summary>
    /// <param name="path">Its name.</param>
    /// <param name="error">Where it is invalid: the system's number for the reason.</param>
    public static SafeFileHandle OpenAny(string path, out int error)
    {
        SafeFileHandle file;
        do
        {
            file = OpenFile.ToReadWaiting(path);
            error = file.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == ErrnoInterrupted);
        return file;
    }

    /// <summary>An open file with bytes of its own.</summary>
    /// <exception cref="GivenFileException">It is something else, or cannot be opened.</exception>
    public static SafeFileHandle Open(string path)
    {
        // Before it is opened, for to open a device can do something; and after, for the name can have come to mean something else
        if (FileFacts.Of(path) is { } before)
            RequireRegular(path, before);
        SafeFileHandle file = OpenFile.ToRead(path);
        int error = Marshal.GetLastPInvokeError();
        try
        {
            if (file.IsInvalid)
                throw new GivenFileException(path, error is ErrnoNoFile or ErrnoNoDirectory ? "there is no such file" : Marshal.GetPInvokeErrorMessage(error), error);
            if (FileFacts.Of(file) is { } after)
                RequireRegular(path, after);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireRegular(string path, FileFacts facts)
    {
        string? other = facts.Kind switch
        {
            FileKind.Regular => null,
            FileKind.Directory => "a directory",
            FileKind.Pipe => "a pipe",
            _ => "a device or a socket",
        };
        if (other is not null)
            throw new GivenFileException(path, $"it is {other}, not a file");
    }
}

/// <summary>A file that somebody named cannot be read, or is not to be.</summary>
/// <param name="path">As it was named.</param>
/// <param name="reason">Why, in a few words.</param>
/// <param name="error">The system's number of the error, where it refused to open it; else 0.</param>
public sealed class GivenFileException(string path, string reason, int error = 0) : IOException($"{path}: {reason}")
{
    /// <summary>The system's number of the error, where it refused to open it; else 0.</summary>
    public int Error { get; } = error;

    /// <summary>Why, without the name.</summary>
    public string Reason { get; } = reason;
}
