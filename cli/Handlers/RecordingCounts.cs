using System.Globalization;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Handlers;

/// <summary>Events that were never to be written.</summary>
/// <param name="NotSelected">The selection left them out.</param>
/// <param name="AfterCount">They came after the last of --count.</param>
internal readonly record struct LeftOut(long NotSelected, long AfterCount);

/// <summary>What became of each event that was captured. The numbers add up: what is in no other number is not written.</summary>
internal sealed record RecordingCounts
{
    public required long Captured { get; init; }

    /// <summary>Events in files, also in those that are deleted again.</summary>
    public required long Written { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Events that wait to be written.</summary>
    public required long InMemory { get; init; }

    /// <summary>Events that --ring let go.</summary>
    public required long LetGo { get; init; }

    public required (int Files, long Events) Deleted { get; init; }

    public required LeftOut Left { get; init; }

    /// <summary>Where they are, for a sentence.</summary>
    public required Sentence To { get; init; }

    /// <summary>Whether they are kept in memory until somebody asks for them.</summary>
    public required bool IsMemory { get; init; }

    /// <summary>The first closing line.</summary>
    /// <param name="isOver">Whether nothing more will be written.</param>
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
