using TcpTracer.Formats.Records;
using TcpTracer.Replay.Findings;

namespace TcpTracer.Cli.Sentences;

/// <summary>How many events of a damaged trace cannot be read: no recorder has counted them as lost.</summary>
internal static class Unreadable
{
    /// <summary>In a few words, for the end of a sentence; empty: every event can be read.</summary>
    /// <param name="damages">What is wrong with the trace.</param>
    /// <param name="unread">Events that cannot be read.</param>
    /// <param name="all">All events of the trace.</param>
    /// <param name="isFinished">Whether the end record is there. Without it, the events of a block whose header is gone cannot be
    /// counted.</param>
    public static string Of(DamageList damages, long unread, long all, bool isFinished)
    {
        if (damages.Count == 0 || (unread == 0 && isFinished))
            return "";
        TraceDamage first = damages[0];
        string kind = first.Fault == TraceFault.CutTail ? "cut off" : "damage", more = damages.Total > 1 ? " and behind" : "";
        string where = $"{kind} at offset {first.Offset}{more}";
        return unread > 0 ? $"; {unread} of {Messages.Count(all, "event")} cannot be read ({where})"
            : $"; how many events cannot be read is not known ({where})";
    }
}
