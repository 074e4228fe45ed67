using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Copies;

/// <summary>How traces are joined, and how they are named in what is said.</summary>
internal sealed record MergeStyle
{
    /// <summary>Whether clocks are set right by connections that were seen at both ends.</summary>
    public required bool IsAligned { get; init; }

    /// <summary>The events of a file that may come again in another one.</summary>
    public Func<string, RecentEvents?> Overlaps { get; init; } = _ => null;

    /// <summary>Whether another file goes on where this one breaks off.</summary>
    public Func<string, bool> IsContinued { get; init; } = _ => false;

    /// <summary>What a file is called.</summary>
    public Func<string, Sentence> NameOf { get; init; } = Sentence.File;

    /// <summary>Nodes that were asked and gave no trace.</summary>
    public IReadOnlyList<AbsentNode> Absent { get; init; } = [];

    /// <summary>Whether the files are pieces of streams: that such a piece has no end was said when the stream broke.</summary>
    public bool AreStreams { get; init; }
}
