namespace TcpTracer.Recorder.Targets;

/// <summary>What happens to the files of a recording, for whoever makes sentences of it.</summary>
public abstract record TargetNews
{
    private TargetNews()
    {
    }

    /// <summary>An earlier file has another name now.</summary>
    /// <param name="Path">Its name so far.</param>
    /// <param name="To">Its new one.</param>
    /// <param name="ReplacedOlder">Whether an older file had that, and is gone.</param>
    public sealed record MovedAside(string Path, string To, bool ReplacedOlder) : TargetNews;

    /// <summary>The oldest file of the set was deleted, as there were more than were to be kept.</summary>
    public sealed record Deleted(string Path) : TargetNews;

    /// <summary>It could not be; said once for each file.</summary>
    public sealed record NotDeleted(string Path, string Reason) : TargetNews;

    /// <summary>It was asked for, and there is nothing in memory that no file holds.</summary>
    public sealed record NothingToDump : TargetNews;

    /// <summary>It was asked for: the memory is in this file now, and what follows goes there, too.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="After">For so long.</param>
    public sealed record DumpBegun(string Path, TimeSpan After) : TargetNews;

    /// <summary>The memory could not be written out; what is not in the file is still in the memory.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Failure">Why.</param>
    /// <param name="BytesKept">How much of it is good; 0: the file is gone again.</param>
    public sealed record DumpFailed(string Path, IOException Failure, long BytesKept) : TargetNews;
}
