using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers.Inspection;

/// <summary>Saves the good parts of a damaged trace, and verifies the new file.</summary>
internal static class RecoverHandler
{
    public static int Run(string file, string output, bool force)
    {
        bool isPackingDamaged = false;
        TraceRecovery saved = TraceFiles.With(file, from =>
        {
            using var unfinished = new UnfinishedFile();
            using Stream to = TraceFiles.Create(output, force ? IfExists.Overwrite : IfExists.Refuse, TraceFiles.IdentityOf(from));
            TraceRecovery all = to is TraceOutput { IsFile: true } trace ? Write(from, trace, output) : TraceRecovery.Run(from, to);
            isPackingDamaged = from is PackedTrace { Fault: not PackingFault.None };
            return all;
        });
        foreach (TraceDamage damage in saved.Damages)
            Messages.Say($"{Sentence.File(file)}: {Messages.Of(damage)}");
        if (saved.Damages.More > 0)
            Messages.Say($"{Sentence.File(file)}: {Messages.More(saved.Damages)}");
        if (saved.NamesLeftOut > 0)
        {
            Messages.Say($"{Sentence.File(file)}: {Messages.Count(saved.NamesLeftOut, "name")} left out: "
                + $"with what the damage puts in doubt, there would be more names than a trace may have");
        }
        bool isGood = saved.Damages.Count == 0 && !isPackingDamaged && saved.WasFinished;
        string good = $"{Messages.Count(saved.Events, "event")} in {Messages.Count(saved.Blocks, "block")}";
        string sizes = $"{Messages.Size(saved.BytesWritten)} of {Messages.Size(saved.BytesRead)}";
        Messages.Line($"{good} saved to {Messages.Output(output)} ({sizes}); {LostOf(saved, isPackingDamaged)}");
        return isGood ? ExitCode.Done : ExitCode.LostOrDamaged;
    }

    /// <summary>What was not saved, in a few words.</summary>
    private static string LostOf(TraceRecovery saved, bool isPackingDamaged)
    {
        string places = Messages.Count(saved.Damages.Total, "damaged place");
        if (saved.Damages.Count > 0)
            return saved.EventsLost > 0 ? $"{Messages.Count(saved.EventsLost, "event")} lost in {places}" : places;
        if (isPackingDamaged)
            return "the rest could not be unpacked";
        return saved.WasFinished ? "nothing was damaged" : "only the recorder's end was missing";
    }

    /// <summary>Writes the new trace. It gets its name when it is whole, on the disk, and verified.</summary>
    private static TraceRecovery Write(Stream from, TraceOutput to, string output)
    {
        TraceRecovery saved = TraceRecovery.Run(from, to);
        TraceVerifier check = TraceFiles.With(to.ReadableName, TraceVerifier.Of);
        if (check.Damages.Count > 0 || check.Events != saved.Events)
        {
            string counts = $"it has {check.Events} events instead of {saved.Events}";
            throw new UserException($"the new trace {Sentence.File(output)} is wrong: {counts}; please report this", ExitCode.Failed);
        }
        to.PlaceWhole();
        return saved;
    }
}
