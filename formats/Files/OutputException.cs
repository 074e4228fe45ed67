namespace TcpTracer.Formats.Files;

/// <summary>Why a file is not written.</summary>
public enum OutputFault
{
    /// <summary>The name is empty.</summary>
    NoName,

    /// <summary>There is a file of that name.</summary>
    Exists,

    /// <summary>It is the file that is read, or standard output itself, under another name.</summary>
    IsInput,

    /// <summary>It is a directory.</summary>
    Directory,

    /// <summary>It is a device or a socket.</summary>
    Device,

    /// <summary>The name says that the file is packed, and it is written unpacked.</summary>
    PackedName,

    /// <summary>Another process is writing it.</summary>
    Locked,

    /// <summary>It belongs to another user, in a directory where everybody may write.</summary>
    Foreign,

    /// <summary>The existing file cannot be moved to FILE.old, because that is a directory or belongs to another user.</summary>
    NoRoomForOld,

    /// <summary>The existing file is not a trace, so it is not moved aside without a question.</summary>
    NoTrace,

    /// <summary>The directory does not exist.</summary>
    NoDirectory,

    /// <summary>The user may not write there.</summary>
    Denied,

    /// <summary>Any other error of the system; the exception has its number.</summary>
    Failed,
}

/// <summary>A file cannot be written, or must not be. No file was changed.</summary>
/// <param name="path">Its name, as it was given.</param>
/// <param name="fault">Why.</param>
/// <param name="error">The errno, or 0 if the kernel was not the one to refuse.</param>
public sealed class OutputException(string path, OutputFault fault, int error = 0) : IOException($"{path}: {fault}", error)
{
    /// <summary>The name of the file, as it was given.</summary>
    public string Path { get; } = path;

    /// <summary>Why it is not written.</summary>
    public OutputFault Fault { get; } = fault;
}
