using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Inspection;

namespace TcpTracer.Cli.Handlers.Inspection;

/// <summary>Says what is damaged in traces.</summary>
internal static class VerifyHandler
{
    public static int Run(IReadOnlyList<string> files) => EachTrace.Of(files, (file, trace) =>
    {
        Sentence name = Sentence.File(file);
        TraceVerifier found = TraceVerifier.Of(trace);
        foreach (TraceDamage damage in found.Damages)
            Messages.Print($"{name}: {Messages.Of(damage)}");
        if (found.Damages.More > 0)
            Messages.Print($"{name}: {Messages.More(found.Damages)}");
        string verdict = found.Damages.Count == 0 ? "good" : Messages.Count(found.Damages.Total, "damage");
        string end = found.IsFinished ? "" : $"; no end record: {NoEnd.Why(file)}";
        string lost = found.Lost == 0 ? "" : $"; {Messages.Count(found.Lost, "event")} lost while recording";
        string good = $"{Messages.Count(found.Events, "event")} in {Messages.Count(found.Blocks, "good block")}";
        string unreadable = Unreadable.Of(found.Damages, found.EventsUnread, found.Events + found.EventsUnread, found.IsFinished);
        Messages.Print($"{name}: {verdict}, {good}{end}{lost}{unreadable}");
        if (found.Damages.Count == 0)
            return found.IsFinished || NoEnd.IsBeingWritten(file) ? ExitCode.Done : ExitCode.LostOrDamaged;
        Messages.Print($"{name}: `tcptracer recover {name} -o FILE` saves what is good");
        return ExitCode.LostOrDamaged;
    });
}
