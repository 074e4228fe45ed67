using TcpTracer.Formats.Records;
using TcpTracer.Replay.Copies;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Redactions;

/// <summary>A copy for strangers.</summary>
public static class RedactedCopy
{
    /// <summary>Begins the copy.</summary>
    /// <param name="selection">Which events.</param>
    /// <param name="to">Where to; not closed.</param>
    /// <param name="policy">What is kept.</param>
    /// <param name="key">The secret by which names are replaced.</param>
    /// <param name="tool">The program that redacts.</param>
    /// <param name="workers">How many threads unpack and filter.</param>
    public static TraceCopy Begin(TraceSelection selection, Stream to, RedactionPolicy policy, byte[] key, string tool, int workers) =>
        new(selection, to, new CopyNote(CopyNote.Redact, policy.Describe(), tool), workers) { Change = new Redaction(policy, key, tool) };
}
