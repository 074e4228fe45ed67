using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Exports.Parquet;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>export</c> was asked for.</summary>
internal sealed record ExportRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required ExportKind To { get; init; }

    /// <summary>The file to write; <c>-</c> is standard output.</summary>
    public required string Output { get; init; }

    /// <summary>Whether a file that exists is overwritten.</summary>
    public bool Force { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }

    /// <summary>Whether rows are connections, not events.</summary>
    public bool Connections { get; init; }

    /// <summary>For csv and jsonl: makes the format.</summary>
    public Func<EventFormat>? NewFormat { get; init; }

    /// <summary>For tables: their columns.</summary>
    public IReadOnlyList<Field> Fields { get; init; } = [];

    /// <summary>For tables: into which folders; null: one file.</summary>
    public PartitionKeys? Partition { get; init; }

    /// <summary>Whether a terminal can show it.</summary>
    public bool IsText => To is ExportKind.Csv or ExportKind.Jsonl;

    /// <summary>Whether it goes to standard output.</summary>
    public bool ToStandardOutput => Output == "-";
}
