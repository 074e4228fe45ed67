using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>Says what a trace is about.</summary>
internal static class InfoHandler
{
    public static int Run(IReadOnlyList<string> files, bool json)
    {
        bool damaged = false;
        foreach (string file in files)
        {
            TraceSurvey survey = TraceFiles.With(file, TraceSurvey.Of);
            Console.Out.WriteLine(json ? InfoJson.Of(file, survey) : InfoText.Of(file, survey));
            damaged |= survey.Damages.IsBeyondACut;
        }
        return damaged ? ExitCode.LostOrDamaged : ExitCode.Done;
    }
}
