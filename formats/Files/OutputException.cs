namespace TcpTracer.Formats.Files;

/// <summary>Why a file is not written: a closed vocabulary.</summary>
public enum OutputFault
{
    /// <summary>The name is empty.</summary>
    NoName,

    /// <summary>It is there already.</summary>
    Exists,

    /// <summary>It is what is read, or standard output itself, under another name.</summary>
    IsInput,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A device or a socket.</summary>
    Device,

    /// <summary>Somebody writes it.</summary>
    Locked,

    /// <summary>Another user's, in a directory where everybody may write.</summary>
    Foreign,

    /// <summary>FILE.old, which the earlier file should become, is a directory or another user's.</summary>
    NoRoomForOld,

    /// <summary>There is such a file, and it is no trace: nothing that should be moved aside without a word.</summary>
    NoTrace,

    /// <summary>The directory is not there.</summary>
    NoDirectory,

    /// <summary>Not permitted.</summary>
    Denied,

    /// <summary>What the system says.</summary>
    Failed,
}

/// <summary>A file cannot be written, or must not be. Nothing has changed there.</summary>
/// <param name="path">As it was named.</param>
/// <param name="fault">Why.</param>
/// <param name="error">The system's number of the error, or 0.</param>
public sealed class OutputException(string path, OutputFault fault, int error = 0) : IOException($"{path}: {fault}", error)
{
    /// <summary>The file that could not be written.</summary>
    public string Path { get; } = path;

    /// <summary>Why.</summary>
    public OutputFault Fault { get; } = fault;
}
