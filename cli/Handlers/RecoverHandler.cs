using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>Saves what can be saved, and checks what it wrote.</summary>
internal static class RecoverHandler
{
    public static int Run(string file, string output)
    {
        if (File.Exists(output) && Path.GetFullPath(file) == Path.GetFullPath(output))
            throw new UserException($"{output} is the damaged trace itself: name another file with -o", ExitCode.Usage);
        TraceRecovery saved = TraceFiles.With(file, from =>
        {
            using Stream to = TraceFiles.Create(output);
            return TraceRecovery.Run(from, to);
        });
        foreach (TraceDamage damage in saved.Damages)
            Messages.Say($"{file}: {Messages.Of(damage)}");
        if (saved.Damages.More > 0)
            Messages.Say($"{file}: {Messages.More(saved.Damages)}");
        string lost = saved.Damages.Count == 0 ? "nothing was damaged" : saved.EventsLost > 0
            ? $"{Messages.Count(saved.EventsLost, "event")} lost in {Messages.Count(saved.Damages.Total, "damaged place")}"
            : $"{Messages.Count(saved.Damages.Total, "damaged place")}";
        Messages.Line($"{Messages.Count(saved.Events, "event")} in {Messages.Count(saved.Blocks, "block")} saved to {output} ({Messages.Size(saved.BytesWritten)} of {Messages.Size(saved.BytesRead)}); {lost}");
        TraceVerifier check = TraceFiles.With(output, TraceVerifier.Of);
        if (check.Damages.Count > 0 || check.Events != saved.Events)
            throw new UserException($"{output} is not as it should be: {check.Events} events instead of {saved.Events}; please report this", ExitCode.Failed);
        return saved.Damages.Count > 0 ? ExitCode.LostOrDamaged : ExitCode.Done;
    }
}
