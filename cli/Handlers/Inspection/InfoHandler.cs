using TcpTracer.Replay.Inspection;

namespace TcpTracer.Cli.Handlers.Inspection;

/// <summary>Describes a trace: who recorded it, where, when, how much, and what was lost.</summary>
internal static class InfoHandler
{
    public static int Run(IReadOnlyList<string> files, bool json)
    {
        return EachTrace.Of(files, (file, trace) =>
        {
            TraceSurvey survey = TraceSurvey.Of(trace);
            if (json)
                Console.Out.WriteLine(InfoJson.Write(file, survey));
            else
                InfoText.Print(file, survey);
            return survey.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done;
        });
    }
}
