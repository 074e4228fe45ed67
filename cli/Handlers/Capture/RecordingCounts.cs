using System.Globalization;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>Events that were not to be written.</summary>
/// <param name="NotSelected">Events that the selection left out.</param>
/// <param name="AfterCount">Events that came after the last one of --count.</param>
internal readonly record struct LeftOut(long NotSelected, long AfterCount);

/// <summary>What became of the captured events. The numbers add up: an event that is in no other number was not written.</summary>
internal sealed record RecordingCounts
{
    public required long Captured { get; init; }

    /// <summary>Events in files, also in files that --keep has deleted since.</summary>
    public required long Written { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Events that wait to be written.</summary>
    public required long InMemory { get; init; }

    /// <summary>Events that --ring has dropped from memory.</summary>
    public required long LetGo { get; init; }

    public required (int Files, long Events) Deleted { get; init; }

    public required LeftOut Left { get; init; }

    /// <summary>Where the written events are, for a sentence.</summary>
    public required Sentence To { get; init; }

    /// <summary>Whether events stay in memory until a request (--ring).</summary>
    public required bool IsMemory { get; init; }

    /// <summary>The first closing line.</summary>
    /// <param name="isOver">Whether the recording has ended.</param>
    public Sentence Describe(bool isOver)
    {
        long others = Left.NotSelected + Left.AfterCount + LetGo;
        long unwritten = isOver ? Math.Max(0, Captured - Written - others) : InMemory;
        string rest = string.Concat(
            Part(Deleted.Files, $"{Deleted.Events} of them in {Messages.Count(Deleted.Files, "file")} that --keep deleted"),
            Part(LetGo, $"{LetGo} let go by --ring"),
            Part(Left.NotSelected, $"{Left.NotSelected} not selected"),
            Part(Left.AfterCount, $"{Left.AfterCount} after --count"),
            Part(unwritten, $"{unwritten} {(isOver ? "not written" : "in memory")}"));
        string captured = $"{Messages.Count(Captured, "event")} captured";
        if (IsMemory && Bytes == 0)
            return $"{captured}, nothing written{(isOver ? "" : " yet")}{rest}";
        string perEvent = Written == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)Bytes / Written:0.0} B/event");
        return $"{captured}, {Written} written to {To} ({Messages.Size(Bytes)}{perEvent}){rest}";
    }

    private static string Part(long count, string words) => count == 0 ? "" : ", " + words;
}
