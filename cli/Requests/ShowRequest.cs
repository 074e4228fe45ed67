using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>show</c> was asked for.</summary>
internal sealed record ShowRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required Selection Selection { get; init; }

    public required TimeWindow Times { get; init; }

    public required Func<EventFormat> NewFormat { get; init; }

    public bool WithStatus { get; init; }

    /// <summary>Whether a row is a connection, not an event.</summary>
    public bool Connections { get; init; }

    /// <summary>In which order; null: in that of the files.</summary>
    public RowOrder? Order { get; init; }

    public bool Follow { get; init; }

    /// <summary>Only the first so many events that are selected; null: all.</summary>
    public long? First { get; init; }

    /// <summary>Only the last so many; null: all.</summary>
    public long? Last { get; init; }

    public Enrichment Enrichment { get; init; }
}
