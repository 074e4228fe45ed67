using System.Globalization;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Cli;

/// <summary>Sentences for people, all on stderr.</summary>
internal static class Messages
{
    public static void Say(string sentence) => Line($"tcptracer: {sentence}");

    public static void Line(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // nobody is listening
        }
    }

    /// <summary>What is wrong with a trace, where, and what to try.</summary>
    public static string Of(TraceDamage damage) => damage.Fault switch
    {
        TraceFault.NotATrace => $"this is not a tcptracer trace: at offset {damage.Offset} there should be {damage.Expected}, but there is {damage.Actual}",
        TraceFault.TooNew => $"this trace needs a newer tcptracer: this version reads {damage.Expected}, the trace has {damage.Actual}",
        TraceFault.CutTail => $"the trace is cut off at offset {damage.Offset} ({damage.Expected} expected, {damage.Actual} there); everything before is good",
        TraceFault.MissingBlock => $"before offset {damage.Offset} a block is missing: expected {damage.Expected}, found {damage.Actual}",
        _ => $"damaged at offset {damage.Offset}: expected {damage.Expected}, found {damage.Actual}",
    };

    /// <summary>The closing lines about loss: one, or one for each cause.</summary>
    public static void SayLost(IEnumerable<KeyValuePair<LossSource, long>> lost)
    {
        KeyValuePair<LossSource, long>[] causes = [.. lost.Where(l => l.Value > 0)];
        if (causes.Length == 0)
            Line("0 events lost");
        foreach ((LossSource source, long count) in causes)
            Line($"{Count(count, source is LossSource.RingFull or LossSource.QueueFull ? "event" : "connection")} lost: {LossWords.Explain(source)}");
    }

    public static string Count(long count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    public static string Size(long bytes) => bytes switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };
}
