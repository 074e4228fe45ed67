namespace TcpTracer.Recorder.Targets;

/// <summary>What happens to the files of a recording, as data: the command line makes sentences of it.</summary>
public abstract record TargetNews
{
    private TargetNews()
    {
    }

    /// <summary>An earlier file was renamed.</summary>
    /// <param name="Path">Its old name.</param>
    /// <param name="To">Its new name.</param>
    /// <param name="ReplacedOlder">Whether an older file had the new name, and is gone.</param>
    public sealed record MovedAside(string Path, string To, bool ReplacedOlder) : TargetNews;

    /// <summary>The oldest file of the set was deleted, because there were too many.</summary>
    /// <param name="Path">The file.</param>
    public sealed record Deleted(string Path) : TargetNews;

    /// <summary>A file could not be deleted. Each file is reported once.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Reason">Why.</param>
    public sealed record NotDeleted(string Path, string Reason) : TargetNews;

    /// <summary>Somebody asked for a file, and the memory of the flight recorder is empty.</summary>
    public sealed record NothingToDump : TargetNews;

    /// <summary>Somebody asked for a file: it has the memory of the flight recorder now, and gets what follows.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="After">How long it gets what follows.</param>
    public sealed record DumpBegun(string Path, TimeSpan After) : TargetNews;

    /// <summary>The memory of the flight recorder could not be written. Events that are not in the file are still in the memory.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Failure">Why.</param>
    /// <param name="BytesKept">How many bytes of the file are good; 0: the file was deleted again.</param>
    public sealed record DumpFailed(string Path, IOException Failure, long BytesKept) : TargetNews;
}
