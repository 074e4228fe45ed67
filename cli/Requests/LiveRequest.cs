using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Requests;

/// <summary>What live mode was asked for.</summary>
internal sealed record LiveRequest
{
    public required CaptureRequest Capture { get; init; }

    public required Selection Selection { get; init; }

    public required EventFormat Format { get; init; }

    /// <summary>Whether a row is a connection, not an event.</summary>
    public bool Connections { get; init; }

    public bool WithStatus { get; init; }
}
