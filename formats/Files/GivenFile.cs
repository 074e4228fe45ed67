using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Formats.Files;

/// <summary>
/// Reads whole files that somebody named: in an option, in a variable, or in another file. Such a name can lead to anything. So a FIFO is
/// not waited for, a device is not opened, and no more is read than such a file can sensibly hold.
/// </summary>
public static class GivenFile
{
    /// <summary>The most bytes that are read. The kubeconfig of a thousand clusters, with all certificates, is smaller.</summary>
    public const int LongestBytes = 16 << 20;

    private const int FirstRoom = 16 << 10, ErrnoNoFile = 2, ErrnoInterrupted = 4, ErrnoNoDirectory = 20;

    /// <summary>Whether a file of any kind has this name.</summary>
    public static bool Exists(string path) => FileFacts.Of(path) is not null;

    /// <summary>Reads a whole file as UTF-8 text.</summary>
    /// <exception cref="GivenFileException">The file cannot be read, is not a regular file, or is too large.</exception>
    public static string ReadText(string path)
    {
        using var text = new StreamReader(new MemoryStream(ReadBytes(path)));
        return text.ReadToEnd();
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="GivenFileException">The file cannot be read, is not a regular file, or is too large.</exception>
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
                    Array.Resize(ref room, Math.Min(2 * length, LongestBytes + 1)); // files in /proc do not say their length beforehand
            }
        }
        catch (Exception e) when (e is IOException and not GivenFileException or UnauthorizedAccessException)
        {
            throw new GivenFileException(path, e.Message.Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.'));
        }
        return room[..length];
    }

    /// <summary>
    /// Opens a file of any kind for reading: traces may come from pipes and devices. A FIFO is waited for until somebody writes to it.
    /// </summary>
    /// <param name="path">The name of the file.</param>
    /// <param name="error">The errno if the result is invalid; else 0.</param>
    /// <returns>The open file, which the caller disposes of.</returns>
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

    /// <summary>Opens a regular file for reading.</summary>
    /// <returns>The open file, which the caller disposes of.</returns>
    /// <exception cref="GivenFileException">It is not a regular file, or cannot be opened.</exception>
    public static SafeFileHandle Open(string path)
    {
        // Checked before it is opened, because opening a device can have effects; and after, because the name may lead elsewhere by then
        if (FileFacts.Of(path) is { } before)
            RequireRegular(path, before);
        SafeFileHandle file = OpenFile.ToRead(path);
        int error = Marshal.GetLastPInvokeError();
        try
        {
            if (file.IsInvalid)
            {
                bool isMissing = error is ErrnoNoFile or ErrnoNoDirectory;
                throw new GivenFileException(path, isMissing ? "there is no such file" : Marshal.GetPInvokeErrorMessage(error), error);
            }
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

/// <summary>A file that somebody named cannot be read, or must not be.</summary>
/// <param name="path">Its name, as it was given.</param>
/// <param name="reason">Why, in a few words.</param>
/// <param name="error">The errno if the kernel refused to open it; else 0.</param>
public sealed class GivenFileException(string path, string reason, int error = 0) : IOException($"{path}: {reason}")
{
    /// <summary>The errno if the kernel refused to open it; else 0.</summary>
    public int Error { get; } = error;

    /// <summary>Why, in a few words, without the name.</summary>
    public string Reason { get; } = reason;
}
