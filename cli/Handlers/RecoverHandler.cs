using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Checks;
using TcpTracer.Replay.Files;

namespace TcpTracer.Cli.Handlers;

/// <summary>Saves what can be saved, and checks what it wrote.</summary>
internal static class RecoverHandler
{
    public static int Run(string file, string output, bool force)
    {
        bool isPackingDamaged = false;
        TraceRecovery saved = TraceFiles.With(file, from =>
        {
            using var unfinished = new UnfinishedFile();
            using Stream to = TraceFiles.Create(output, force ? WhenThere.Overwrite : WhenThere.Refuse, TraceFiles.IdentityOf(from));
            TraceRecovery all = to is TraceOutput { IsFile: true } trace ? Write(from, trace, output) : TraceRecovery.Run(from, to);
            isPackingDamaged = from is PackedTrace { Fault: not PackingFault.None };
            return all;
        });
        foreach (TraceDamage damage in saved.Damages)
            Messages.Say($"{Sentence.File(file)}: {Messages.Of(damage)}");
        if (saved.Damages.More > 0)
            Messages.Say($"{Sentence.File(file)}: {Messages.More(saved.Damages)}");
        if (saved.NamesLeftOut > 0)
            Messages.Say($"{Sentence.File(file)}: {Messages.Count(saved.NamesLeftOut, "name")} left out: with what the damage puts in doubt, there would be more names than a trace may have");
        bool isGood = saved.Damages.Count == 0 && !isPackingDamaged && saved.WasFinished;
        string lost = saved.Damages.Count == 0 ? isGood ? "nothing was damaged" : isPackingDamaged ? "the rest could not be unpacked" : "only the recorder's end was missing" : saved.EventsLost > 0
            ? $"{Messages.Count(saved.EventsLost, "event")} lost in {Messages.Count(saved.Damages.Total, "damaged place")}"
            : $"{Messages.Count(saved.Damages.Total, "damaged place")}";
        Messages.Line($"{Messages.Count(saved.Events, "event")} in {Messages.Count(saved.Blocks, "block")} saved to {(output == "-" ? "standard output" : Sentence.File(output))} ({Messages.Size(saved.BytesWritten)} of {Messages.Size(saved.BytesRead)}); {lost}");
        return isGood ? ExitCode.Done : ExitCode.LostOrDamaged;
    }

    /// <summary>It gets its name when it is whole, on the disk, and found good.</summary>
    private static TraceRecovery Write(Stream from, TraceOutput to, string output)
    {
        TraceRecovery saved = TraceRecovery.Run(from, to);
        TraceVerifier check = TraceFiles.With(to.ReadableName, TraceVerifier.Of);
        if (check.Damages.Count > 0 || check.Events != saved.Events)
            throw new UserException($"what was to be {Sentence.File(output)} is not as it should be: {check.Events} events instead of {saved.Events}; please report this", ExitCode.Failed);
        to.Flush(flushToDisk: true);
        to.Place();
        return saved;
    }
}
