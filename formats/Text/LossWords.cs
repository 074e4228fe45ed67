using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Text;

/// <summary>The words for the places where events are lost.</summary>
public static class LossWords
{
    /// <summary>The word in JSON.</summary>
    public static string Of(LossSource source) => source switch
    {
        LossSource.RingFull => "ring-full",
        LossSource.ConnectionsFull => "connections-full",
        LossSource.ProcessesFull => "processes-full",
        LossSource.ListenersFull => "listeners-full",
        LossSource.Evicted => "evicted",
        LossSource.Damage => "damage",
        LossSource.Deleted => "deleted",
        _ => $"unknown({(int)source})",
    };

    /// <summary>The explanation for people, with the remedy if there is one.</summary>
    public static string Explain(LossSource source) => source switch
    {
        LossSource.RingFull => "the ring between kernel and recorder was full; a larger --buffer-size helps",
        LossSource.ConnectionsFull => "the connection map was full; a larger --max-connections helps",
        LossSource.ProcessesFull => "the process map was full",
        LossSource.Evicted => "the connection map was full, so the oldest connections of the process with most of them "
            + "are no longer followed; a larger --max-connections helps",
        LossSource.Damage => "they were in a damaged part of the trace from which this one was recovered",
        LossSource.Deleted => "they were in files that were deleted before they were read here; a larger --keep of the recorder helps",
        LossSource.ListenersFull => "the map of listeners was full; what they accept has no listener_pid",
        _ => "for a reason that this version does not know",
    };
}
