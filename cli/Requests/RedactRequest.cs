using TcpTracer.Replay.Redactions;

namespace TcpTracer.Cli.Requests;

/// <summary>What <c>redact</c> was asked for.</summary>
internal sealed record RedactRequest
{
    public required CopyRequest Copy { get; init; }

    public required RedactionPolicy Policy { get; init; }

    /// <summary>The file with the secret; null: a new one that nobody keeps.</summary>
    public string? KeyFile { get; init; }
}
