using TcpTracer.Formats.Records;
using TcpTracer.Replay.Findings;

namespace TcpTracer.Cli.Sentences;

/// <summary>How many events of a damaged trace cannot be read: no recorder has counted them as lost.</summary>
internal static class Unreadable
{
    /// <summary>In a few words, to stand behind others; empty: every event can be read.</summary>
    /// <param name="damages">What is wrong with the trace.</param>
    /// <param name="unread">Events that cannot be read.</param>
    /// <param name="all">These and the others.</param>
    /// <param name="isFinished">Whether the end record is there. Without it nobody knows how many events were in a block that is gone with its header.</param>
    public static string Of(DamageList damages, long unread, long all, bool isFinished)
    {
        if (damages.Count == 0 || (unread == 0 && isFinished))
            return "";
        TraceDamage first = damages[0];
        string where = $"{(first.Fault == TraceFault.CutTail ? "cut off" : "damage")} at offset {first.Offset}{(damages.Total > 1 ? " and behind" : "")}";
        return unread > 0 ? $"; {unread} of {Messages.Count(all, "event")} cannot be read ({where})" : $"; how many events cannot be read is not known ({where})";
    }
}
