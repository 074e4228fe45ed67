using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>record</c> was asked for.</summary>
internal sealed record RecordRequest
{
    public required string File { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Whom the command runs as; null: as ourselves.</summary>
    public CommandUser? User { get; init; }

    public required CaptureRequest Capture { get; init; }

    public required Selection Selection { get; init; }

    /// <summary>How to print as well; null: not at all.</summary>
    public EventFormat? Print { get; init; }

    public bool WithStatus { get; init; }

    public bool FailOnLoss { get; init; }

    /// <summary>Whether an earlier file of that name is overwritten, not moved aside.</summary>
    public bool Force { get; init; }

    public bool Verbose { get; init; }

    /// <summary>Into one file, several, or memory.</summary>
    public required StorageRequest Storage { get; init; }

    /// <summary>How much of what is known about pods goes into the trace.</summary>
    public MetadataScope Metadata { get; init; }

    public bool ToStandardOutput => File == "-";

    /// <summary>The file's name in a sentence.</summary>
    public Sentence FileName => ToStandardOutput ? "standard output" : Sentence.File(File);
}
